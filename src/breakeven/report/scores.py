"""Accuracy with its interval: of a group on a family, and of a group on one task."""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.report.study import NO_ITEMS, Study, TaskScores, task_scores
from breakeven.statistics.estimates import Estimate, absent
from breakeven.verdicts.groups import Group

LEVEL = 0.95


class TaskEstimate(NamedTuple):
    """A group's accuracy on one task."""

    task: str
    estimate: Estimate


def accuracy(study: Study, group: Group) -> Estimate:
    """Family accuracy over tasks, seeds and items; the value alone where no item is known."""
    tasks = task_scores(study.sample, [group])
    if tasks:
        return family_accuracy(tasks)
    return _without_items(study, group)


def task_accuracies(study: Study, group: Group) -> list[TaskEstimate]:
    """Accuracy on every task of the group's family; empty without item-level answers."""
    return [
        TaskEstimate(one.task, family_accuracy([one])) for one in task_scores(study.sample, [group])
    ]


def family_accuracy(tasks: Sequence[TaskScores]) -> Estimate:
    """Mean over tasks of one group: Wilson (or by t) for one seed, seeds then items for several."""
    from breakeven.statistics.clustering import linked_tasks, number_clusters
    from breakeven.statistics.estimates import within
    from breakeven.statistics.intervals import accuracy_interval, mean_of_estimates
    from breakeven.statistics.strata import Stratum, mean_of_strata

    numbers = number_clusters([t.clusters for t in tasks], [t.correct.shape[2] for t in tasks])
    if tasks[0].correct.shape[1] == 1 and len(linked_tasks(numbers)) == len(tasks):
        parts = [
            accuracy_interval(one.correct[0, 0], index)
            for one, index in zip(tasks, numbers, strict=True)
        ]
        return parts[0] if len(parts) == 1 else mean_of_estimates(parts)
    strata = [Stratum(one.correct[0], index) for one, index in zip(tasks, numbers, strict=True)]
    return within(mean_of_strata(strata).estimate, 0.0, 1.0)


def _without_items(study: Study, group: Group) -> Estimate:
    """A published or imported accuracy: bounded by the number of questions where that is known."""
    items = group.cells[0].items
    if study.results.source == "published" or items is None:
        return absent(NO_ITEMS, method="none", level=LEVEL, items=0, value=group.accuracy)
    from breakeven.statistics.estimates import within
    from breakeven.verdicts.contrasts import Term, contrast

    bound = contrast(study.sample, [Term(1.0, group)])
    if bound.low is None:
        reason = bound.reason or NO_ITEMS
        return absent(reason, method="none", level=LEVEL, items=items, value=group.accuracy)
    return within(
        Estimate(
            value=group.accuracy,
            low=bound.low,
            high=bound.high,
            standard_error=bound.standard_error,
            items=items,
            level=LEVEL,
            method="bound from the number of questions",
        ),
        0.0,
        1.0,
    )
