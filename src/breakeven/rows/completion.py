"""A teacher's completion of a prompt in one style."""

from dataclasses import dataclass

from breakeven.rows.traces import is_truncated


@dataclass(frozen=True)
class Completion:
    """One completion. `thinking` is empty in the plain style; token counts are the engine's
    own, None for published completions, whose counts nobody gave.

    `stop` is "stop" where the teacher ended by itself and "length" where the limit cut it;
    `closed` is False where a trace was begun and not ended. Where only the sum of thinking and
    answer is known, it is `completion_tokens`.
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
