"""What a student generated, as an answer with its tokens counted."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from breakeven.answer.task_prompts import TaskPrompts
from breakeven.decoding.batching import BatchRow
from breakeven.rendering import split_generated
from breakeven.rows.answer import Answer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def read_answer(
    tokenizer: "PreTrainedTokenizerBase",
    prompts: TaskPrompts,
    row: BatchRow,
    ids: Sequence[int],
    ended: bool,
    *,
    logprobs: Sequence[float] | None = None,
) -> Answer:
    """The answer in the generated ids of a row, the end token included where it `ended` itself.

    What the prompt had begun of the answer is part of its text. `logprobs` are those of the ids,
    where the engine tells them.
    """
    parts = split_generated(tokenizer, ids, prompts.shots, opened=prompts.opened)
    thinking = len(parts.thinking_ids)
    return Answer(
        item=row.item,
        sample=row.sample,
        text=prompts.begun + parts.text,
        stop="stop" if ended else "length",
        prompt_tokens=len(row.prompt),
        thinking_tokens=thinking,
        answer_tokens=len(parts.answer_ids),
        closed=parts.closed,
        thinking_logprob_sum=_sum(logprobs, 0, thinking),
        answer_logprob_sum=_sum(logprobs, thinking, len(ids)),
    )


def _sum(logprobs: Sequence[float] | None, start: int, end: int) -> float | None:
    """The sum of a part; a millionth of a nat is below what 32-bit numbers tell of it."""
    return None if logprobs is None else round(math.fsum(logprobs[start:end]), 6)
