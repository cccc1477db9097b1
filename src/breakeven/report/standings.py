"""How a comparison stands beside all tests of a report, and where it does not, by its interval.

Among hundreds of tests a gain of 40 points over three seeds can be undecided: to say of it that no
difference was shown would be read as that there is none.
"""

from collections.abc import Sequence
from typing import Literal

from breakeven.findings.differences import Difference

Standing = Literal["ahead", "behind", "ahead alone", "behind alone", "undecided"]
# In the order in which they are told.
STANDINGS: tuple[Standing, ...] = ("ahead", "behind", "ahead alone", "behind alone", "undecided")


def standing(row: Difference) -> Standing:
    """What is decided, else what the row's own interval says: `alone` where it leaves out zero."""
    if row.direction != "undecided" or row.low is None or row.high is None:
        return row.direction
    if row.low > 0:
        return "ahead alone"
    return "behind alone" if row.high < 0 else "undecided"


def standing_so(rows: Sequence[Difference], stands: Standing) -> list[Difference]:
    """The rows that stand so."""
    return [row for row in rows if standing(row) == stands]
