"""From item rows to cells: samples within an item, items within a task, tasks within a family.

A task's score is the mean over its items of the mean over an item's samples; a family's score is
the unweighted mean of its tasks, so that a long benchmark does not outweigh a short one.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.results.cell_results import CellResult, Results
from breakeven.rows.outcomes import OUTCOMES, Outcome, OutcomeShares

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CELL_KEYS = ["student", "arm", "seed", "decoding"]
REQUIRED_COLUMNS = [*CELL_KEYS, "task", "family", "item", "sample", "correct"]
# Whether an answer has an outcome, by outcome: what the column `outcome` is counted as.
OUTCOME_COLUMNS: dict[Outcome, str] = {name: f"outcome_{name}" for name in OUTCOMES}
MEAN_COLUMNS = [
    "correct",
    "inference_flops",
    "prompt_flops",
    "memory_bytes",
    "prompt_tokens",
    "cached_prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
    "energy_joules",
    "truncated",
    "parsed",
    "thought",
    *OUTCOME_COLUMNS.values(),
    "logprob_sum",
]


class FamilyScore(NamedTuple):
    """Scores of one (student, arm, seed, decoding) on one family; None where a column is absent."""

    student: str
    arm: str
    seed: int
    decoding: str
    family: str
    items: int
    tasks: tuple[str, ...]
    means: dict[str, float | None]

    @property
    def outcomes(self) -> OutcomeShares | None:
        """Share of the answers by outcome; None where outcomes are not known."""
        shares = [self.means[column] for column in OUTCOME_COLUMNS.values()]
        known = [share for share in shares if share is not None]
        return OutcomeShares(*known) if len(known) == len(shares) else None


class ItemTable(NamedTuple):
    """Scores of all cells of one family: `correct` is (cells, items), NaN where not answered.

    `row_of_cell` is keyed by (student, arm, seed, decoding); `task` and `cluster` are (items,). A
    number of `cluster` is one cluster in all families.
    """

    row_of_cell: dict[tuple[str, str, int, str], int]
    correct: "NDArray[np.float64]"
    task: "NDArray[np.str_]"
    cluster: "NDArray[np.int64]"


class Aligned(NamedTuple):
    """Scores of several cells on the items that all of them answered.

    `correct` is (cells, items), the mean over an item's samples; `task` and `cluster` are (items,)
    labels. Without a `cluster` column every item is its own cluster.
    """

    correct: "NDArray[np.float64]"
    task: "NDArray[np.str_]"
    cluster: "NDArray[np.int64]"


def item_means(items: "pd.DataFrame") -> "pd.DataFrame":
    """One row a (cell, task, item): means over its samples of every numeric column there is.

    `thought` is added where thinking tokens are known: whether there was a trace at all. So is a
    column an outcome where outcomes are.
    """
    items = with_outcome_columns(items)
    if "thinking_tokens" in items.columns:
        tokens = items["thinking_tokens"]
        items = items.assign(thought=tokens.gt(0).where(tokens.notna()))
    numeric = [name for name in MEAN_COLUMNS if name in items.columns]
    keys = [*CELL_KEYS, "family", "task", "item"]
    # Yes and no are read as 1 and 0, and a count that is blank as NaN.
    frame = items.astype(dict.fromkeys(numeric, "float64"))
    return frame.groupby(keys, sort=True, observed=True)[numeric].mean().reset_index()


def with_outcome_columns(items: "pd.DataFrame") -> "pd.DataFrame":
    """The rows with `OUTCOME_COLUMNS`, blank where an outcome is; as they are without outcomes."""
    if "outcome" not in items.columns:
        return items
    outcome = items["outcome"]
    known = outcome.notna()
    return items.assign(
        **{column: outcome.eq(name).where(known) for name, column in OUTCOME_COLUMNS.items()}
    )


def generated_tokens(rows: "pd.DataFrame") -> "pd.Series[float]":
    """Tokens of trace and answer together, by row.

    Engines that do not part a trace from its answer count both as the answer.
    """
    tokens = rows["answer_tokens"].astype(float)
    if "thinking_tokens" in rows.columns:
        tokens = tokens + rows["thinking_tokens"].astype(float).fillna(0.0)
    return tokens


def task_means(items: "pd.DataFrame") -> "pd.DataFrame":
    """One row a (cell, family, task): `items` and the means over items of the item means."""
    means = item_means(items)
    numeric = [name for name in MEAN_COLUMNS if name in means.columns]
    grouped = means.groupby([*CELL_KEYS, "family", "task"], sort=True, observed=True)
    return grouped[numeric].mean().assign(items=grouped.size()).reset_index()


def family_scores(items: "pd.DataFrame") -> list[FamilyScore]:
    """One score a (cell, family): the unweighted mean of the family's tasks."""
    tasks = task_means(items)
    columns = {
        name: tasks[name].to_numpy(dtype=float) for name in MEAN_COLUMNS if name in tasks.columns
    }
    grouped = tasks.groupby([*CELL_KEYS, "family"], sort=True, observed=True)
    return [_family_score(key, rows, columns) for key, rows in grouped]


def item_tables(results: Results) -> dict[str, ItemTable]:
    """The score matrix of every family; empty where the results hold no items."""
    if results.items is None:
        return {}
    means, clusters = item_means(results.items), _clusters(results.items)
    if results.votes is not None:
        import pandas as pd

        means = pd.concat([means, results.votes.items], ignore_index=True)
    return {
        str(family): _item_table(rows, clusters)
        for family, rows in means.groupby("family", observed=True)
    }


def align(tables: Mapping[str, ItemTable], cells: Sequence[CellResult]) -> Aligned | None:
    """The items that all these cells (of one family) answered; None where there are none.

    Rows of `correct` follow `cells`.
    """
    table = tables.get(cells[0].family) if cells else None
    keys = [(cell.student, cell.arm, cell.seed, cell.decoding) for cell in cells]
    if table is None or any(key not in table.row_of_cell for key in keys):
        return None
    import numpy as np

    correct = table.correct[[table.row_of_cell[key] for key in keys]]
    # What one cell did not answer is left out for all, so that every comparison is paired.
    shared = ~np.isnan(correct).any(axis=0)
    if not shared.any():
        return None
    return Aligned(correct[:, shared], table.task[shared], table.cluster[shared])


def _family_score(
    key: tuple[Hashable, ...], rows: "pd.DataFrame", columns: Mapping[str, "NDArray[np.float64]"]
) -> FamilyScore:
    """The score of a family's `rows`, by position in `columns`."""
    student, arm, seed, decoding, family = map(str, key)
    at = rows.index.to_numpy()
    means = {
        name: _mean_or_none(columns[name][at]) if name in columns else None for name in MEAN_COLUMNS
    }
    return FamilyScore(
        student,
        arm,
        int(seed),
        decoding,
        family,
        items=int(rows["items"].sum()),
        tasks=tuple(rows["task"]),
        means=means,
    )


def _mean_or_none(values: "NDArray[np.float64]") -> float | None:
    """Mean over tasks, or None where any task lacks it: one of other tasks would be another."""
    mean = float(values.sum() / len(values))
    return None if math.isnan(mean) else mean


def _item_table(means: "pd.DataFrame", clusters: "pd.Series[int]") -> ItemTable:
    """Pivot the item means of one family; what a cell did not answer is NaN."""
    import numpy as np

    wide = means.pivot(index=["task", "item"], columns=CELL_KEYS, values="correct")
    return ItemTable(
        {
            (str(key[0]), str(key[1]), int(key[2]), str(key[3])): row
            for row, key in enumerate(wide.columns)
        },
        np.ascontiguousarray(wide.to_numpy(dtype=np.float64).T),
        wide.index.get_level_values("task").to_numpy(dtype=str),
        np.asarray(clusters.reindex(wide.index), dtype=np.int64),
    )


def _clusters(items: "pd.DataFrame") -> "pd.Series[int]":
    """Number of the cluster by (task, item); the item itself where no cluster is given."""
    import pandas as pd

    rows = items.drop_duplicates(["task", "item"]).set_index(["task", "item"])
    own = _item_names(rows.index)
    labels = own
    if "cluster" in rows.columns:
        labels = rows["cluster"].astype("object").where(rows["cluster"].notna(), own).astype(str)
    # Numbered over all families at once: one content asked in two of them is one cluster.
    return pd.Series(pd.factorize(labels)[0], index=rows.index)


def _item_names(index: "pd.Index[Any]") -> "pd.Series[str]":
    import pandas as pd

    return pd.Series([f"{task}/{item}" for task, item in index], index=index)
