"""Which style a comparison is decided for after correction, and how many for which."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

# There is one level and no key for it: a page at 90% would have judged at 5% beside its intervals.
ALPHA = 0.05
Direction = Literal["ahead", "behind", "undecided"]
DIRECTION_WORDS: dict[Direction, str] = {
    "ahead": "reasoning ahead",
    "behind": "IFT ahead",
    "undecided": "undecided",
}


class DirectionCounts(NamedTuple):
    """Comparisons by outcome: the arm with traces ahead of IFT, behind it, or undecided."""

    ahead: int
    behind: int
    undecided: int

    @property
    def total(self) -> int:
        """All comparisons."""
        return sum(self)


def direction_of(adjusted_p_value: float | None, lead: float) -> Direction:
    """Decided at 5% after correction, in the direction of `lead`; a lead of 0 is none."""
    if adjusted_p_value is None or adjusted_p_value > ALPHA or lead == 0:
        return "undecided"
    return "ahead" if lead > 0 else "behind"


def count_directions(every: Iterable[Direction]) -> DirectionCounts:
    """How many comparisons came out in which direction."""
    found = list(every)
    return DirectionCounts(found.count("ahead"), found.count("behind"), found.count("undecided"))


def counts_in_words(counts: DirectionCounts) -> str:
    """`DirectionCounts` in words."""
    return (
        f"of {counts.total} comparisons reasoning is ahead in {counts.ahead}, IFT in "
        f"{counts.behind}, and {counts.undecided} are undecided"
    )
