"""Families whose tasks differ much in size: the mean over tasks beside the mean over items."""

from breakeven.findings.accuracies import mean_over_items
from breakeven.findings.differences import Difference
from breakeven.findings.groups import Group
from breakeven.report.view import StudyView
from breakeven.words import percent, points

# From this ratio of the largest task to the smallest on, both means are given.
RATIO = 10


def task_sizes(view: StudyView, family: str) -> dict[str, int]:
    """Items a task of a family; empty where they are not known."""
    table = view.scored.tables.get(family)
    if table is None:
        every = (task for group in view.family_groups(family) for task in group.cells[0].tasks)
        return {task.task: task.items for task in every}
    import numpy as np

    names, counts = np.unique(table.task, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def is_unequal(view: StudyView, family: str) -> bool:
    """Whether one task of a family has at least ten times the items of another."""
    sizes = task_sizes(view, family).values()
    return len(sizes) > 1 and max(sizes) >= RATIO * min(sizes)


def unequal_words(view: StudyView) -> str:
    """A sentence on each family whose tasks differ tenfold; empty where none does."""
    text = ""
    for family in view.results.families():
        if is_unequal(view, family):
            sizes = sorted(task_sizes(view, family).items(), key=lambda one: one[1])
            (small, least), (large, most) = sizes[0], sizes[-1]
            known = mean_over_items(view.scored, view.family_groups(family)[0]) is not None
            text += (
                f" The tasks of {family} have {least:,} ({small}) to {most:,} items ({large}), and "
                "each weighs the same: "
                + (
                    "beside their mean stands the mean over items."
                    if known
                    else "the mean over items is not known, as accuracies by task are not."
                )
            )
    return text


def by_items_words(view: StudyView, group: Group) -> str:
    """The mean over items, to stand behind the mean over tasks; empty where tasks are alike."""
    if not is_unequal(view, group.cells[0].family):
        return ""
    mean = mean_over_items(view.scored, group)
    return "" if mean is None else f"; over items {percent(mean)}"


def over_items_words(view: StudyView, row: Difference) -> str:
    """The same behind a style difference of a family."""
    if not is_unequal(view, row.family):
        return ""
    means = [
        mean_over_items(view.scored, group)
        for arm in (row.arm, row.ift_arm)
        for group in view.family_groups(row.family)
        if (group.cells[0].student, group.cells[0].arm) == (row.student, arm)
    ]
    known = [mean for mean in means if mean is not None]
    return f"; over items {points(known[0] - known[1])}" if len(known) == 2 else ""
