"""Traces in text: their marks, joining trace and answer, parting them, and what counts as cut.

Every text that holds a trace is joined and parted here: what a teacher or a student wrote, the
published pairs, a judge's reply.
"""

import re
from typing import NamedTuple

from breakeven.core.errors import InputError

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"

# As `with_trace` writes it, so that trace and answer come back to the byte, white space and all.
_EXACT = re.compile(rf"{THINK_OPEN}\n(.*?)\n{THINK_CLOSE}\n\n(.*)", re.DOTALL)
_LOOSE = re.compile(rf"\s*{THINK_OPEN}(.*?){THINK_CLOSE}(.*)", re.DOTALL)


class SplitText(NamedTuple):
    """A trace with its marks and an answer: together they are the text.

    Where a trace was begun and not ended, all is trace and `closed` is False.
    """

    thinking: str
    answer: str
    closed: bool


def with_trace(thinking: str, answer: str) -> str:
    """A trace and an answer as one text, as the published pairs hold it."""
    return f"{THINK_OPEN}\n{thinking}\n{THINK_CLOSE}\n\n{answer}"


def split_trace(text: str, *, opened: bool = False) -> SplitText:
    """Part what a model wrote after the last mark that closes a trace.

    Where a later mark opens another trace, nothing is an answer. Text without marks is all answer,
    unless the prompt had `opened` a trace already.
    """
    if is_trace_open(text.rfind(THINK_OPEN), text.rfind(THINK_CLOSE), opened=opened):
        return SplitText(text, "", closed=False)
    end = _end_of_trace(text)
    return SplitText(text[:end], text[end:], closed=True)


def after_trace(text: str, *, closed: bool) -> str:
    """The answer in a text of which it is known whether its trace was closed.

    Nobody who knows it asks `split_trace`: the marks do not always show it. Where the prompt opened
    the trace, the text of an unclosed one has none; and `<think>` that a student spelled in letters
    opens nothing where the tokenizer has a token of that name.
    """
    return text[_end_of_trace(text) :] if closed else ""


def is_trace_open(last_opening: int, last_closing: int, *, opened: bool) -> bool:
    """Whether a trace is begun and not ended, by where the last marks are (-1: nowhere)."""
    return last_opening > last_closing or (last_closing < 0 and opened)


def _end_of_trace(text: str) -> int:
    close = text.rfind(THINK_CLOSE)
    return close + len(THINK_CLOSE) if close >= 0 else 0


def is_truncated(stop: str, *, closed: bool) -> bool:
    """Whether a model was cut short: at the limit, or with a trace begun and not closed.

    This is the one rule for truncated answers and completions. `answer.read_answer` finds out
    `stop` and `closed`, `grading.graders` grades such answers as wrong, `score.item_rows` writes a
    column `truncated`, `results.aggregate` takes its mean a cell (`truncated_share`), and
    `report.accuracy_tables.truncated_table` shows that. `answer_costs` and `distill.token_counts`
    count them for records.
    """
    return stop == "length" or not closed


def bare_trace(thinking: str) -> str:
    """A trace as `split_trace` gives it, without the marks around it and the white space there."""
    inside = thinking.strip().removesuffix(THINK_CLOSE)
    return inside.strip().removeprefix(THINK_OPEN).strip()


def split_reasoning(reasoning: str) -> tuple[str, str]:
    """Trace and answer of a pair's `reasoning` column: the inverse of `with_trace`.

    Text in another spacing (`<think>trace</think> answer`) is parted too, without the white space
    around its parts. Raises InputError where no closed trace begins the text.
    """
    exact = _EXACT.fullmatch(reasoning)
    if exact:
        return exact[1], exact[2]
    loose = _LOOSE.fullmatch(reasoning)
    if loose is None:
        raise InputError(
            f"reasoning: {reasoning[:40]!r} does not begin with a trace; "
            f"use {THINK_OPEN}…{THINK_CLOSE} and an answer"
        )
    return loose[1].strip(), loose[2].strip()


def why_misplaced(text: str, what: str) -> str | None:
    """Why `text`, an answer or a trace, must not be learnt as one: it holds a think mark."""
    if THINK_OPEN in text or THINK_CLOSE in text:
        return f"a think mark is inside {what}"
    return None


def why_not_traced(reasoning: str) -> str | None:
    """Why a text is not one closed trace with an answer after it, in whatever spacing."""
    if not reasoning.lstrip().startswith(THINK_OPEN):
        return "reasoning does not begin with a trace"
    if THINK_CLOSE not in reasoning:
        return "the trace in reasoning is not closed"
    # Both marks were looked for above: this cannot fail.
    trace, answer = split_reasoning(reasoning)
    if not trace.strip():
        return "the trace in reasoning is empty"
    if not answer.strip():
        return "no answer follows the trace in reasoning"
    return why_misplaced(trace, "the trace") or why_misplaced(answer, "the answer after the trace")
