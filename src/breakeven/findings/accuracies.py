"""Accuracy with its interval: of a group on a family, and of a group on one task."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.findings.bounds import family_estimate
from breakeven.findings.contrasts import Term, contrast
from breakeven.findings.differences import NO_ITEMS
from breakeven.findings.groups import Group
from breakeven.findings.run_spread import Part, prior_variance
from breakeven.findings.scored_results import ScoredResults, TaskScores, task_scores
from breakeven.results.aggregate import task_means
from breakeven.results.cell_results import TaskResult
from breakeven.statistics.estimates import Estimate, absent

LEVEL = 0.95


class TaskEstimate(NamedTuple):
    """A group's accuracy on one task."""

    task: str
    estimate: Estimate


def accuracy_estimate(scored: ScoredResults, group: Group) -> Estimate:
    """Family accuracy over tasks, seeds and items; the value alone where no item is known."""
    tasks = task_scores(scored, [group])
    if tasks:
        return family_accuracy(scored, group, tasks)
    return _without_items(scored, group)


def task_accuracies(scored: ScoredResults, group: Group) -> list[TaskEstimate]:
    """Accuracy on every task of the group's family; empty without item-level answers."""
    return [
        TaskEstimate(one.task, family_accuracy(scored, group, [one]))
        for one in task_scores(scored, [group])
    ]


def family_accuracy(scored: ScoredResults, group: Group, tasks: Sequence[TaskScores]) -> Estimate:
    """Mean over `tasks` of one group: Wilson (or by t) for one seed, seeds then items for several.

    Tasks that share clusters, such as one content in two formats, are taken together by t.
    """
    from breakeven.statistics.clustering import linked_tasks, number_clusters
    from breakeven.statistics.estimates import within
    from breakeven.statistics.intervals import accuracy_interval, mean_of_estimates
    from breakeven.statistics.strata import Stratum, mean_of_strata

    clusters = number_clusters([t.clusters for t in tasks], [t.correct.shape[2] for t in tasks])
    if tasks[0].correct.shape[1] == 1 and len(linked_tasks(clusters)) == len(tasks):
        parts = [
            accuracy_interval(one.correct[0, 0], index)
            for one, index in zip(tasks, clusters, strict=True)
        ]
        return parts[0] if len(parts) == 1 else mean_of_estimates(parts)
    strata = [Stratum(one.correct[0], index) for one, index in zip(tasks, clusters, strict=True)]
    asked = [Part(group, one.task, 1 / len(tasks)) for one in tasks]
    mean = mean_of_strata(strata, prior_variance=prior_variance(scored, asked))
    return within(mean.estimate, 0.0, 1.0)


def _without_items(scored: ScoredResults, group: Group) -> Estimate:
    """A published or imported accuracy, with an interval where its tasks are known one by one."""
    from breakeven.statistics.estimates import within

    own = family_estimate(group.cells[0]) if len(group.cells) == 1 else None
    if own is not None:
        return own
    cell = group.cells[0]
    items = sum(task.items for task in cell.tasks) if cell.items is None else cell.items
    # A bound of the error at its largest, from numbers of questions alone (`bounds`).
    bound = contrast(scored, [Term(1.0, group)])
    if scored.results.source == "published" or bound.low is None:
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


def mean_over_items(scored: ScoredResults, group: Group) -> float | None:
    """Accuracy with every item weighing the same, over the seeds.

    None where neither the answers by item nor the accuracies by task are known.
    """
    table = scored.tables.get(group.cells[0].family)
    if table is None:
        return known_mean(_over_tasks(cell.tasks) for cell in group.cells)
    import numpy as np

    rows = [
        table.row_of_cell[cell.student, cell.arm, cell.seed, cell.decoding] for cell in group.cells
    ]
    # A cell that was not tried on an item has no score there: it is left out of that seed's mean.
    return float(np.nanmean(table.correct[rows], axis=1).mean())


def means_by_task(scored: ScoredResults) -> dict[tuple[str, str, str], dict[str, float]]:
    """Means over items and then seeds, by student, arm and task: what a family's are made of.

    Named as the fields of `CellResult`; what a seed lacks is not there.
    """
    items = scored.results.items
    if items is None:
        return {}
    every = task_means(items)
    every["truncated_share"] = every.get("truncated")
    every["thinking_share"] = every.get("thought")
    every["unparsed_share"] = 1.0 - every["parsed"] if "parsed" in every else None
    names = [str(name) for name in every.select_dtypes("float")]
    by_task = every.groupby(["student", "arm", "task"], observed=True)[names]
    # A mean of some seeds would be another.
    means = by_task.mean().where(by_task.count().eq(by_task.size(), axis=0)).reset_index()
    return {
        (row["student"], row["arm"], row["task"]): {
            name: row[name] for name in names if not math.isnan(row[name])
        }
        for row in means.to_dict("records")
    }


def _over_tasks(tasks: Sequence[TaskResult]) -> float | None:
    right = [task.accuracy * task.items for task in tasks if task.accuracy is not None]
    items = sum(task.items for task in tasks)
    return sum(right) / items if items and len(right) == len(tasks) else None
