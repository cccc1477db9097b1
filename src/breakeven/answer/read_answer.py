"""What a student generated, as an answer with its tokens counted."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from breakeven.decoding.batching import BatchRow
from breakeven.rendering import Shot, split_generated
from breakeven.rows.answer import Answer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def read_answer(
    tokenizer: "PreTrainedTokenizerBase",
    row: BatchRow,
    ids: Sequence[int],
    ended: bool,
    shots: Sequence[Shot],
    *,
    logprobs: Sequence[float] | None = None,
) -> Answer:
    """The answer in the generated ids of a row, the end token included where it `ended` itself.

    `logprobs` are those of the ids, where the engine tells them.
    """
    parts = split_generated(tokenizer, ids, shots)
    thinking = len(parts.thinking_ids)
    return Answer(
        item=row.item,
        sample=row.sample,
        text=parts.text,
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
