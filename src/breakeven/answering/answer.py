"""One sample of one item, as the engine gave it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breakeven.answering.batching import Row
from breakeven.traces import is_truncated

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from breakeven.rendering import Shot


@dataclass(frozen=True)
class Answer:
    """One sample. `text` is all that was generated, special tokens of the trace included.

    Counts come from the engine's token ids: `prompt_tokens + thinking_tokens + answer_tokens` is
    all that was processed; the end token counts as an answer token. `thinking_tokens` holds the
    trace with its marks; an unclosed trace is all thinking. `stop` is "stop" where the student
    ended by itself and "length" where the limit cut it. `closed` is False where a trace was begun,
    by the student or by its prompt, and not ended.
    """

    item: str
    sample: int
    text: str
    stop: str
    prompt_tokens: int
    thinking_tokens: int
    answer_tokens: int
    closed: bool

    @property
    def truncated(self) -> bool:
        """Whether the student was cut short."""
        return is_truncated(self.stop, closed=self.closed)


def read_answer(
    tokenizer: "PreTrainedTokenizerBase",
    row: Row,
    ids: Sequence[int],
    ended: bool,
    shots: "Sequence[Shot]",
) -> Answer:
    """The answer in the generated ids of a row, the end token included where it `ended` itself."""
    from breakeven.rendering import split_generated

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
