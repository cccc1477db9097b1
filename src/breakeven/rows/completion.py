"""A teacher's completion of a prompt in one style."""

from dataclasses import dataclass

from breakeven.rows.traces import is_truncated


@dataclass(frozen=True)
class Completion:
    """One completion; token counts are the engine's own, None where nobody gave them.

    Attributes:
        id: The prompt's.
        style: `ift` or `reasoning`.
        thinking: The trace without its marks; empty in the plain style.
        answer: What follows the trace.
        prompt_tokens: What was read.
        thinking_tokens: Of the trace.
        answer_tokens: Of the answer.
        stop: `stop` where the teacher ended by itself, `length` where the limit cut it; another
            word where a server kept it back.
        closed: False where a trace was begun and not ended.
        completion_tokens: Thinking and answer together, where only their sum is known.
    """

    id: str
    style: str
    thinking: str
    answer: str
    prompt_tokens: int | None
    thinking_tokens: int | None
    answer_tokens: int | None
    stop: str = "stop"
    closed: bool = True
    completion_tokens: int | None = None

    @property
    def truncated(self) -> bool:
        """Whether the teacher was cut short."""
        return is_truncated(self.stop, closed=self.closed)

    @property
    def finished(self) -> bool:
        """Whether it ended by itself: neither cut short nor kept back by a server."""
        return self.stop == "stop" and not self.truncated

    @property
    def new_tokens(self) -> int | None:
        """All tokens that the teacher wrote, None where nobody counted them."""
        # Some servers tell the sum and not what of it was the trace.
        if self.thinking_tokens is None or self.answer_tokens is None:
            return self.completion_tokens
        return self.thinking_tokens + self.answer_tokens
