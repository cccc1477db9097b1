"""Style differences on the same items: interval, p, Holm, and what the items could show at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from breakeven.report.study import NO_ITEMS, Study, TaskScores, task_scores
from breakeven.statistics.paired import PairedDifference, PairedTask, family_difference
from breakeven.verdicts.contrasts import difference as contrast_difference
from breakeven.verdicts.groups import Group, comparable


@dataclass(frozen=True)
class Difference:
    """Accuracy of one arm minus IFT's for one student; fractions.

    `task` is None for a whole family. `serial` says whether the task's items take serial steps,
    None where that is not known. `detectable` is the smallest difference that these items show
    with 80% power. What cannot be had is None and `reason` says why.
    """

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
    p_value: float | None
    p_method: str
    adjusted_p_value: float | None
    detectable: float | None
    only_ift: int | None
    only_arm: int | None
    items: int | None
    reason: str | None

    @property
    def significant(self) -> bool:
        """Whether Holm's correction leaves the difference below 5%."""
        return self.adjusted_p_value is not None and self.adjusted_p_value <= 0.05


def family_differences(study: Study) -> tuple[Difference, ...]:
    """Every trained arm minus the IFT arm of its corpus and method; one Holm family a style."""
    rows = [_family_row(study, *pair) for pair in _pairs(study)]
    return tuple(with_holm(rows))


def task_differences(study: Study) -> tuple[Difference, ...]:
    """The same task by task; empty without item-level answers."""
    rows = []
    for ift, other in _pairs(study):
        for scores in task_scores(study.sample, [ift, other]):
            rows.append(_task_row(study, ift, other, scores))
    return tuple(with_holm(rows))


def with_holm(rows: Sequence[Difference]) -> list[Difference]:
    """Correct within each style: all its differences in the table are one declared family."""
    from breakeven.statistics.multiple import holm

    corrected = list(rows)
    for style in dict.fromkeys(row.style for row in rows):
        chosen = {str(i): row.p_value for i, row in enumerate(rows) if row.style == style}
        if all(p is None for p in chosen.values()):
            continue
        for index, adjusted in holm(chosen).items():
            row = corrected[int(index)]
            corrected[int(index)] = replace(row, adjusted_p_value=adjusted.adjusted_p_value)
    return corrected


def _pairs(study: Study) -> Iterable[tuple[Group, Group]]:
    """IFT and every other trained arm that differ in style only and share a seed."""
    for family in study.results.families():
        every = study.family_groups(family)
        plain = [group for group in every if group.cells[0].style == "ift"]
        for other in every:
            if other.cells[0].style in ("base", "ift"):
                continue
            for ift in plain:
                if comparable(ift, other) and (
                    {c.seed for c in ift.cells} & {c.seed for c in other.cells}
                ):
                    yield ift, other


def _family_row(study: Study, ift: Group, other: Group) -> Difference:
    tasks = task_scores(study.sample, [ift, other])
    if tasks:
        return _row(study, ift, other, None, tasks)
    bound = contrast_difference(study.sample, other, ift)
    blank = _blank(ift, other, None, None)
    return replace(
        blank,
        low=bound.low,
        high=bound.high,
        standard_error=bound.standard_error,
        items=other.cells[0].items,
        reason=NO_ITEMS + ("; the interval is a bound, at widest" if bound.low is not None else ""),
    )


def _task_row(study: Study, ift: Group, other: Group, scores: TaskScores) -> Difference:
    return _row(study, ift, other, scores.task, [scores])


def _row(
    study: Study, ift: Group, other: Group, task: str | None, tasks: Sequence[TaskScores]
) -> Difference:
    from breakeven.statistics.power import detectable_in

    settings = study.run.settings
    pairs = [PairedTask(one.correct[0], one.correct[1], one.clusters) for one in tasks]
    result = family_difference(pairs, seed=settings.seed)
    detectable = detectable_in(result)
    estimate = result.difference
    serial = study.run.depths.get(task) if task is not None else None
    return replace(
        _blank(ift, other, task, serial),
        ift_accuracy=_or(result.first_accuracy, ift.accuracy),
        accuracy=_or(result.second_accuracy, other.accuracy),
        value=_or(estimate.value, other.accuracy - ift.accuracy),
        low=estimate.low,
        high=estimate.high,
        standard_error=estimate.standard_error,
        p_value=result.p_value,
        p_method=result.p_method,
        detectable=detectable.value,
        only_ift=result.only_first_items,
        only_arm=result.only_second_items,
        items=estimate.items,
        reason=_reason(result, detectable.reason),
    )


def _reason(result: PairedDifference, power_reason: str | None) -> str | None:
    known = (result.difference.reason, result.p_reason, power_reason)
    return "; ".join(dict.fromkeys(reason for reason in known if reason)) or None


def _blank(ift: Group, other: Group, task: str | None, serial: bool | None) -> Difference:
    cell = other.cells[0]
    return Difference(
        student=cell.student,
        size_parameters=cell.size_parameters,
        corpus=cell.corpus,
        family=cell.family,
        task=task,
        serial=serial,
        ift_arm=ift.cells[0].arm,
        arm=cell.arm,
        style=cell.style,
        ift_accuracy=ift.accuracy,
        accuracy=other.accuracy,
        value=other.accuracy - ift.accuracy,
        low=None,
        high=None,
        standard_error=None,
        p_value=None,
        p_method="none",
        adjusted_p_value=None,
        detectable=None,
        only_ift=None,
        only_arm=None,
        items=None,
        reason=None,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
