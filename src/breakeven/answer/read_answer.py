"""What a student generated, as an answer with its tokens counted."""

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
) -> Answer:
    """The answer in the generated ids of a row, the end token included where it `ended` itself."""
    parts = split_generated(tokenizer, ids, shots)
    return Answer(
        item=row.item,
        sample=row.sample,
        text=parts.text,
        stop="stop" if ended else "length",
        prompt_tokens=len(row.prompt),
        thinking_tokens=len(parts.thinking_ids),
        answer_tokens=len(parts.answer_ids),
        closed=parts.closed,
    )
