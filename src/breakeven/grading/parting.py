"""What a student wrote, as text, parted into its trace and the answer that is graded."""

from typing import NamedTuple

from breakeven.pairs.pair import THINK_CLOSE, THINK_OPEN


class Parts(NamedTuple):
    """A trace and an answer. Where a trace was begun and not ended, `closed` is False."""

    thinking: str
    answer: str
    closed: bool


def part(text: str) -> Parts:
    """Part generated text after the last mark that closes a trace.

    Where a later mark opens another trace, nothing is an answer. Text without marks is all answer.
    """
    close = text.rfind(THINK_CLOSE)
    if text.rfind(THINK_OPEN) > close:
        return Parts(text, "", closed=False)
    if close < 0:
        return Parts("", text, closed=True)
    end = close + len(THINK_CLOSE)
    return Parts(text[:end], text[end:], closed=True)
