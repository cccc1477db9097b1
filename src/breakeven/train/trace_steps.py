"""A trace as its steps, and what is made of them without knowing what they say.

A step ends at the end of a line, behind a full stop, an exclamation or a question mark that white
space follows, and behind each result of a running total (`7 + 5 = 2 * 3 = 6` has two). A mark that
belongs to a number at the beginning of a step (`1. First`) ends nothing.
"""

import random
import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

_GAP = re.compile(r"\s+")
_ENDS, _CLOSERS = ".!?…", "\"'”’)]}"
_NUMBERING = re.compile(r"\(?(?:\d{1,3}|[A-Za-z])[.)]")
_RESULT = re.compile(r"=\s*\S+\Z")
_OPERATOR = re.compile(r"[-+*/×÷·−^]\s")
# A word that says something in prose; what holds a digit, or a sign within it, is none.
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MARKS = ".,;:!?…()[]{}\"'“”‘’"


class Steps(NamedTuple):
    """The steps of a trace, and the white space behind each but the last."""

    steps: tuple[str, ...]
    gaps: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(
            part for pair in zip(self.steps, (*self.gaps, ""), strict=True) for part in pair
        )


def steps_of(trace: str) -> Steps:
    """The steps of a trace, without the white space around it."""
    text = trace.strip()
    steps, gaps, start = [], [], 0
    for gap in _GAP.finditer(text):
        if _ends_step(text, start, gap):
            steps.append(text[start : gap.start()])
            gaps.append(gap[0])
            start = gap.end()
    return Steps((*steps, text[start:]), tuple(gaps))


def shuffled(trace: str, seed: str) -> str:
    """The steps in another order, drawn by the seed; the white space stays in its places.

    A trace whose steps are all the same, or a single one, comes back as it is.
    """
    found = steps_of(trace)
    if len(set(found.steps)) < 2:
        return trace
    steps = list(found.steps)
    random.Random(seed).shuffle(steps)  # noqa: S311 - an order, not a secret
    if tuple(steps) == found.steps:
        steps = [*steps[1:], steps[0]]  # another one, as not all of them are the same
    return str(Steps(tuple(steps), found.gaps))


def common_words(traces: Iterable[str]) -> frozenset[str]:
    """The words that at least three quarters of the traces hold, as they are spelled."""
    counts: Counter[str] = Counter()
    total = 0
    for trace in traces:
        total += 1
        counts.update({word for part in trace.split() if (word := _word_of(part))})
    return frozenset(word for word, count in counts.items() if 4 * count >= 3 * total)


def compressed(trace: str, prose: Collection[str]) -> str:
    """The steps without the words of `prose`: numbers, formulas and what only this trace says.

    A step of which nothing is left goes. A trace of which nothing is left comes back as it is.
    """
    found = steps_of(trace)
    kept = []
    for step, gap in zip(found.steps, (*found.gaps, ""), strict=True):
        parts = step.split()
        left = [part for part in parts if _word_of(part) not in prose]
        if left:
            end = "" if left[-1] is parts[-1] else _end_of(step)
            kept.append((" ".join(left) + end, gap))
    return "".join(step + gap for step, gap in kept).strip() if kept else trace


def _word_of(part: str) -> str | None:
    """The word that a part of a text between white space is, without marks around it."""
    bare = part.strip(_MARKS)
    return bare if _WORD.fullmatch(bare) else None


def _end_of(step: str) -> str:
    """The mark that ends a sentence at the end of a step, empty where there is none."""
    last = step.rstrip(_CLOSERS)[-1:]
    return last if last and last in _ENDS else ""


def _ends_step(text: str, start: int, gap: "re.Match[str]") -> bool:
    if "\n" in gap[0]:
        return True
    step = text[start : gap.start()]
    if _RESULT.search(step) and _OPERATOR.match(text, gap.end()):
        return True
    return bool(_end_of(step)) and _NUMBERING.fullmatch(step) is None
