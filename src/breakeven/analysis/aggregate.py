"""From item rows to cells: samples within an item, items within a task, tasks within a family.

A task's score is the mean over its items of the mean over an item's samples; a family's score is
the unweighted mean of its tasks, so that a long benchmark does not outweigh a short one.
"""

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple

from breakeven.analysis.results import CellResult, Results

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CELL_KEYS = ["student", "arm", "seed", "decoding"]
REQUIRED_COLUMNS = [*CELL_KEYS, "task", "family", "item", "sample", "correct"]
MEAN_COLUMNS = [
    "correct",
    "inference_flops",
    "prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
    "truncated",
    "parsed",
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


class Aligned(NamedTuple):
    """Scores of several cells on the items that all of them answered.

    `correct` is (cells, items), the mean over an item's samples; `task` and `cluster` are (items,)
    labels; the same cluster label in two tasks is one cluster. Without a `cluster` column every
    item is its own.
    """

    correct: "NDArray[np.float64]"
    task: "NDArray[np.str_]"
    cluster: "NDArray[np.str_]"


def item_means(items: "pd.DataFrame") -> "pd.DataFrame":
    """One row a (cell, task, item): means over its samples of every numeric column there is."""
    numeric = [name for name in MEAN_COLUMNS if name in items.columns]
    keys = [*CELL_KEYS, "family", "task", "item"]
    frame = items.astype(dict.fromkeys(numeric, "float64"))
    return frame.groupby(keys, sort=True, observed=True)[numeric].mean().reset_index()


def task_scores(items: "pd.DataFrame") -> "pd.DataFrame":
    """One row a (cell, family, task): `items` and the means over items of the item means."""
    means = item_means(items)
    numeric = [name for name in MEAN_COLUMNS if name in means.columns]
    grouped = means.groupby([*CELL_KEYS, "family", "task"], sort=True, observed=True)
    return grouped[numeric].mean().assign(items=grouped.size()).reset_index()


def family_scores(items: "pd.DataFrame") -> list[FamilyScore]:
    """One score a (cell, family): the unweighted mean of the family's tasks."""
    tasks = task_scores(items)
    grouped = tasks.groupby([*CELL_KEYS, "family"], sort=True, observed=True)
    return [_family_score(key, rows) for key, rows in grouped]


def align(results: Results, cells: tuple[CellResult, ...]) -> Aligned | None:
    """The items that all these cells (of one family) answered; None where there are no items.

    Rows of `correct` follow `cells`. Items are told apart by task and item id.
    """
    if results.items is None or not cells:
        return None
    import numpy as np

    family = results.items[results.items["family"] == cells[0].family]
    clusters = _clusters(family)
    columns = {index: _scores_of(family, cell) for index, cell in enumerate(cells)}
    import pandas as pd

    table = pd.DataFrame(columns).dropna()
    if table.empty:
        return None
    task = table.index.get_level_values("task").to_numpy(dtype=str)
    correct = np.ascontiguousarray(table.to_numpy(dtype=np.float64).T)
    return Aligned(correct, task, clusters.reindex(table.index).to_numpy(dtype=str))


def _family_score(key: tuple[Hashable, ...], rows: "pd.DataFrame") -> FamilyScore:
    student, arm, seed, decoding, family = map(str, key)
    means = {name: _mean_or_none(rows, name) for name in MEAN_COLUMNS}
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


def _mean_or_none(rows: "pd.DataFrame", name: str) -> float | None:
    """Mean over tasks, or None where the column is absent or any task lacks it."""
    if name not in rows.columns or rows[name].isna().any():
        return None
    return float(rows[name].mean())


def _scores_of(items: "pd.DataFrame", cell: CellResult) -> "pd.Series[float]":
    chosen = items[
        (items["student"] == cell.student)
        & (items["arm"] == cell.arm)
        & (items["seed"] == cell.seed)
        & (items["decoding"] == cell.decoding)
    ]
    return (
        chosen.assign(correct=chosen["correct"].astype("float64"))
        .groupby(["task", "item"], sort=True, observed=True)["correct"]
        .mean()
    )


def _clusters(items: "pd.DataFrame") -> "pd.Series[str]":
    """Cluster label by (task, item); the item itself where no cluster is given."""
    rows = items.drop_duplicates(["task", "item"])
    own = rows["task"].astype(str) + "/" + rows["item"].astype(str)
    labels = (
        rows["cluster"].astype("object").where(rows["cluster"].notna(), own)
        if ("cluster" in rows.columns)
        else own
    )
    return labels.astype(str).set_axis(rows.set_index(["task", "item"]).index)
