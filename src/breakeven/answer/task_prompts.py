"""The tasks as a student reads them: every item's prompt as token ids, checked to fit."""

from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.answer.shots import pick_shots
from breakeven.answer.task_answers import Reading
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import task_path
from breakeven.models.context import context_length
from breakeven.params import Params
from breakeven.rendering import Shot, end_token_ids, render_prompt
from breakeven.rows.item import Item

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Readings = dict[tuple[str, int], Reading]


def read_tasks(
    params: Params, student: str, base: Path, tokenizer: "PreTrainedTokenizerBase"
) -> Readings:
    """Readings by task and number of shots, for all arms: arms with as many shots share them.

    Raises:
        InputError: a task has not been pinned or is empty, or a prompt and the limit together are
            longer than the student's context.
    """
    context = context_length(base)
    readings = {}
    for task in params.tasks:
        items = read_rows(task_path(task), Item)
        if not items:
            raise InputError(f"{task_path(task)}: holds no items; a task needs at least one")
        for count in sorted({arm.shots for arm in params.arms.values()}):
            reading = _read_task(tokenizer, task, items, pick_shots(params, task, items, count))
            if context is not None:
                _check_it_fits(reading, student, context, params.answering.max_new_tokens)
            readings[task, count] = reading
    return readings


def _read_task(
    tokenizer: "PreTrainedTokenizerBase", task: str, items: list[Item], shots: tuple[Shot, ...]
) -> Reading:
    prompts = tuple(
        (item.id, tuple(render_prompt(tokenizer, item.prompt, shots))) for item in items
    )
    return Reading(task, prompts, shots, end_token_ids(tokenizer, shots))


def _check_it_fits(reading: Reading, student: str, context: int, limit: int) -> None:
    longest = max(len(ids) for _, ids in reading.prompts)
    room = context - longest
    if limit <= room:
        return
    shots = len(reading.shots)
    raise InputError(
        f"params.yaml: answering.max_new_tokens: value is {limit}; the longest prompt of "
        f"{reading.task}{f' with {shots} shots' if shots else ''} has {longest} tokens and "
        f"the context of {student} {context}; "
        + (f"use at most {room}" if room > 0 else "shorten the prompts")
        + (" or fewer shots" if shots else "")
    )
