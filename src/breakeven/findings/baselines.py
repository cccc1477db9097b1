"""Whether an arm only guesses, and whether its training made it worse than the untrained base.

A gain over an arm that only guesses says little of the style, and an arm below its base was harmed
by its training. Each group is held against both, by a 95% interval, in both directions. Chance is
the accuracy of a guess among the choices; of open questions it is that of always giving the
commonest right answer, which asks for no reading of the question either.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from breakeven.findings.contrasts import group_difference
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults
from breakeven.statistics.estimates import Estimate

Baseline = Literal["chance", "base"]
BaselineStanding = Literal["above", "not shown above", "below"]

STANDING_WORDS: dict[Baseline, dict[BaselineStanding, str]] = {
    "chance": {
        "above": "above chance",
        "not shown above": "not shown to be above chance",
        "below": "below chance",
    },
    "base": {
        "above": "above the base",
        "not shown above": "not shown to differ from the base",
        "below": "below the base",
    },
}


class BaselineCheck(NamedTuple):
    """One group against chance, or against an untrained arm of its student; fractions.

    `value` is the accuracy where it is `against` chance, and the difference to the base
    otherwise; `level` what it is held against, and `name` tells which: the untrained arm, a guess,
    or the commonest right answer. Without an interval `low` and `high` are None, and
    the group `stands` by its value alone.
    """

    group: Group
    against: Baseline
    name: str
    level: float
    value: float
    low: float | None
    high: float | None
    stands: BaselineStanding

    @property
    def lead(self) -> tuple[float, float | None, float | None]:
        """How far the group is above what it is held against, with the ends of the interval."""
        if self.against == "base":
            return self.value, self.low, self.high
        low, high = _less(self.low, self.level), _less(self.high, self.level)
        return self.value - self.level, low, high


def baseline_checks(
    scored: ScoredResults, estimates: Mapping[Group, Estimate]
) -> tuple[BaselineCheck, ...]:
    """Every group with a known chance level, then every trained one that has an untrained arm.

    A family has one of the two levels: of choices, or of open questions.

    `estimates` hold the accuracy of each group.
    """
    return (*_against_chance(estimates), *_against_base(scored, list(estimates)))


def _against_chance(estimates: Mapping[Group, Estimate]) -> Iterable[BaselineCheck]:
    for group, found in estimates.items():
        cell = group.cells[0]
        chance, name = cell.chance, "chance"
        if chance is None:
            chance, name = cell.majority, "commonest answer"
        if chance is None:
            continue
        value = group.accuracy if found.value is None else found.value
        # Chance is known exactly: the difference has the interval of the accuracy, moved by it.
        stands = _stands(value - chance, _less(found.low, chance), _less(found.high, chance))
        yield BaselineCheck(group, "chance", name, chance, value, found.low, found.high, stands)


def _against_base(scored: ScoredResults, every: Sequence[Group]) -> Iterable[BaselineCheck]:
    for group in every:
        cell = group.cells[0]
        for base in every:
            one = base.cells[0]
            if one.style != "base" or cell.style == "base":
                continue
            if (one.student, one.family) == (cell.student, cell.family):
                # Paired: two intervals of their own would hide a harm that this one shows.
                found = group_difference(scored, group, base)
                stands = _stands(found.value, found.low, found.high)
                ends = (found.low, found.high)
                yield BaselineCheck(
                    group, "base", one.arm, base.accuracy, found.value, *ends, stands
                )


def _less(end: float | None, level: float) -> float | None:
    return None if end is None else end - level


def _stands(value: float, low: float | None, high: float | None) -> BaselineStanding:
    """Where a difference stands to zero, by its interval; by itself where it has none."""
    if low is None or high is None:
        return "above" if value > 0 else "not shown above" if value == 0 else "below"
    if low > 0:
        return "above"
    return "below" if high < 0 else "not shown above"
