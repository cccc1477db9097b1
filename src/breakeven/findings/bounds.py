"""Errors of accuracies without answers by item, from the number of questions of each task.

A family's accuracy is the mean of its tasks, so its error is that of the mean: a task of 30
questions counts as much as one of 1,319. Questions that share a passage count as one question
each passage: the worst case, in which they stand or fall together.
"""

import math
from collections.abc import Sequence

from breakeven.findings.groups import Group
from breakeven.results.cell_results import CellResult, TaskResult
from breakeven.statistics.estimates import Estimate

NO_TASKS = "the number of questions of each task is not known; give one row a task"
OTHER_TASKS = "the cells were not tried on the same tasks"


def why_unbounded(chosen: Sequence[Group]) -> str | None:
    """Why the sampling error of these groups (of one family) cannot be bounded; None if it can."""
    cells = [cell for group in chosen for cell in group.cells]
    if not all(cell.tasks for cell in cells):
        return NO_TASKS
    names = {tuple(sorted(task.task for task in cell.tasks)) for cell in cells}
    return OTHER_TASKS if len(names) > 1 else None


def bounded_variance(terms: Sequence[tuple[float, Group]]) -> float:
    """Variance of a weighted sum of the accuracies of one family's groups, at the largest.

    Per task, groups are taken as uncorrelated between opposite signs and as fully correlated
    within a sign, which is the worst case where accuracies do not correlate negatively; tasks
    are independent.
    """
    names = [task.task for task in terms[0][1].cells[0].tasks]
    total = 0.0
    for name in names:
        signed = [weight * _task_error(group, name) for weight, group in terms]
        above, below = sum(s for s in signed if s > 0), sum(s for s in signed if s < 0)
        total += above**2 + below**2
    return total / len(names) ** 2


def family_estimate(cell: CellResult) -> Estimate | None:
    """A cell's accuracy with the interval of the mean of its tasks; None where that is unknown."""
    from breakeven.statistics.intervals import mean_of_estimates, wilson_share

    known = [(task.accuracy, task) for task in cell.tasks if task.accuracy is not None]
    if not known or len(known) < len(cell.tasks):
        return None
    return mean_of_estimates([wilson_share(share, effective_items(task)) for share, task in known])


def effective_items(task: TaskResult) -> int:
    """Questions that can be taken as unrelated: one a passage."""
    return task.items if task.clusters is None else min(task.items, task.clusters)


def _task_error(group: Group, name: str) -> float:
    """The largest standard error over the group's seeds; 1/4 a question where no share is known.

    A known share is moved by two successes and two failures (Agresti and Coull 1998), so that
    one of 0 or 1 keeps an error.
    """
    found = [task for cell in group.cells for task in cell.tasks if task.task == name]
    errors = []
    for task in found:
        items = effective_items(task)
        # 1/4 a question is the most that a share can vary.
        share = 0.5 if task.accuracy is None else (task.accuracy * items + 2) / (items + 4)
        errors.append(math.sqrt(share * (1 - share) / items))
    return max(errors)
