"""How a comparison of two styles stands after correction, and how many stand how."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

ALPHA = 0.05
Stands = Literal["ahead", "behind", "undecided"]
STANDING_WORDS: dict[Stands, str] = {
    "ahead": "reasoning ahead",
    "behind": "IFT ahead",
    "undecided": "undecided",
}


class Counts(NamedTuple):
    """Comparisons by how they stand: the arm with traces ahead of IFT, behind it, or undecided."""

    ahead: int
    behind: int
    undecided: int

    @property
    def total(self) -> int:
        """All comparisons."""
        return sum(self)


def stands(adjusted_p_value: float | None, lead: float) -> Stands:
    """Decided at 5% after correction, in the direction of `lead`; a lead of 0 is none."""
    if adjusted_p_value is None or adjusted_p_value > ALPHA or lead == 0:
        return "undecided"
    return "ahead" if lead > 0 else "behind"


def count(every: Iterable[Stands]) -> Counts:
    """How many comparisons stand how."""
    found = list(every)
    return Counts(found.count("ahead"), found.count("behind"), found.count("undecided"))


def count_words(counts: Counts) -> str:
    """`Counts` in words."""
    return (
        f"of {counts.total} comparisons reasoning is ahead in {counts.ahead}, IFT in "
        f"{counts.behind}, and {counts.undecided} are undecided"
    )
