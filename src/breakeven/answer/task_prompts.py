"""The tasks as a student reads them: every item's prompt as token ids, checked to fit."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.answer.shots import pick_shots
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import task_path
from breakeven.models.context import context_length
from breakeven.params import CompletionStyle, Params
from breakeven.params.cells import Asking, arms_of, decodings_of, resolve_asking
from breakeven.rendering import (
    Shot,
    begun_answer,
    end_token_ids,
    leaves_trace_open,
    render_prompt,
)
from breakeven.rendering.mode_tags import tagged
from breakeven.rows.item import Item

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Wording(NamedTuple):
    """What of a decoding stands in the prompts: those of two decodings with the same are equal."""

    shots: int
    suffix: str = ""
    prefill: str = ""
    thinking: Literal["off", "forced"] | None = None
    mode: CompletionStyle | None = None

    @classmethod
    def of(cls, asking: Asking) -> "Wording":
        """How a task's questions are worded for an arm."""
        decoding = asking.decoding
        return cls(
            shots=asking.shots,
            suffix=decoding.prompt_suffix or "",
            prefill=decoding.prefill or "",
            thinking=decoding.thinking,
            mode=asking.mode,
        )

    def shown(self, prompt: str) -> str:
        """A task's prompt as it is worded: a tag stands last, where it has been learnt."""
        text = prompt + self.suffix
        return text if self.mode is None else tagged(text, self.mode)


class TaskPrompts(NamedTuple):
    """A task's prompts as token ids, by item and in the order of the task.

    `shots` are the examples in each of them, `end_ids` the tokens that end an answer. `begun` is
    what every answer begins with: its ids end the prompts. `opened` says whether a trace is open
    where the student goes on.
    """

    task: str
    token_ids: tuple[tuple[str, tuple[int, ...]], ...]
    shots: tuple[Shot, ...]
    end_ids: frozenset[int]
    begun: str
    opened: bool

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt."""
        return max(len(ids) for _, ids in self.token_ids)


def render_tasks(
    params: Params, student: str, base: Path, tokenizer: "PreTrainedTokenizerBase"
) -> dict[tuple[str, Wording], TaskPrompts]:
    """The prompts of every task in every wording, for all arms: as many shots are the same ones.

    Raises:
        InputError: a task has not been pinned or is empty, or a prompt and the limit together are
            longer than the student's context.
    """
    context = context_length(base)
    rendered: dict[tuple[str, Wording], TaskPrompts] = {}
    for task in params.tasks:
        items = read_rows(task_path(task), Item)
        if not items:
            raise InputError(f"{task_path(task)}: holds no items; a task needs at least one")
        for arm in arms_of(params, student):
            for decoding in decodings_of(params, arm):
                asking = resolve_asking(params, arm, decoding, task)
                wording = Wording.of(asking)
                if (task, wording) not in rendered:
                    shots = pick_shots(params, task, items, wording.shots)
                    rendered[task, wording] = render_items(tokenizer, task, items, wording, shots)
                if context is not None:
                    prompts = rendered[task, wording]
                    _check_it_fits(params, prompts, student, context, decoding)
    return rendered


def render_items(
    tokenizer: "PreTrainedTokenizerBase",
    task: str,
    items: Sequence[Item],
    wording: Wording,
    shots: tuple[Shot, ...] = (),
) -> TaskPrompts:
    """The prompts of items in a wording, with these examples."""
    begun = begun_answer(tokenizer, wording.thinking, wording.prefill)
    token_ids = tuple(
        (item.id, tuple(render_prompt(tokenizer, wording.shown(item.prompt), shots, begun=begun)))
        for item in items
    )
    return TaskPrompts(
        task=task,
        token_ids=token_ids,
        shots=shots,
        end_ids=end_token_ids(tokenizer, shots),
        begun=begun,
        opened=leaves_trace_open(tokenizer, shots, begun=begun),
    )


def _check_it_fits(
    params: Params, prompts: TaskPrompts, student: str, context: int, decoding: str
) -> None:
    """Raise InputError where the longest prompt leaves less than the limit of the context.

    Cutting the answer shorter instead would hold one task, or one arm, to another limit.
    """
    answering, task = params.answering, prompts.task
    limit, left = answering.limit(decoding, task), context - prompts.longest
    if limit <= left:
        return
    shots = len(prompts.shots)
    raise InputError(
        f"params.yaml: {answering.limit_key(decoding, task)}: value is {limit}; the longest prompt "
        f"of {task}{f' with {shots} shots' if shots else ''} has {prompts.longest} tokens and "
        f"the context of {student} {context}; "
        + (f"use at most {left}" if left > 0 else "shorten the prompts")
        + (" or fewer shots" if shots else "")
    )
