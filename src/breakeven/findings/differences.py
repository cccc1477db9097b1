"""Style differences on the same items: interval, p, and what the items could show at all."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from breakeven.findings.contrasts import group_difference
from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, groups, partners
from breakeven.findings.run_spread import Part, prior_variance
from breakeven.findings.scored_results import ScoredResults, TaskScores, task_scores
from breakeven.statistics.paired import PairedDifference, PairedTask, family_difference

NO_ITEMS = "no item-level answers in these results"


@dataclass(frozen=True)
class Difference:
    """Accuracy of one arm minus IFT's for one student; fractions.

    `task` is None for a whole family; `key` names the test, and a family of one task shares that
    task's. `serial` says whether the task's items take serial steps, None where that is not known.
    `adjusted_p_value`, `direction` and `detectable`, the smallest difference that these items show
    with 80% power, are after the correction that the whole report goes through; until then they
    are None and undecided. What cannot be had is None and `reason` says why; `seed_reason` says
    what the interval lacks where training seeds do not tell. `paired` is the test behind it.
    """

    key: str
    student: str
    size_parameters: float | None
    corpus: str | None
    family: str
    task: str | None
    serial: bool | None
    ift_arm: str
    arm: str
    style: str
    ift_accuracy: float
    accuracy: float
    value: float
    low: float | None
    high: float | None
    standard_error: float | None
    degrees_of_freedom: float
    paired: PairedDifference | None
    p_value: float | None
    p_method: str
    adjusted_p_value: float | None
    direction: Direction
    detectable: float | None
    only_ift: int | None
    only_arm: int | None
    items: int | None
    reason: str | None
    seed_reason: str | None

    @property
    def significant(self) -> bool:
        """Whether the difference is decided after correction."""
        return self.direction != "undecided"

    def corrected(self, adjusted_p_value: float | None, level: float) -> "Difference":
        """The same after correction; `level` is the p that an undecided one had to reach."""
        detectable, why = _detectable(self, level)
        reasons = dict.fromkeys(one for one in (self.reason, why) if one)
        return replace(
            self,
            adjusted_p_value=adjusted_p_value,
            direction=direction_of(adjusted_p_value, self.value),
            detectable=detectable,
            reason="; ".join(reasons) or None,
        )


def family_differences(scored: ScoredResults, seed: int = 0) -> tuple[Difference, ...]:
    """Every trained arm minus the IFT arm of its corpus and method, not yet corrected.

    `seed` is that of the test by random signs.
    """
    return tuple(arm_difference(scored, seed, *pair) for pair in _pairs(scored))


def task_differences(
    scored: ScoredResults, depths: Mapping[str, bool | None], seed: int = 0
) -> tuple[Difference, ...]:
    """The same task by task; empty without item-level answers."""
    return tuple(
        _row(scored, ift, other, [scores], seed, task=scores.task, serial=depths.get(scores.task))
        for ift, other in _pairs(scored)
        for scores in task_scores(scored, [ift, other])
    )


def _pairs(scored: ScoredResults) -> Iterable[tuple[Group, Group]]:
    """IFT and every other trained arm that differ in style only and share a seed."""
    results = scored.results
    for family in results.families():
        plain = groups(results, "ift", family=family)
        # A mix is compared with IFT alone; what it keeps of reasoning is a claim of its own
        # (on_mixes).
        mixed = groups(results, "mixed", family=family)
        for other in (*mixed, *groups(results, "reasoning", family=family)):
            for ift in partners(other, plain):
                if {c.seed for c in ift.cells} & {c.seed for c in other.cells}:
                    yield ift, other


def arm_difference(scored: ScoredResults, seed: int, ift: Group, other: Group) -> Difference:
    """`other` minus `ift` on a family, whatever the two are; not yet corrected."""
    tasks = task_scores(scored, [ift, other])
    if tasks:
        return _row(scored, ift, other, tasks, seed)
    bound = group_difference(scored, other, ift)
    words = "the interval is a bound, at widest" if bound.low is not None else str(bound.reason)
    return replace(
        _blank(ift, other, [task.task for task in other.cells[0].tasks]),
        value=bound.value,
        low=bound.low,
        high=bound.high,
        standard_error=bound.standard_error,
        p_value=bound.two_sided_p,
        p_method="none" if bound.two_sided_p is None else "normal, by bounds",
        degrees_of_freedom=bound.degrees_of_freedom,
        items=other.cells[0].items,
        reason=f"{NO_ITEMS}; {words}",
        seed_reason=bound.seed_reason,
    )


def _row(
    scored: ScoredResults,
    ift: Group,
    other: Group,
    tasks: Sequence[TaskScores],
    seed: int,
    *,
    task: str | None = None,
    serial: bool | None = None,
) -> Difference:
    pairs = [PairedTask(one.correct[0], one.correct[1], one.clusters) for one in tasks]
    asked = [
        Part(group, one.task, sign / len(tasks))
        for group, sign in ((other, 1.0), (ift, -1.0))
        for one in tasks
    ]
    result = family_difference(pairs, seed=seed, prior_variance=prior_variance(scored, asked))
    estimate = result.difference
    return replace(
        _blank(ift, other, [one.task for one in tasks]),
        task=task,
        serial=serial,
        # On the items that both answered, which may be fewer than either cell's own.
        ift_accuracy=_or(result.first_accuracy, ift.accuracy),
        accuracy=_or(result.second_accuracy, other.accuracy),
        value=_or(estimate.value, other.accuracy - ift.accuracy),
        low=estimate.low,
        high=estimate.high,
        standard_error=estimate.standard_error,
        p_value=result.p_value,
        p_method=result.p_method,
        paired=result,
        only_ift=result.only_first_items,
        only_arm=result.only_second_items,
        items=estimate.items,
        reason=_reason(result),
        seed_reason=result.seed_reason if estimate.low is not None else None,
    )


def _detectable(row: Difference, level: float) -> tuple[float | None, str | None]:
    """The difference that shows with 80% power at this level, or why there is none."""
    from breakeven.statistics.power import detectable_from_error, detectable_in

    if row.paired is not None:
        found = detectable_in(row.paired, alpha=level)
    elif row.standard_error is not None:
        found = detectable_from_error(row.standard_error, row.degrees_of_freedom, alpha=level)
    else:
        return None, None
    return found.value, found.reason


def _reason(result: PairedDifference) -> str | None:
    known = (result.difference.reason, result.p_reason)
    return "; ".join(dict.fromkeys(reason for reason in known if reason)) or None


def _blank(ift: Group, other: Group, tasks: Sequence[str]) -> Difference:
    cell, plain = other.cells[0], ift.cells[0]
    where = (cell.student, cell.arm, plain.arm, str(cell.corpus), cell.decoding, cell.family)
    return Difference(
        key="|".join(("difference", *where, *sorted(tasks))),
        student=cell.student,
        size_parameters=cell.size_parameters,
        corpus=cell.corpus,
        family=cell.family,
        task=None,
        serial=None,
        ift_arm=plain.arm,
        arm=cell.arm,
        style=cell.style,
        ift_accuracy=ift.accuracy,
        accuracy=other.accuracy,
        value=other.accuracy - ift.accuracy,
        low=None,
        high=None,
        standard_error=None,
        degrees_of_freedom=math.inf,
        paired=None,
        p_value=None,
        p_method="none",
        adjusted_p_value=None,
        direction="undecided",
        detectable=None,
        only_ift=None,
        only_arm=None,
        items=None,
        reason=None,
        seed_reason=None,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
