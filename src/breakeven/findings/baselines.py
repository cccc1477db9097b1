"""Whether an arm only guesses, and whether its training made it worse than the untrained base.

A gain over an arm that only guesses says little of the style, and an arm below its base was harmed
by its training. Chance is the accuracy of a guess among the choices; of open questions it is the
better of always giving the commonest right answer and of naming one of those that stand in the
question: neither asks for any work.

Asked are untrained arms and those that gains are about, each on the families that it was taught: a
student of chains that only guesses where another one learnt to search is no news, and no gain rests
on a control. Chance is asked of the tasks with serial steps and of those without by themselves: in
their mean an arm that guesses where steps follow one another hides behind what it does well.

That an arm may guess is a caution and no claim: it stands by the arm's own 95% interval, and
nothing is corrected for. After a correction, what is plainly above would be called not shown to be.
That an arm stands above or below its base is a claim, corrected together with all else that a
report decides: by intervals that hold 95% each, two of three reports on arms without any difference
called one of them harmed or better (docs/decisions.md).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from breakeven.findings.accuracies import accuracy_estimate, family_accuracy
from breakeven.findings.contrasts import group_difference
from breakeven.findings.direction import ALPHA
from breakeven.findings.groups import Group, groups
from breakeven.findings.scored_results import ScoredResults, TaskScores, task_scores
from breakeven.params import RESULT_STYLES
from breakeven.statistics.estimates import Estimate

Baseline = Literal["chance", "base"]
BaselineStanding = Literal["above", "not shown above", "below"]

STANDING_WORDS: dict[Baseline, dict[BaselineStanding, str]] = {
    "chance": {
        "above": "interval above chance",
        "not shown above": "interval reaches chance",
        "below": "interval below chance",
    },
    "base": {
        "above": "above the base",
        "not shown above": "undecided",
        "below": "below the base",
    },
}


class Guess(NamedTuple):
    """What answers without any work get on a task, as a fraction, and what they are."""

    level: float
    name: Literal["chance", "blind guess"]


class BaselineCheck(NamedTuple):
    """One group against chance, or against an untrained arm of its student; fractions.

    `asked` is what of the family: its name, a task of it, or its tasks with serial steps (`serial`
    says whether they take such; None of a whole family, and where it is unknown). `value` is the
    accuracy where it is `against` chance, and the difference to the base otherwise; `level` what it
    is held against, and `name` tells which: the untrained arm, or a guess. Chance has no p: the
    group `stands` by its interval, and by its value alone where there is none. Of a base nothing is
    said before correction (`p_value`, of no difference).
    """

    group: Group
    asked: str
    serial: bool | None
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

    @property
    def doubtful(self) -> bool:
        """Whether its own interval does not lie wholly above: a caution, which is no claim."""
        value, low, high = self.lead
        return _by_interval(value, low, high) != "above"


def baseline_checks(
    scored: ScoredResults,
    depths: Mapping[str, bool | None],
    guesses: Mapping[str, Guess],
) -> tuple[BaselineCheck, ...]:
    """Every group with a known chance level, then every trained one that has an untrained arm.

    But for controls, and families that an arm was not taught. `depths` says of a task whether it
    takes serial steps, `guesses` what a guess gets there; where a family's are not all known, it is
    asked as a whole. Not yet corrected.
    """
    every = [
        group
        for family in scored.results.families()
        for style in RESULT_STYLES
        if style != "control"
        for group in groups(scored.results, style, family=family)
    ]
    return (*_against_chance(scored, every, depths, guesses), *_against_base(scored, every))


class _Part(NamedTuple):
    """Tasks of one family that are held against a guess together; none known where all of it is."""

    asked: str
    serial: bool | None
    guess: Guess
    tasks: Sequence[TaskScores]


def _against_chance(
    scored: ScoredResults,
    every: Sequence[Group],
    depths: Mapping[str, bool | None],
    guesses: Mapping[str, Guess],
) -> Iterator[BaselineCheck]:
    for group in every:
        for part in _parts(scored, group, depths, guesses):
            found = _accuracy(scored, group, part.tasks)
            value = group.accuracy if found.value is None else found.value
            low, high = _less(found.low, part.guess.level), _less(found.high, part.guess.level)
            yield BaselineCheck(
                group,
                part.asked,
                part.serial,
                "chance",
                part.guess.name,
                part.guess.level,
                value,
                found.low,
                found.high,
                None,
                _by_interval(value - part.guess.level, low, high),
            )


def _parts(
    scored: ScoredResults,
    group: Group,
    depths: Mapping[str, bool | None],
    guesses: Mapping[str, Guess],
) -> Iterator[_Part]:
    """A family's tasks with serial steps and those without, or the family where it has one kind."""
    cell, tasks = group.cells[0], task_scores(scored, [group])
    kinds = {
        kind: own
        for kind in (True, False, None)
        if (own := [task for task in tasks if depths.get(task.task) is kind])
    }
    if len(kinds) > 1 and all(task.task in guesses for task in tasks):
        for kind, own in kinds.items():
            known = [guesses[task.task] for task in own]
            level = sum(one.level for one in known) / len(known)
            asked = own[0].task if len(own) == 1 else f"{cell.family} {_KIND_WORDS[kind]}"
            yield _Part(asked, kind, Guess(level, known[0].name), own)
    elif cell.chance is not None:
        yield _Part(cell.family, None, Guess(cell.chance, "chance"), tasks)
    elif cell.blind_guess is not None:
        yield _Part(cell.family, None, Guess(cell.blind_guess, "blind guess"), tasks)


_KIND_WORDS = {
    True: "with serial steps",
    False: "without serial steps",
    None: "of unknown steps",
}


def _accuracy(scored: ScoredResults, group: Group, tasks: Sequence[TaskScores]) -> Estimate:
    """The accuracy of a group on some tasks of its family, on all of it where none is given."""
    from breakeven.statistics.intervals import mean_of_estimates, wilson_share

    if not tasks:
        return accuracy_estimate(scored, group)
    found = family_accuracy(scored, group, tasks)
    if found.low is not None or any(task.correct.min() != task.correct.max() for task in tasks):
        return found
    # All right, or all wrong: runs and items that agree have no variance, and yet they are few.
    parts = [wilson_share(float(task.correct.mean()), task.units) for task in tasks]
    return parts[0] if len(parts) == 1 else mean_of_estimates(parts)


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
                p_value, ends = found.two_sided_p, (found.low, found.high)
                stands = _by_value(found.value) if p_value is None else "not shown above"
                against: tuple[Baseline, str, float] = ("base", one.arm, base.accuracy)
                yield BaselineCheck(
                    group, cell.family, None, *against, found.value, *ends, p_value, stands
                )


def _by_interval(lead: float, low: float | None, high: float | None) -> BaselineStanding:
    if low is None or high is None:
        return _by_value(lead)
    return "above" if low > 0 else "below" if high < 0 else "not shown above"


def _by_value(lead: float) -> BaselineStanding:
    return "above" if lead > 0 else "not shown above" if lead == 0 else "below"


def _less(end: float | None, level: float) -> float | None:
    return None if end is None else end - level
