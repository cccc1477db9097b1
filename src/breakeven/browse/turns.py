"""Which questions a trace turned, and between which arms: the one rule of `show` and the page.

An arm is on the side of its style: without a trace are arms of plain answers, with one those of
reasoning. Mixed arms, untrained ones and controls are on neither. Of a question an arm counts as
right or wrong only where all of its samples are, and where they were answered as its side says: a
plain answer that thought, and a reasoning arm's that did not, say nothing of what a trace does.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.params import Params

if TYPE_CHECKING:
    import pandas as pd

Side = Literal["without", "with"]
# What a turn is: gained by the trace, or lost with it.
Turned = Literal["gained", "lost"]
# What one arm was asked, all of its samples together.
ASKED = ["student", "arm", "seed", "decoding", "task", "item"]


class Mark(NamedTuple):
    """Whether an arm got a question right; of one that it got neither right nor wrong is none."""

    student: str
    arm: str
    seed: int
    decoding: str
    task: str
    item: str
    right: bool


class Turn(NamedTuple):
    """A question that arms `without` a trace got one way and arms `with_trace` the other."""

    turned: Turned
    without: tuple[str, ...]
    with_trace: tuple[str, ...]

    @property
    def words(self) -> str:
        """Which arm against which."""
        before, after = ("wrong", "right") if self.turned == "gained" else ("right", "wrong")
        return (
            f"{before} without a trace: {', '.join(self.without)}; "
            f"{after} with one: {', '.join(self.with_trace)}"
        )


def sides(params: Params) -> dict[str, Side]:
    """The side of every arm that has one, in the order of params.yaml."""
    found: dict[str, Side] = {}
    for name, row in params.arms.items():
        if row.result_style == "ift":
            found[name] = "without"
        elif row.result_style == "reasoning":
            found[name] = "with"
    return found


def marks(rows: "pd.DataFrame", sides: Mapping[str, Side]) -> list[Mark]:
    """Every question that an arm with a side got right, or wrong, with all of its samples."""
    own = rows[rows["arm"].isin(list(sides))]
    thinks = own["arm"].map(sides).astype(str) == "with"
    one = own[ASKED].assign(
        right=own["correct"].astype(bool), fits=(own["thinking_tokens"] > 0) == thinks
    )
    found = one.groupby(ASKED, observed=True, sort=False).agg(
        right=("right", "min"), some_right=("right", "max"), fits=("fits", "min")
    )
    decided = found[found["fits"] & (found["right"] == found["some_right"])].reset_index()
    return [Mark._make(row) for row in decided[[*ASKED, "right"]].itertuples(index=False)]


def turns(marked: Mapping[str, bool], sides: Mapping[str, Side]) -> tuple[Turn, ...]:
    """The turns of a question whose arms are `marked`, gained before lost; arms in their order."""

    def marked_so(side: Side, right: bool) -> tuple[str, ...]:
        return tuple(arm for arm, its in sides.items() if its == side and marked.get(arm) is right)

    every = (
        Turn("gained", marked_so("without", False), marked_so("with", True)),
        Turn("lost", marked_so("without", True), marked_so("with", False)),
    )
    return tuple(turn for turn in every if turn.without and turn.with_trace)
