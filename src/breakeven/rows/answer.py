"""One sample of one item, as the engine gave it."""

from dataclasses import dataclass

from breakeven.rows.traces import after_trace, is_truncated


@dataclass(frozen=True)
class Answer:
    """One sample.

    `text` is all of it, special tokens of the trace included: what the decoding had begun, which is
    counted with the prompt, and what was generated.

    Counts come from the engine's token ids: `prompt_tokens + thinking_tokens + answer_tokens` is
    all that was processed; the end token counts as an answer token, and a token that a budget of
    thinking forced counts as what it is a part of. `thinking_tokens` holds the
    trace with its marks; an unclosed trace is all thinking. `stop` is "stop" where the student
    ended by itself and "length" where the limit cut it. `closed` is False where a trace was begun,
    by the student or by its prompt, and not ended.

    The sums are of the log-probabilities, in nats, of the tokens counted as thinking and as answer
    (the end token with it): under the student's own distribution, before temperature, penalties and
    cuts. None where the engine does not tell them.
    """

    item: str
    sample: int
    text: str
    stop: str
    prompt_tokens: int
    thinking_tokens: int
    answer_tokens: int
    closed: bool
    thinking_logprob_sum: float | None = None
    answer_logprob_sum: float | None = None

    @property
    def logprob_sum(self) -> float | None:
        """The log-probability of all that was generated, in nats."""
        if self.thinking_logprob_sum is None or self.answer_logprob_sum is None:
            return None
        return self.thinking_logprob_sum + self.answer_logprob_sum

    @property
    def without_trace(self) -> str:
        """What the student answered, to be graded; nothing where its trace was never closed."""
        return after_trace(self.text, closed=self.closed)

    @property
    def truncated(self) -> bool:
        """Whether the student was cut short."""
        return is_truncated(self.stop, closed=self.closed)
