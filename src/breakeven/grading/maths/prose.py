"""Numbers in sentences: which is said to be the result, which is denied, and which is a bound."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from breakeven.grading.maths.unit_names import SCALES

SENTENCE_ENDS = re.compile(r"\n|(?<![ap]\.m)\.(?=\s+[A-Z\\$*(]|\s*\**\s*$)|(?<=[\d$})])\.(?=\s|\*)")
_SCALE = "|".join(sorted((name for name in SCALES if len(name) > 2), key=len, reverse=True))
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_LATEX_FRACTION = r"\\[dt]?frac\s*(?:\{[^{}]{1,30}\}|\d){2}"
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,^{\\])(?:(?<![\d)\]}%A-Za-z])(?<![\d)\]}%] )-\s?)?(?:\\?\$|[€£¥₹])?\s?-?"
    rf"(?:\d{{1,2}}:\d{{2}}(?:\s*[ap]\.?m\b\.?)?|{_LATEX_FRACTION}|\d+\s*{_LATEX_FRACTION}|\d+\s+\d+/\d+(?![\d/])"
    rf"|{_DIGITS}\s*/\s*{_DIGITS}|{_DIGITS})"
    r"(?:e[+-]?\d+\b|\s*(?:\\times|\\cdot|\*)\s*10\s*\^\s*(?:\{-?\d+\}|-?\d+)|\^(?:\{-?\d+\}|\d+))?"
    rf"(?:\s*\\?%|\s*(?:{_SCALE})\b|\s*percent\b)?",
    re.IGNORECASE,
)
_WORDS_AFTER = re.compile(
    r"\s*(?:\\text\{[^{}]*\}|°\s?[CF]?|[a-zA-Z$€£]+)(?:\s*\^\s*\{?\d\}?|/[a-zA-Z]+)*"
    r"(?:\s+per\s+[a-z]+)?"
)
_TWO_WORDS = re.compile(
    r"\s*(?:square|cubic|sq|cu|degrees?|kilowatt)\.?\s+[a-zA-Z]+", re.IGNORECASE
)
OPERATOR = re.compile(r"\s*(?:[+*/=^x(-]|\\times|\\cdot|\\div)\s*[\d($\\]")
# Before what an answer is not: "42 and not 41".
_DENIED = re.compile(
    r"(?:\b(?:not|never|cannot|neither|nor|instead of|rather than|unlike)|n't)"
    r"(?:\s+(?:be|equal|equals|to|is|exactly|just|simply|only|the|a))*[\s$(*]*$",
    re.IGNORECASE,
)
# The first of two units, as in "5 feet 6 inches".
_LARGER = (
    r"\s*(?:hours?|hrs?|feet|foot|ft|dollars?|pounds?|lbs?|minutes?|mins?|years?|weeks?|days?)"
    r"\s*(?:,|and|,\s*and)?\s*"
)
# Before a bound, a part of a quantity, or one of several numbers that are left open.
_BOUND = re.compile(
    r"\b(?:at least|at most|up to|(?:more|less|fewer|greater|larger|smaller|higher|lower) than)"
    r"[\s$(*]*$"
    r"|\b(?:between|either)\b[^.\n]{0,30}$|\d\s*(?:or|to|-)\s*\\?\$?$|\bor\s*$"
    rf"|\d\s+(?:in|of|out of)\s+$|\d{_LARGER}$"
    r"|[^\s>]\s*(?:[<>]=?|\\(?:leq?|geq?|neq?|lt|gt)(?![a-z]))\s*$",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r"\s*(?:or|to)\s+\\?\$?\d|\s*or\s+\$|\s*-\s?\d|\s+or\s+(?:more|less|fewer|so)\b"
    rf"|\s+(?:in|out of)\s+\d|{_LARGER}(?<=\s)\d+\s*[a-z]",
    re.IGNORECASE,
)
_IN_ELSE = re.compile(r"\s+in\s+[a-zA-Z].*", re.DOTALL)  # "42 in all" is not in inches
_GLUED = re.compile(r"[A-Za-z\\^_]")
# Numbers, signs, commands and single letters with no words between them.
_RUN = re.compile(
    r"(?:[-+*/^_=(){}\[\]|!:]|\\(?:d?frac|sqrt|pi|times|cdot|infty|pm|ldots|[a-zA-Z]+)\s?|\d+(?:[.,]\d+)*"
    r"|(?<![A-Za-z'])[a-zA-Z](?![A-Za-z'])|(?<=[-+*/=])\s|\s(?=[-+*/=]\s))+"
)
_LONGEST_RUN = 200
_BEFORE = 60  # characters in which such words are looked for


class Ending(NamedTuple):
    """A text in which a result is said; whether it is set as mathematics, or a number in prose."""

    text: str
    formula: bool = False
    number: bool = False


def denied(text: str, start: int) -> bool:
    """Whether what begins at `start` is said not to be the result."""
    return bool(_DENIED.search(text[max(0, start - _BEFORE) : start]))


def bound(text: str, start: int, end: int) -> bool:
    """Whether what stands there is a bound, or one of several that are left open."""
    before = text[max(0, start - _BEFORE) : start]
    return bool(_BOUND.search(before) or _BOUND_AFTER.match(text, end))


def last_number(text: str) -> Iterator[Ending]:
    """The last number that a text does not deny; none where it is a bound."""
    numbers = list(NUMBER.finditer(text))
    while numbers and denied(text, numbers[-1].start()):
        dropped = numbers.pop()
        if numbers and SENTENCE_ENDS.search(text, numbers[-1].end(), dropped.start()):
            return
    if not numbers:
        return
    number = numbers[-1]
    run = _run_around(text, number)
    if run is None:
        yield from with_words(text, number)
    elif not bound(text, number.start(), number.end()):
        yield Ending(run)
        if "=" in run:
            yield Ending(run.rpartition("=")[2])


def _run_around(text: str, number: "re.Match[str]") -> str | None:
    r"""The expression that a number is a part of, as the 2 of 3\sqrt{2}; None of one on its own."""
    digit = number.end() - len(number[0].lstrip(" -$\\€£¥₹"))
    for run in _RUN.finditer(text, max(0, number.start() - _LONGEST_RUN)):
        if run.start() <= digit < run.end():
            said = run[0].strip(" .,;:!?*=\"'").rstrip(" -+/")
            return None if said in number[0] else said
    return None


def with_words(text: str, number: "re.Match[str]") -> Iterator[Ending]:
    """A number with the words after it, which may be its unit, and without them."""
    if bound(text, number.start(), number.end()) or denied(text, number.start()):
        return
    for words in (_TWO_WORDS, _WORDS_AFTER):
        after = words.match(text, number.end())
        if after and not _IN_ELSE.fullmatch(text, number.end()):
            yield Ending(text[number.start() : after.end()], number=True)
    if not _GLUED.match(text, number.end()):  # 7y is no 7
        yield Ending(number[0], number=True)
