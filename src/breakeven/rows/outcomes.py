"""What became of an answer: one of six outcomes, of which each answer has exactly one.

The order of precedence says which, where several would fit. An answer that is right is `right`,
whatever else it does, so that the share of right answers is the accuracy. Then come those that the
limit cut, in a loop or without one: the loop is why such an answer was cut. What the student ended
by itself is no loop, however often it says the same: it found its way out. Of these come first the
ones that ended inside the trace, and among the rest what was parsed and what was not.
"""

import math
from typing import Literal, NamedTuple, get_args

from breakeven.rows.answer import Answer
from breakeven.rows.grade import Grade
from breakeven.rows.traces import bare_trace

Outcome = Literal["right", "wrong", "unparsed", "looping", "cut", "unclosed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

# A loop is a block of text that is written so many times in a row, together at least so many
# characters and such a share of the text; the last copy may be incomplete. Public definitions count
# alike and differ in strictness: engines that stop a loop compare the last n tokens with those
# before them (vLLM's `repetition_detection`, llama.cpp's with four copies of 16 to 1,024 tokens);
# Pipis et al. 2025 (arXiv 2512.12895) call an answer looping where some 30 tokens stand in it 20
# times. Five copies, so that a trace that goes through its steps again to check them is none.
LEAST_COPIES = 5
LEAST_CHARACTERS = 120
LEAST_SHARE = 0.1
# A copy of these last characters tells where a block may begin; no run that counts is shorter.
_TAIL_CHARACTERS = 32


class OutcomeShares(NamedTuple):
    """The share of a cell's answers with each outcome; together they are 1."""

    right: float
    wrong: float
    unparsed: float
    looping: float
    cut: float
    unclosed: float


def outcome_of(answer: Answer, grade: Grade) -> Outcome:
    """The outcome of an answer with its grade.

    This is the one rule. `score.item_rows` writes it as the column `outcome`, `results.aggregate`
    takes its shares a cell, and the report, MLflow and `metrics.json` show these.
    """
    if grade.correct:
        return "right"
    if answer.stop == "length":
        return "looping" if loops(answer) else "cut"
    if not answer.closed:
        return "unclosed"
    return "wrong" if grade.parsed else "unparsed"


def regraded(outcome: Outcome, grade: Grade) -> Outcome:
    """The outcome of an answer that a judge has graded anew: how it ended stays as it was."""
    if grade.correct:
        return "right"
    if outcome in ("looping", "cut", "unclosed"):
        return outcome
    return "wrong" if grade.parsed else "unparsed"


def loops(answer: Answer) -> bool:
    """Whether the trace or the answer after it ends in a loop.

    Both are looked at, for a trace that looped may have been closed, by the student or for it.
    """
    plain = answer.without_trace
    trace = answer.text[: len(answer.text) - len(plain)]
    return ends_in_loop(plain) or ends_in_loop(bare_trace(trace))


def ends_in_loop(text: str) -> bool:
    """Whether a text ends in a block that is repeated without a change; white space aside.

    A repetition with changes in it, as of a sentence with another number each time, is none.
    """
    text = text.rstrip()
    least = max(LEAST_CHARACTERS, math.ceil(LEAST_SHARE * len(text)))
    begin = len(text) - _TAIL_CHARACTERS
    tail, at = text[begin:], begin
    # Every block that may be repeated ends where the tail stood before: few places, found fast.
    while (at := text.rfind(tail, 0, at + _TAIL_CHARACTERS - 1)) >= 0:
        block = begin - at
        run = max(least, LEAST_COPIES * block)
        if run > len(text):
            return False
        if text[-run + block :] == text[-run:-block]:
            return True
    return False
