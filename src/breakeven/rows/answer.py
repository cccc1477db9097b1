"""One sample of one item, as the engine gave it."""

from dataclasses import dataclass

from breakeven.rows.traces import after_trace, is_truncated


@dataclass(frozen=True)
class Answer:
    """One sample.

    Counts come from the engine's token ids: `prompt_tokens + thinking_tokens + answer_tokens` is
    all that was processed. A token that a budget of thinking forced counts as what it is a part of.
    Log-probabilities are under the student's own distribution, before temperature, penalties and
    cuts; None where the engine does not tell them.

    Attributes:
        item: The item's id.
        sample: Number of the sample, from 0.
        text: All of it, special tokens of the trace included: what the decoding had begun, which is
            counted with the prompt, and what was generated.
        stop: `stop` where the student ended by itself, `length` where the limit cut it.
        prompt_tokens: What was read.
        thinking_tokens: The trace with its marks; an unclosed trace is all thinking.
        answer_tokens: What came after the trace, the end token with it.
        closed: False where a trace was begun, by the student or by its prompt, and not ended.
        thinking_logprob_sum: Log-probability of the tokens counted as thinking, in nats.
        answer_logprob_sum: Log-probability of the tokens counted as answer, in nats.
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
