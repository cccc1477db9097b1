"""The pinned items of a task, from a built-in generator or a file."""

from collections import Counter
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from breakeven import procedural
from breakeven.catalogue.item_text import LETTERS, with_choices
from breakeven.core.errors import InputError
from breakeven.core.files import digest_json
from breakeven.hubdata import Count, WholeText, Written, jsonl_rows
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import (
    CatalogueTask,
    GymTask,
    JsonlTask,
    LmEvalTask,
    ProceduralTask,
    Task,
)
from breakeven.rows.item import Item

MOST_STEPS = 10**9  # no context is as long


def load_items(name: str, task: Task, notes: LoadNotes | None = None) -> list[Item]:
    """The items of a task, the same for the same params; `notes` takes down a data set's commit.

    Raises:
        InputError: the file is missing or a row of it is no item, or the generator has too few.
    """
    match task:
        case ProceduralTask():
            return _procedural_items(name, task)
        case JsonlTask():
            return _jsonl_items(name, task)
        case GymTask():
            from breakeven.tasks.gym_items import gym_items

            return gym_items(name, task)
        case CatalogueTask():
            from breakeven.catalogue.benchmark_items import catalogue_items

            return catalogue_items(name, task, notes or LoadNotes())
        case LmEvalTask():
            from breakeven.tasks.lm_eval_items import lm_eval_items

            return lm_eval_items(name, task)


def task_problems(task: ProceduralTask) -> list[procedural.Problem]:
    """The problems of a task, in the test partition."""
    return procedural.generate(
        task.problem,
        count=task.items,
        seed=task.seed,
        partition="test",
        min_depth=task.min_depth,
        max_depth=task.max_depth,
    )


def _procedural_items(name: str, task: ProceduralTask) -> list[Item]:
    multiple_choice = task.format == "choice"
    return [
        Item(
            id=f"{number:05d}",
            task=name,
            family=task.family,
            prompt=procedural.prompt(problem, task.format),
            reference=procedural.reference(problem, task.format),
            content=problem.content,
            grader="letter" if multiple_choice else "exact",
            choices=problem.choices if multiple_choice else (),
            depth=problem.depth,
            # The same problem is asked in both formats: its two items are not independent.
            cluster=problem.content,
        )
        for number, problem in enumerate(task_problems(task))
    ]


class ItemRow(BaseModel):
    """A row of a task's file; with choices, `reference` is the right one or its letter."""

    model_config = ConfigDict(extra="forbid")  # a misspelt key is no missing one

    question: Written
    reference: Written
    choices: Annotated[tuple[WholeText, ...], Field(max_length=26)] = ()
    id: Written | None = None
    depth: Annotated[Count, Field(ge=0, le=MOST_STEPS)] | None = None
    cluster: Written | None = None

    @field_validator("choices")
    @classmethod
    def _choices_differ(cls, choices: tuple[str, ...]) -> tuple[str, ...]:
        """Of two that read alike one would be right and one wrong."""
        for text, times in Counter(choice.strip() for choice in choices).items():
            if times > 1:
                shown = repr(text if len(text) <= 40 else f"{text[:40]}…")
                raise PydanticCustomError(
                    "choices", "{shown} is given twice; change or remove one", {"shown": shown}
                )
        return choices


def _jsonl_items(name: str, task: JsonlTask) -> list[Item]:
    path = Path(task.path)
    rows = jsonl_rows(
        path, ItemRow, count=task.items, seed=task.seed, what="a task needs at least one item"
    )
    items = [_jsonl_item(name, task, path, number, row) for number, row in rows]
    # Answers are joined with their items by id.
    (most_used, rows_with_it), *_ = Counter(item.id for item in items).most_common(1)
    if rows_with_it > 1:
        raise InputError(f"{path}: id {most_used!r} is given to two rows; ids must differ")
    return items


def _jsonl_item(name: str, task: JsonlTask, path: Path, number: int, row: ItemRow) -> Item:
    prompt, reference = row.question, row.reference
    if task.family.endswith("-mc") != bool(row.choices):
        what = "no choices in" if not row.choices else "choices in"
        raise InputError(f"{path}: line {number}: {what} a row of the family {task.family}")
    if row.choices:
        letters = LETTERS[: len(row.choices)]
        prompt = with_choices(row.question, row.choices)
        # The text first: a choice "A" that is not the first one is itself, not a letter.
        if reference in row.choices:
            reference = letters[row.choices.index(reference)]
        elif reference not in letters:
            raise InputError(
                f"{path}: line {number}: reference: {reference!r} is neither a choice nor one of "
                f"the letters {letters}"
            )
    return Item(
        id=f"{number:05d}" if row.id is None else row.id,
        task=name,
        family=task.family,
        prompt=prompt,
        reference=reference,
        content=f"{name} {digest_json([row.question, row.choices])[:16]}",
        grader="letter" if row.choices else task.grader,
        choices=row.choices,
        depth=row.depth,
        cluster=row.cluster,
    )
