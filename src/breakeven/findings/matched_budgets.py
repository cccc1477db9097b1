"""Arms that were given one training budget: what each used of it, and which is more accurate.

What the arms differ in besides, the style or what they learn, is the study's own choice: it said
that the two are to be compared.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from breakeven.findings.differences import Difference, arm_difference
from breakeven.findings.groups import Group, groups
from breakeven.findings.scored_results import ScoredResults
from breakeven.params.names import TrainedStyle
from breakeven.params.training import BudgetUnit

# A control is compared with what it is a control of, elsewhere.
_TRAINED: tuple[TrainedStyle, ...] = ("ift", "mixed", "reasoning")


class ArmMatch(NamedTuple):
    """An arm of a student that uses as much of a `unit` as the `other` arm does.

    `used` and `other_used` are means over the seeds, `ratio` is that of the seed that is furthest
    from 1. All are None where the records do not tell.
    """

    student: str
    arm: str
    other: str
    unit: BudgetUnit
    used: float | None = None
    other_used: float | None = None
    ratio: float | None = None


class MatchedDifference(NamedTuple):
    """Two arms of one budget on one family: the one with more traces minus the other."""

    match: ArmMatch
    difference: Difference

    def corrected(self, adjusted_p_value: float | None, level: float) -> "MatchedDifference":
        """The same after correction."""
        return self._replace(difference=self.difference.corrected(adjusted_p_value, level))


def matched_differences(
    scored: ScoredResults, matches: Sequence[ArmMatch], seed: int = 0
) -> tuple[MatchedDifference, ...]:
    """Every match on every family that both arms were taught and answered with a seed in common.

    Not yet corrected; what is a difference of styles anyway has that test's key.
    """
    found = []
    for match in matches:
        for family in scored.results.families():
            pair = {
                group.cells[0].arm: group
                for group in _trained(scored, family)
                if group.cells[0].student == match.student
                and group.cells[0].arm in (match.arm, match.other)
            }
            if len(pair) == 2:
                plain, traced = sorted(
                    (pair[match.other], pair[match.arm]),
                    key=lambda group: group.cells[0].reasoning_share or 0.0,
                )
                if {one.seed for one in plain.cells} & {one.seed for one in traced.cells}:
                    row = arm_difference(scored, seed, plain, traced)
                    found.append(MatchedDifference(match, row))
    return tuple(found)


def _trained(scored: ScoredResults, family: str) -> Iterable[Group]:
    return (group for style in _TRAINED for group in groups(scored.results, style, family=family))
