"""Results made ready for comparisons: scores by item, and what counts as the same item."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.findings.groups import Group
from breakeven.results.aggregate import ItemTable, align, item_tables
from breakeven.results.cell_results import CellResult, Results

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ScoredResults(NamedTuple):
    """Results with their score matrices by family, made once for many comparisons.

    `contrasts` holds those worked out already; only `contrasts.contrast` writes to it.
    """

    results: Results
    tables: dict[str, ItemTable]
    contrasts: dict[Any, Any]


class TaskScores(NamedTuple):
    """Scores of several groups on one task: (groups, seeds, items), and each item's cluster.

    A label that stands in several tasks is one cluster of all of them; None without any.
    """

    task: str
    correct: "NDArray[np.float64]"
    clusters: "NDArray[np.int64] | None"


def scored_results(results: Results) -> ScoredResults:
    """Results made ready for comparisons."""
    return ScoredResults(results, item_tables(results), {})


def shared_seeds(chosen: Sequence[Group]) -> list[int]:
    """Training seeds that all groups have, ascending."""
    return sorted(set.intersection(*({cell.seed for cell in group.cells} for group in chosen)))


def of_seed(group: Group, seed: int) -> CellResult:
    """The cell of a group that was trained with `seed`."""
    return next(cell for cell in group.cells if cell.seed == seed)


def task_scores(
    scored: ScoredResults, chosen: Sequence[Group], seeds: Sequence[int] | None = None
) -> list[TaskScores]:
    """Scores on the items and seeds that all groups (of one family) share, task by task.

    Empty where there are no items, or none that all of them answered. `seeds` are those that all
    groups share unless given.
    """
    if not scored.tables or not chosen:
        return []

    seeds = shared_seeds(chosen) if seeds is None else seeds
    cells = [of_seed(group, seed) for group in chosen for seed in seeds]
    aligned = align(scored.tables, cells) if cells else None
    if aligned is None:
        return []
    stacked = aligned.correct.reshape(len(chosen), len(seeds), -1)
    items = scored.results.items
    named = items is not None and "cluster" in items.columns
    found = []
    for task in dict.fromkeys(aligned.task.tolist()):
        here = aligned.task == task
        found.append(
            TaskScores(task, stacked[:, :, here], aligned.cluster[here] if named else None)
        )
    return found
