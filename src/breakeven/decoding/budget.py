"""A budget of thinking, held token by token: a trace is closed at its limit, or made to go on.

Budget forcing is that of s1 (Muennighoff et al. 2025, arXiv 2501.19393): at the limit the closing
mark is written for the student, and before it the mark that the student writes itself may be
replaced by "Wait". A budget counts as `Answer.thinking_tokens` does, which is everything up to the
last closing mark: at most so many tokens are thinking, whatever the student writes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import InputError
from breakeven.rendering.encoding import Markup, ThinkMarks, encode_rows, encode_texts, think_marks
from breakeven.rendering.render import decode
from breakeven.rows.traces import THINK_CLOSE, is_trace_open

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from breakeven.params import Decoding
    from breakeven.params.cells import Asking

# What s1 writes in the place of a closing mark, as a word that goes on from the one before.
WAIT = " Wait"


class Budget(NamedTuple):
    """A budget as token ids.

    At most `tokens` are thinking. `closing` ends a trace, its last id is the mark; `asking` follows
    it. `waiting` takes the place of each of the first `waits` marks that the student writes.
    `opened` says whether the prompt leaves a trace open.
    """

    marks: ThinkMarks
    tokens: int
    closing: tuple[int, ...]
    asking: tuple[int, ...]
    waiting: tuple[int, ...]
    waits: int
    opened: bool

    @property
    def free(self) -> int:
        """How many tokens come before a trace has to be closed."""
        return self.tokens - len(self.closing)

    @property
    def least_limit(self) -> int:
        """The least limit of an answer that leaves a closed trace an answer of one token.

        What is asked follows the trace, then come that token and the end token; an answer that is
        cut before its end counts as wrong.
        """
        return self.tokens + len(self.asking) + 2

    def is_open(self, written: Sequence[int]) -> bool:
        """Whether a trace is begun and not ended after what was written."""
        last = {token: place for place, token in enumerate(written) if token in self.marks}
        opening, closing = (last.get(mark, -1) for mark in self.marks)
        return is_trace_open(opening, closing, opened=self.opened)

    def may_wait(self, written: int, waited: int) -> bool:
        """Whether a closing mark that comes after `written` tokens is replaced."""
        return waited < self.waits and written + len(self.waiting) <= self.free


def budget_of_task(
    tokenizer: "PreTrainedTokenizerBase", name: str, asking: "Asking", asked: str, *, opened: bool
) -> Budget | None:
    """The budget of an arm as it is asked something in the decoding of this name.

    Raises:
        InputError: as `thinking_budget`, or the limit leaves no answer after a trace.
    """
    budget = thinking_budget(tokenizer, name, asking.decoding, opened=opened)
    if budget is None or budget.least_limit <= asking.max_new_tokens:
        return budget
    limit, follow, place = asking.max_new_tokens, len(budget.asking), len(budget.closing)
    most = limit - (budget.least_limit - budget.tokens)
    use = (
        f"use at most {most}, or a larger limit"
        if most > place
        else f"use a limit of at least {limit + place + 1 - most}"
    )
    raise InputError(
        f"params.yaml: answering.decodings.{name}.thinking_tokens: value is {budget.tokens}; an "
        f"answer to {asked} has at most {limit} tokens in all, of which the free line and ask take "
        f"{follow} after the trace, and what is answered takes 2 with its end; {use}"
    )


def thinking_budget(
    tokenizer: "PreTrainedTokenizerBase", name: str, decoding: "Decoding", *, opened: bool
) -> Budget | None:
    """The budget of a decoding of this name; None where it has none.

    Raises:
        InputError: the tokenizer has no tokens for the marks, cannot write what is to be written,
            or the budget does not hold the mark that closes a trace.
    """
    if decoding.thinking_tokens is None:
        return None
    key = f"params.yaml: answering.decodings.{name}"
    who = tokenizer.name_or_path or "the tokenizer"
    marks = think_marks(tokenizer)
    if marks is None:
        raise InputError(
            f"{key}.thinking_tokens: {who} has no token {THINK_CLOSE}, so that nothing tells where "
            "a trace ends while it is written; use a student whose tokenizer has it, or leave its "
            "arms out (arms)"
        )
    ask, wait_text = decoding.ask or "", decoding.wait_text or WAIT
    # As a student learns to write it: the mark on a line of its own, the answer after a free line.
    (forced,) = encode_rows(tokenizer, [[Markup(f"\n{THINK_CLOSE}\n\n"), ask]])
    (waiting,) = encode_texts(tokenizer, [wait_text])
    written = [("ask", f"\n{THINK_CLOSE}\n\n{ask}", forced)]
    if decoding.wait:
        written.append(("wait_text", wait_text, waiting))
    for field, text, ids in written:
        # A tokenizer may drop a text whole, and no token could take the place of a mark.
        if decode(tokenizer, ids) != text:
            raise InputError(
                f"{key}.{field}: {who} cannot write {text!r}, it reads {decode(tokenizer, ids)!r}; "
                "use other words"
            )
    place = forced.index(marks.close_id) + 1
    if decoding.thinking_tokens <= place:
        raise InputError(
            f"{key}.thinking_tokens: value is {decoding.thinking_tokens}; closing a trace takes "
            f"{place} tokens; use more, or thinking: off"
        )
    return Budget(
        marks=marks,
        tokens=decoding.thinking_tokens,
        closing=tuple(forced[:place]),
        asking=tuple(forced[place:]),
        waiting=tuple(waiting),
        waits=decoding.wait or 0,
        opened=opened,
    )
