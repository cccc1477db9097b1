"""One question a task with what the largest student answered in each arm, as it was generated."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, task_path
from breakeven.params import Params
from breakeven.params.cells import first_decoding
from breakeven.results.cell_results import Results
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.study.summary import ExampleAnswer

if TYPE_CHECKING:
    import pandas as pd

MOST_CHARACTERS = 1500


def examples(params: Params, results: Results, items: "pd.DataFrame") -> tuple[ExampleAnswer, ...]:
    """The first question of every task on which the arms differ; empty where texts are gone."""
    # The largest, one decoding, the first seed and sample: fixed, so that no answer is picked.
    student = results.students()[-1]
    decoding, seed = first_decoding(params), params.seeds[0]
    chosen = items[
        (items["student"] == student)
        & (items["decoding"] == decoding)
        & (items["seed"] == seed)
        & (items["sample"] == 0)
    ]
    return tuple(
        one
        for task in params.tasks
        for one in _of_task(
            params,
            chosen[chosen["task"] == task],
            task,
            student=student,
            decoding=decoding,
            seed=seed,
        )
    )


def _of_task(
    params: Params, rows: "pd.DataFrame", task: str, *, student: str, decoding: str, seed: int
) -> Iterator[ExampleAnswer]:
    if rows.empty or not task_path(task).is_file():
        return
    # One question for all arms, so that their answers can be read side by side.
    item = _telling_item(rows)
    asked = next((one for one in read_rows(task_path(task), Item) if one.id == item), None)
    for arm in params.arms:
        path = answers_path(student, arm, seed, decoding, task)
        mine = rows[(rows["arm"] == arm) & (rows["item"] == item)]
        if asked is None or mine.empty or not path.is_file():
            continue
        text = next(
            (one.text for one in read_rows(path, Answer) if (one.item, one.sample) == (item, 0)),
            None,
        )
        if text is not None:
            yield ExampleAnswer(
                task,
                student,
                arm,
                asked.prompt,
                asked.reference,
                text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} […]",
                correct=bool(mine["correct"].iloc[0]),
                outcome=str(mine["outcome"].iloc[0]) if "outcome" in mine.columns else None,
            )


def _telling_item(rows: "pd.DataFrame") -> str:
    """The first item that some arm got right and another wrong, else the first of all."""
    # Sorted by name: the first is the same whatever the order of the rows.
    marks = rows.groupby("item", sort=True, observed=True)["correct"].mean()
    mixed = marks[(marks > 0) & (marks < 1)]
    return str((mixed if not mixed.empty else marks).index[0])
