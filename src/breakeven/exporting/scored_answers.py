"""Scores with the texts that they are of: a row of `scores/items.parquet`, its item, its answer."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, task_path
from breakeven.params.cells import Cell
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item

if TYPE_CHECKING:
    import pandas as pd


class ScoredAnswer(NamedTuple):
    """One answer with its question; `score` is its row of the scores."""

    item: Item
    answer: Answer
    score: Mapping[Any, Any]


class CellRows(NamedTuple):
    """The rows of the scores of a cell in one decoding."""

    cell: Cell
    decoding: str
    rows: "pd.DataFrame"


def by_cell(rows: "pd.DataFrame") -> Iterator[CellRows]:
    """Rows of the scores by cell and decoding, in the order in which these first occur."""
    for _, found in rows.groupby(["student", "arm", "seed", "decoding"], sort=False):
        first = found.iloc[0]
        cell = Cell(str(first["student"]), str(first["arm"]), int(first["seed"]))
        yield CellRows(cell, str(first["decoding"]), found)


def scored_answers(cell: Cell, decoding: str, rows: "pd.DataFrame") -> Iterator[ScoredAnswer]:
    """Every answer of a cell in one decoding that `rows` score, task by task, in their order.

    Raises:
        InputError: an answer or an item that is scored is not there.
    """
    for task, found in rows.groupby("task", sort=False):
        path = answers_path(*cell, decoding, str(task))
        items = {item.id: item for item in read_rows(task_path(str(task)), Item)}
        answers = {(one.item, one.sample): one for one in read_rows(path, Answer)}
        for row in found.to_dict("records"):
            item, answer = items.get(row["item"]), answers.get((row["item"], row["sample"]))
            if item is None or answer is None:
                raise InputError(
                    f"{path}: no answer to {row['item']}, which is scored; run `dvc repro score`"
                )
            yield ScoredAnswer(item, answer, row)
