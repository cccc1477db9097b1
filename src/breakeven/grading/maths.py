r"""Mathematical answers: numbers by exact arithmetic, all else by math-verify within a time limit.

Only the end of an answer counts: its last box, else what it says "the answer is", else its last
formula, else its last number. Values are compared exactly; 0.333 is not 1/3.
"""

import logging
import re

from breakeven.grading.boxes import last_box
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.grading.numbers import Quantity, quantity
from breakeven.tasks.items import Item

# Seconds that math-verify may take for one answer: some expressions never simplify.
TIME_LIMIT_SECONDS = 3

_SAID = re.compile(
    r"(?:answer\s*(?:is|:|=)|####)\s*:?\s*(.+?)(?:\.?\s*$|\.\s|\n)", re.IGNORECASE | re.DOTALL
)
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER = (
    r"[-−]?(?:\\[dt]?frac\s*(?:\{[^{}]*\}|\d){2}|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
    r"|\d+\s*/\s*\d+|\d*\.?\d+)\s*%?"
)
_BEGINS = re.compile(rf"({_NUMBER})[,;]?\s+(?:[A-Za-z]{{2,}}[ ,;]+){{2}}")
_LEFT_SIDE = re.compile(r"^\s*[A-Za-z]\w{0,2}\s*=\s*(?=[^=]+$)")
_DRESSING = re.compile(
    r"\\left(?![a-z])|\\right(?![a-z])|\\displaystyle|\\[,;:!]|\\(?=\s)|\*\*|\\\(|\\\)"
)
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_WORDS = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}")


def grade_math(answer: str, item: Item) -> Grade:
    """Compare the end of an answer with the reference, by value."""
    said = final_expression(answer)
    if said is None:
        return UNPARSED
    wanted = last_box(item.reference) or item.reference
    if _plain(said) == _plain(wanted):
        return found(True)
    said_number, wanted_number = quantity(_undressed(said)), quantity(_undressed(wanted))
    if said_number and wanted_number:
        return found(_same(said_number, wanted_number))
    return _verified(said, wanted)


def final_expression(answer: str) -> str | None:
    """What an answer ends in; None where it holds nothing mathematical."""
    box = last_box(answer)
    if box is not None:
        return box or None
    stated = _SAID.findall(answer)
    if stated:
        # "The answer is 12 because 3 times 4 …": what comes first is the answer.
        first = _BEGINS.match(stated[-1])
        return first[1] if first else _innermost(stated[-1])
    return _innermost(answer)


def _innermost(text: str) -> str | None:
    """The last formula in a text, the text itself where it is one, else its last number."""
    formulas = _FORMULA.findall(text)
    if formulas:
        return str(next(part for part in formulas[-1] if part).strip())
    bare = text.strip().rstrip(".")
    if quantity(_undressed(bare)) or (
        bare and not _WORDS.search(_TEXT.sub("", bare)) and _maths(bare)
    ):
        return bare
    numbers = re.findall(_NUMBER, text)
    return str(numbers[-1]).strip() if numbers else None


def _maths(text: str) -> bool:
    """Whether a text without a phrase in it can be an expression."""
    return len(text) == 1 or bool(re.search(r"[\d\\^=+*/(\[{]", text))


def _same(said: Quantity, wanted: Quantity) -> bool:
    """Equal values in units that do not contradict; a per cent may be read as written or / 100."""
    if said.unit and wanted.unit and said.unit != wanted.unit:
        return False
    if said.percent != wanted.percent:
        hundredth = said.value / 100 if said.percent else said.value * 100
        return wanted.value in (said.value, hundredth)
    return said.value == wanted.value


def _verified(said: str, wanted: str) -> Grade:
    """What math-verify says. Its parse of nothing is unparsed; a time-out is not equal."""
    from math_verify import parse, verify

    # It reports every expression that it gives up as an error of its own.
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    target = parse(f"${_undressed(said)}$", parsing_timeout=TIME_LIMIT_SECONDS)
    if not target:
        return UNPARSED
    gold = parse(f"${_undressed(wanted)}$", parsing_timeout=TIME_LIMIT_SECONDS)
    return found(bool(verify(gold, target, timeout_seconds=TIME_LIMIT_SECONDS)))


def _undressed(text: str) -> str:
    """An expression without sizes, spacing, dollar signs around it, and `x =` before it."""
    bare = _DRESSING.sub("", text).strip().rstrip(".").strip()
    inner = bare[1:-1] if len(bare) > 2 and bare[0] == bare[-1] == "$" else bare
    return _LEFT_SIDE.sub("", inner).strip()


def _plain(text: str) -> str:
    """An expression as letters and signs alone, for equality."""
    return "".join(_TEXT.sub(r"\1", _undressed(text)).casefold().split())
