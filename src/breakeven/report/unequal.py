"""Families whose tasks differ much in size: the mean over tasks beside the mean over items."""

from breakeven.report.study import Study
from breakeven.statistics.wording import percent
from breakeven.verdicts.groups import Group

# From this ratio of the largest task to the smallest on, both means are given.
RATIO = 10


def task_sizes(study: Study, family: str) -> dict[str, int]:
    """Items a task of a family; empty where they are not known."""
    table = study.sample.tables.get(family)
    if table is None:
        return {row.name: row.items for row in study.run.tasks if row.family == family}
    import numpy as np

    names, counts = np.unique(table.task, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def is_unequal(study: Study, family: str) -> bool:
    """Whether one task of a family has at least ten times the items of another."""
    sizes = task_sizes(study, family).values()
    return len(sizes) > 1 and max(sizes) >= RATIO * min(sizes)


def unequal_words(study: Study) -> str:
    """A sentence on each family whose tasks differ tenfold; empty where none does."""
    text = ""
    for family in study.results.families():
        if is_unequal(study, family):
            sizes = sorted(task_sizes(study, family).items(), key=lambda one: one[1])
            (small, least), (large, most) = sizes[0], sizes[-1]
            text += (
                f" The tasks of {family} have {least:,} ({small}) to {most:,} items ({large}), and "
                "each weighs the same: beside their mean stands the mean over items."
            )
    return text


def mean_over_items(study: Study, group: Group) -> float | None:
    """Accuracy with every item weighing the same, over the seeds; None without answers by item."""
    table = study.sample.tables.get(group.cells[0].family)
    if table is None:
        return None
    import numpy as np

    rows = [
        table.row_of_cell[cell.student, cell.arm, cell.seed, cell.decoding] for cell in group.cells
    ]
    return float(np.nanmean(table.correct[rows], axis=1).mean())


def by_items_words(study: Study, group: Group) -> str:
    """The mean over items, to stand behind the mean over tasks; empty where tasks are alike."""
    if not is_unequal(study, group.cells[0].family):
        return ""
    mean = mean_over_items(study, group)
    return f"; over items {percent(mean)}" if mean is not None else "; over items not known"
