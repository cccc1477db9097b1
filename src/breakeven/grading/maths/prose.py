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
    r"(?<![A-Za-z0-9_.,^{\\])(?<!\d')(?:(?<![\d)\]}%A-Za-z])(?<![\d)\]}%] )-\s?)?"
    r"(?:\\?\$|[€£¥₹])?\s?-?"
    rf"(?:\d{{1,2}}:\d{{2}}(?:\s*[ap]\.?m\b\.?)?|{_LATEX_FRACTION}|\d+\s*{_LATEX_FRACTION}|\d+\s+\d+/\d+(?![\d/])"
    rf"|{_DIGITS}\s*/\s*{_DIGITS}|{_DIGITS})"
    r"(?:e[+-]?\d+\b|\s*(?:\\times|\\cdot|\*)\s*10\s*\^\s*(?:\{-?\d+\}|-?\d+)|\^(?:\{-?\d+\}|\d+))?"
    rf"(?:\s*\\?%|\s*(?:{_SCALE})\b|\s*percent\b)?",
    re.IGNORECASE,
)
_WORDS_AFTER = re.compile(
    r"\s*(?:\\(?:text|mbox|mathrm|textrm)\s*\{[^{}]*\}|°\s?[CF]?|[a-zA-Z$€£]+)(?:\s*\^\s*\{?\d\}?(?!\d)|/[a-zA-Z]+)*"
    r"(?:\s+per\s+[a-z]+)?"
)
_TWO_WORDS = re.compile(
    r"\s*(?:square|cubic|sq|cu|degrees?|kilowatt)\.?\s+[a-zA-Z]+", re.IGNORECASE
)
OPERATOR = re.compile(r"\s*(?:[+*/=^x(-]|\\times|\\cdot|\\div)\s*[\d($\\]")
# Before what an answer is not: "42 and not 41".
_DENIED = re.compile(
    r"(?:\b(?:not|never|cannot|neither|nor|instead of|rather than|unlike|hardly|no longer"
    r"|(?:anything|all) but)|n't)"
    r"(?:\s+(?:be|equal|equals|to|is|exactly|just|simply|only|the|a))*[\s$(*]*$"
    r"|\b(?:if|whether|unless|suppose|assume|doubt)\b[^.,;:\n]*$",
    re.IGNORECASE,
)
# After it: "13 is wrong".
_DENIED_AFTER = re.compile(
    r"[\s$)*]*(?:(?:is|was|are|would be|can|does|could)(?:n't|\s+not)\b|cannot\b"
    r"|(?:is|was|are|would be)\s+(?:\w+ly\s+)?(?:wrong|incorrect|false|impossible|too)\b)",
    re.IGNORECASE,
)
# The first of two units, as in "5 feet 6 inches".
_LARGER = (
    r"\s*(?:hours?|hrs?|h|feet|foot|ft|'|dollars?|pounds?|lbs?|minutes?|mins?|m|years?|weeks?|days?)"
    r"\s*(?:,|and|,\s*and)?\s*"
)
# Before a bound, a part of a quantity, or one of several numbers that are left open.
_BOUND = re.compile(
    r"\b(?:at least|at most|up to|over|under|above|below|exceeds|exceeding"
    r"|(?:more|less|fewer|greater|larger|smaller|higher|lower) than)[\s$(*]*$"
    r"|\b(?:between|either)\b[^.\n]{0,30}$|\d\s*(?:or|to|-)\s*\\?\$?$|\bor\s*$"
    rf"|\d\s+(?:in|of|out of)\s+$|\d{_LARGER}$"
    r"|(?:<=?|>=|(?<![=-])>)$|(?:<=?|>=|[^\s>=-]\s*>|\\(?:leq?|geq?|neq?|lt|gt)(?![a-z]))\s*$",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r"\s*(?:or|to)\s+\\?\$?\d|\s*or\s+\$|\s*-\s?\d|\s+or\s+(?:more|less|fewer|so)\b"
    rf"|\s+(?:in|out of)\s+\d|{_LARGER}\d+(?:\s*[a-z\"'°]|\s*$)"
    r"|\+(?:[\s.,]*$|\s+[a-z]{2,})|,?\s*(?:with\s+)?(?:an?\s+)?(?:remainder|rem\b|r\s*\d)",
    re.IGNORECASE,
)
# Words that make a number a part of another one: "half of 5", "5 squared", "5, 6 and 7".
_PART = re.compile(
    r"\b(?:plus|minus|times|divided by|multiplied by|mod|modulo|power of|root of|twice|double"
    r"|triple|base|(?:half|thirds?|quarters?|fifths?|sixths?|tenths?|hundredths?|multiples?"
    r"|powers?|factors?) of)"
    r"\s+[$(*]*$|%\s+of\s+[$(]*$|\d(?:,\s*\d+)*,?\s+and\s+\\?\$?$|\d,\s+\d+,\s+$",
    re.IGNORECASE,
)
_PART_AFTER = re.compile(
    r"[\s$*]*(?:squared|cubed|factorial|halves|thirds|quarters|fifths|sixths|tenths|hundredths)\b"
    r"|\s+(?:plus|minus|divided|multiplied|modulo|mod|choose|times)\s+(?:by\s+)?[\d$\\(]"
    r"|\s+to the (?:power|\d)|[\s(]+(?:in )?base\s+\w"
    r"|\s+and\s+(?:an?\s+(?:half|third|quarter|fifth)|\d+/\d|\d+ *(?:,|$|\.))|,\s*\d+\s+and\s",
    re.IGNORECASE,
)
_IN_ELSE = re.compile(r"\s+in\s+[a-zA-Z].*", re.DOTALL)  # "42 in all" is not in inches
_GLUED = re.compile(r"[A-Za-z\\^_\[]|'\d")
# A comma or an operator and another number: "5 cents, 7" and "5 cm + 1" are not 5.
_GOES_ON = re.compile(
    r"[\s}$*]*(?:[,;+*/=^]|\\times|\\cdot|-(?=\s)|and(?=\s))[\s$*]*(?:\\?\$)?(?:\d|\\(?:d?frac|sqrt|pi))"
)
_FUNCTIONS = "sqrt|cbrt|sin|cos|tan|log|ln|exp|gcd|lcm"
# Before a bracket: a name of two letters or more that is called or indexed, as in exit(0).
_CALLED = re.compile(rf"(?<![A-Za-z_])(?!(?:{_FUNCTIONS})$)[A-Za-z_][A-Za-z_0-9]+$")
_STATEMENT = re.compile(r"\s*(?:def|return|import|class|print)\b|.*__\w+__")
# Numbers, signs, commands and single letters with no words between them.
_RUN = re.compile(
    r"(?:[-+*/^_=(){}\[\]|!:]|\\[a-zA-Z]+\s*|\d+(?:[.,]\d+)*"
    rf"|(?<![A-Za-z])(?:{_FUNCTIONS})(?![A-Za-z])"
    rf"|(?<=[\d)}}])\s(?=\\(?:sqrt|d?frac|pi|cdot|times)|(?:{_FUNCTIONS})\s?\()"
    r"|(?<![A-Za-z'])[a-zA-Z](?![A-Za-z'])|(?<=[-+*/=])\s|\s(?=[-+*/=]\s))+"
)
_LONGEST_RUN = 200
_BEFORE = 60  # characters in which such words are looked for


class ResultText(NamedTuple):
    """A text in which a result is said; whether it is set as mathematics, or a number in prose."""

    text: str
    formula: bool = False
    number: bool = False


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether what stands there is said not to be the result, or only supposed to be it."""
    before = text[max(0, start - _BEFORE) : start]
    return bool(_DENIED.search(before) or _DENIED_AFTER.match(text, end))


def is_bound(text: str, start: int, end: int) -> bool:
    """Whether what stands there is a bound, part of a value, or one of several left open."""
    start += len(text[start:end]) - len(text[start:end].lstrip())
    before = text[max(0, start - _BEFORE) : start]
    part = _PART.search(before) or _PART_AFTER.match(text, end)
    return bool(part or _BOUND.search(before) or _BOUND_AFTER.match(text, end))


def last_number(text: str) -> Iterator[ResultText]:
    """The last number that a text does not deny; none where it is a bound."""
    numbers = list(NUMBER.finditer(text))
    # "42 and not 41" says 42; after "It is not 41." an earlier number is no conclusion.
    while numbers and is_denied(text, *numbers[-1].span()):
        dropped = numbers.pop()
        if numbers and SENTENCE_ENDS.search(text, numbers[-1].end(), dropped.start()):
            return
    if not numbers:
        return
    number = numbers[-1]
    if _in_code(text, number.start()):
        return
    run = _run_around(text, number)
    if run is None:
        yield from with_words(text, number)
    elif not is_bound(text, *number.span()):
        if not _CALLED.search(text[: text.index(run, max(0, number.start() - _LONGEST_RUN))]):
            yield ResultText(run)
        if "=" in run:
            yield ResultText(run.rpartition("=")[2])


def _in_code(text: str, start: int) -> bool:
    """Whether what begins at `start` is what a name is called with, or in a line of a program."""
    begins = max(text.rfind("\n", 0, start) + 1, start - _LONGEST_RUN)
    if _STATEMENT.match(text, begins, start):
        return True
    # Backwards over balanced brackets to the one that is still open where the number stands.
    closed = 0
    for position in range(start - 1, begins - 1, -1):
        if text[position] in ")]":
            closed += 1
        elif text[position] in "([":
            if not closed and _CALLED.search(text, begins, position):
                return True
            closed = max(0, closed - 1)
    return False


def _run_around(text: str, number: "re.Match[str]") -> str | None:
    r"""The expression that a number is a part of, as the 2 of 3\sqrt{2}; None of one on its own."""
    digit = number.end() - len(number[0].lstrip(" -$\\€£¥₹"))
    for run in _RUN.finditer(text, max(0, number.start() - _LONGEST_RUN)):
        if run.start() <= digit < run.end():
            said = run[0].strip(" .,;:!?*=\"'").rstrip(" -+/")
            return None if said in number[0] else said
    return None


def with_words(text: str, number: "re.Match[str]") -> Iterator[ResultText]:
    """A number with the words after it, which may be its unit, and without them."""
    if is_bound(text, *number.span()) or is_denied(text, *number.span()):
        return
    # Two words first: "5 square meters" would else be tried as "5 square".
    for words in (_TWO_WORDS, _WORDS_AFTER):
        after = words.match(text, number.end())
        if after and _GOES_ON.match(text, after.end()):
            return
        if after and not _IN_ELSE.fullmatch(text, number.end()):
            yield ResultText(text[number.start() : after.end()], number=True)
    goes_on = _GLUED.match(text, number.end()) or _GOES_ON.match(text, number.end())
    if not goes_on:  # 7y is no 7
        yield ResultText(number[0], number=True)
