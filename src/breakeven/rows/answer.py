"""One sample of one item, as the engine gave it."""

from dataclasses import dataclass

from breakeven.rows.traces import after_trace, is_truncated


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
    def without_trace(self) -> str:
        """What the student answered, to be graded; nothing where its trace was never closed."""
        return after_trace(self.text, closed=self.closed)

    @property
    def truncated(self) -> bool:
        """Whether the student was cut short."""
        return is_truncated(self.stop, closed=self.closed)
