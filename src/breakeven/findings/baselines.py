"""Whether an arm only guesses, and whether its training made it worse than the untrained base.

A gain over an arm that only guesses says little of the style, and an arm below its base was harmed
by its training. Each group is held against both, in both directions. Chance is the accuracy of a
guess among the choices; of open questions it is that of always giving the commonest right answer,
which asks for no reading of the question either.

Asked are untrained arms and those that gains are about, each on the families that it was taught: a
student of chains that only guesses where another one learnt to search is no news, and no gain rests
on a control.

What is said of a group is corrected together with all else that a report decides: a page has a
hundred such checks, and by intervals that hold 95% each, two of three reports on arms without any
difference called one of them harmed or better (docs/decisions.md).
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from breakeven.findings.accuracies import accuracy_estimate
from breakeven.findings.contrasts import Term, contrast, group_difference
from breakeven.findings.direction import ALPHA
from breakeven.findings.groups import Group, groups
from breakeven.findings.scored_results import ScoredResults, task_scores
from breakeven.params import RESULT_STYLES

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
    or the commonest right answer. Without a p (`p_value`, of no difference) the group `stands` by
    its value alone, else nothing is said of it before correction.
    """

    group: Group
    against: Baseline
    name: str
    level: float
    value: float
    low: float | None
    high: float | None
    p_value: float | None
    stands: BaselineStanding

    @property
    def key(self) -> str:
        """The name of its test."""
        cell = self.group.cells[0]
        where = (cell.student, cell.arm, str(cell.corpus), cell.decoding, cell.family)
        return "|".join(("baseline", self.against, self.name, *where))

    def corrected(self, adjusted_p_value: float | None) -> "BaselineCheck":
        """The same after correction; one without a p stays as it is."""
        if adjusted_p_value is None:
            return self
        decided = adjusted_p_value <= ALPHA
        return self._replace(stands=_by_value(self.lead[0]) if decided else "not shown above")

    @property
    def lead(self) -> tuple[float, float | None, float | None]:
        """How far the group is above what it is held against, with the ends of the interval."""
        if self.against == "base":
            return self.value, self.low, self.high
        low, high = _less(self.low, self.level), _less(self.high, self.level)
        return self.value - self.level, low, high


def baseline_checks(scored: ScoredResults) -> tuple[BaselineCheck, ...]:
    """Every group with a known chance level, then every trained one that has an untrained arm.

    But for controls, and families that an arm was not taught. Not yet corrected. A family has one
    of the two levels: of choices, or of open questions.
    """
    every = [
        group
        for family in scored.results.families()
        for style in RESULT_STYLES
        if style != "control"
        for group in groups(scored.results, style, family=family)
        if not group.cells[0].untaught
    ]
    return (*_against_chance(scored, every), *_against_base(scored, every))


def _against_chance(scored: ScoredResults, every: Sequence[Group]) -> Iterable[BaselineCheck]:
    for group in every:
        cell = group.cells[0]
        chance, name = cell.chance, "chance"
        if chance is None:
            chance, name = cell.majority, "commonest answer"
        if chance is None:
            continue
        found = accuracy_estimate(scored, group)
        value = group.accuracy if found.value is None else found.value
        p_value = _p_of_chance(scored, group, value, chance)
        stands = _before_correction(value - chance, p_value)
        yield BaselineCheck(
            group, "chance", name, chance, value, found.low, found.high, p_value, stands
        )


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
                p_value = found.two_sided_p
                stands = _before_correction(found.value, p_value)
                ends = (found.low, found.high)
                yield BaselineCheck(
                    group, "base", one.arm, base.accuracy, found.value, *ends, p_value, stands
                )


def _p_of_chance(scored: ScoredResults, group: Group, value: float, chance: float) -> float | None:
    """The p of an accuracy that is chance: the larger of that by answers and the score test's.

    The score test (Wilson 1927) takes the variance of chance itself: answers that are all wrong
    have none of their own, and few right ones too small a one.
    """
    from scipy.special import ndtr

    by_answers = contrast(scored, [Term(1.0, group)], chance).two_sided_p
    tasks = task_scores(scored, [group])
    if not tasks or chance in (0.0, 1.0):
        return by_answers
    variance = sum(chance * (1 - chance) / task.units for task in tasks) / len(tasks) ** 2
    by_chance = 2 * float(ndtr(-abs(value - chance) / math.sqrt(variance)))
    return by_chance if by_answers is None else max(by_answers, by_chance)


def _before_correction(lead: float, p_value: float | None) -> BaselineStanding:
    return _by_value(lead) if p_value is None else "not shown above"


def _by_value(lead: float) -> BaselineStanding:
    return "above" if lead > 0 else "not shown above" if lead == 0 else "below"


def _less(end: float | None, level: float) -> float | None:
    return None if end is None else end - level
