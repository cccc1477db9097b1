"""The tasks as a student reads them: every item's prompt as token ids, checked to fit."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.answer.shots import pick_shots
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import task_path
from breakeven.models.context import context_length
from breakeven.params import CompletionStyle, Params
from breakeven.rendering import Shot, end_token_ids, render_prompt
from breakeven.rendering.mode_tags import tagged
from breakeven.rows.item import Item

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Asked(NamedTuple):
    """How a task is asked: with so many examples, and for which mode where prompts say one."""

    shots: int
    mode: CompletionStyle | None = None


class TaskPrompts(NamedTuple):
    """A task's prompts as token ids, by item and in the order of the task.

    `shots` are the examples in each of them, `end_ids` the tokens that end an answer.
    """

    task: str
    token_ids: tuple[tuple[str, tuple[int, ...]], ...]
    shots: tuple[Shot, ...]
    end_ids: frozenset[int]

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt."""
        return max(len(ids) for _, ids in self.token_ids)


def render_tasks(
    params: Params, student: str, base: Path, tokenizer: "PreTrainedTokenizerBase"
) -> dict[tuple[str, Asked], TaskPrompts]:
    """The prompts of every task as all arms are asked it: as many shots are the same ones.

    Raises:
        InputError: a task has not been pinned or is empty, or a prompt and the limit together are
            longer than the student's context.
    """
    context = context_length(base)
    rendered = {}
    for task in params.tasks:
        items = read_rows(task_path(task), Item)
        if not items:
            raise InputError(f"{task_path(task)}: holds no items; a task needs at least one")
        for asked in dict.fromkeys(
            Asked(arm.shots, arm.answer_mode) for arm in params.arms.values()
        ):
            shots = pick_shots(params, task, items, asked.shots)
            prompts = _render_task(tokenizer, task, items, shots, asked.mode)
            if context is not None:
                _check_it_fits(prompts, student, context, params.answering.max_new_tokens)
            rendered[task, asked] = prompts
    return rendered


def _render_task(
    tokenizer: "PreTrainedTokenizerBase",
    task: str,
    items: list[Item],
    shots: tuple[Shot, ...],
    mode: CompletionStyle | None,
) -> TaskPrompts:
    texts = [item.prompt if mode is None else tagged(item.prompt, mode) for item in items]
    token_ids = tuple(
        (item.id, tuple(render_prompt(tokenizer, text, shots)))
        for item, text in zip(items, texts, strict=True)
    )
    return TaskPrompts(task, token_ids, shots, end_token_ids(tokenizer, shots))


def _check_it_fits(prompts: TaskPrompts, student: str, context: int, limit: int) -> None:
    """Raise InputError where the longest prompt leaves less than `limit` of the context.

    Cutting the answer shorter instead would hold one task, or one arm, to another limit.
    """
    left = context - prompts.longest
    if limit <= left:
        return
    shots = len(prompts.shots)
    raise InputError(
        f"params.yaml: answering.max_new_tokens: value is {limit}; the longest prompt of "
        f"{prompts.task}{f' with {shots} shots' if shots else ''} has {prompts.longest} tokens and "
        f"the context of {student} {context}; "
        + (f"use at most {left}" if left > 0 else "shorten the prompts")
        + (" or fewer shots" if shots else "")
    )
