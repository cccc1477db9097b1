"""Results made ready for comparisons: scores by item, and what counts as the same item."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.findings.groups import Group
from breakeven.results.aggregate import REQUIRED_COLUMNS, ItemTable, align, item_tables
from breakeven.results.cell_results import CellResult, Results
from breakeven.results.votes import with_votes

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class ScoredResults(NamedTuple):
    """Results with their score matrices by family, made once for many comparisons.

    `contrasts` and `spreads` hold what was worked out already; only `contrasts.contrast` and
    `run_spread` write to them. `of_every_decoding` are the cells before one decoding was chosen.
    """

    results: Results
    tables: dict[str, ItemTable]
    contrasts: dict[Any, Any]
    spreads: dict[Any, Any]
    of_every_decoding: tuple[CellResult, ...] = ()

    def of_decoding(self, decoding: str | None) -> "ScoredResults":
        """The cells and items of one decoding, the first where none is named; the same tables."""
        if not self.results.cells:
            return self
        name = decoding or self.results.cells[0].decoding
        items = self.results.items
        chosen = replace(
            self.results,
            cells=self.results.select(decoding=name),
            items=None if items is None else items[items["decoding"] == name],
        )
        # A table tells its rows by decoding too, so that of the others' nothing is looked up.
        return self._replace(results=chosen)

    def of_tasks(self, names: Collection[str]) -> "ScoredResults":
        """The same on some of the tasks; a cell whose accuracy on them is not known is left out."""
        items = self.results.items
        chosen = None if items is None else items[items["task"].isin(list(names))]
        return self._of_items(chosen, names)

    def of_marks(self, marks: "pd.Series[bool]") -> "ScoredResults":
        """The same where an answer that is marked counts as right, and any other as wrong.

        `marks` holds one an item row of the results, by their index.
        """
        items = self.results.items
        assert items is not None  # there would be no marks
        # Costs of answers are not asked for, and every column takes its time.
        columns = [name for name in (*REQUIRED_COLUMNS, "cluster") if name in items.columns]
        return self._of_items(items[columns].assign(correct=marks), ())

    def _of_items(self, items: "pd.DataFrame | None", names: Collection[str]) -> "ScoredResults":
        """Other answers of the same cells, or what is known of some tasks where there are none."""
        # The votes are of other answers than these.
        results = replace(self.results, items=items, votes=None)
        tables = item_tables(results)
        found = [_rescored(cell, names, tables) for cell in results.cells]
        cells = tuple(cell for cell in found if cell is not None)
        return ScoredResults(replace(results, cells=cells), tables, {}, {})


class TaskScores(NamedTuple):
    """Scores of several groups on one task: (groups, seeds, items), and each item's cluster.

    A label that stands in several tasks is one cluster of all of them; None without any.
    """

    task: str
    correct: "NDArray[np.float64]"
    clusters: "NDArray[np.int64] | None"

    @property
    def units(self) -> int:
        """How many clusters the items form, or how many items there are without any."""
        return self.correct.shape[2] if self.clusters is None else len(set(self.clusters.tolist()))


def scored_results(results: Results) -> ScoredResults:
    """Results made ready for comparisons, with the votes of their samples."""
    results = with_votes(results)
    return ScoredResults(results, item_tables(results), {}, {}, results.cells)


def shared_seeds(chosen: Sequence[Group]) -> list[int]:
    """Training seeds that all groups have, ascending; none where there is no group."""
    seeds = [{cell.seed for cell in group.cells} for group in chosen]
    return sorted(set.intersection(*seeds)) if seeds else []


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


def resampled_accuracies(
    scored: ScoredResults, chosen: Sequence[Group], draws: int, seed: int
) -> "NDArray[np.float64] | None":
    """Family accuracies of groups (of one family) on resampled items and runs: (draws, groups).

    None without answers by item, and where all questions of a task are about one passage, so that
    nothing can be resampled.
    """
    tasks = task_scores(scored, chosen)
    if not tasks or any(task.units < 2 for task in tasks):
        return None
    from breakeven.statistics.bootstrap import bootstrap_family_means

    return bootstrap_family_means(
        [task.correct for task in tasks],
        draws,
        seed,
        [task.clusters for task in tasks],
        [group.cells[0].arm for group in chosen],
    )


def _rescored(
    cell: CellResult, names: Collection[str], tables: Mapping[str, ItemTable]
) -> CellResult | None:
    """A cell at its accuracy in these tables, or on the named tasks where each one's is known."""
    tasks = tuple(task for task in cell.tasks if task.task in names)
    accuracy = known_mean(task.accuracy for task in tasks)
    table, key = tables.get(cell.family), (cell.student, cell.arm, cell.seed, cell.decoding)
    if table is not None and key in table.row_of_cell:
        import numpy as np

        correct = table.correct[table.row_of_cell[key]]
        every = [correct[table.task == name] for name in dict.fromkeys(table.task.tolist())]
        # NaN is what the cell did not answer: a task of which it answered nothing has no mean.
        answered = [one[~np.isnan(one)] for one in every]
        accuracy = known_mean(float(one.mean()) if one.size else None for one in answered)
    return None if accuracy is None else replace(cell, accuracy=accuracy, tasks=tasks)
