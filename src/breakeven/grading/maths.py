r"""Mathematical answers: numbers by exact arithmetic, all else by math-verify within a time limit.

Only the end of an answer counts: its last box, else what it says "the answer is", else its last
formula, else its last number. Numbers are compared exactly; 0.333 is not 1/3.
"""

import re
from fractions import Fraction

from breakeven.grading.boxes import last_box, plain_text
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.grading.numbers import Quantity, quantity
from breakeven.grading.references import relative_tolerance, right_answers
from breakeven.grading.verifier import verifier
from breakeven.tasks.items import Item

# Characters of an answer's end in which a final expression is looked for outside of a box.
_END = 4000
# What is longer is no answer to a question, whatever it is.
_LONGEST = 2000

_SAID = re.compile(
    r"(?:answer\s*(?:is|:|=)|####)\s*:?\s*(.+?)(?:\.?\s*$|\.\s|\n)", re.IGNORECASE | re.DOTALL
)
# A dollar sign before a digit opens a formula or a price; it closes nothing.
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$(?!\d)|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER = (
    r"[-−]?(?:\\[dt]?frac\s*(?:\{[^{}]*\}|\d){2}|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
    r"|\d+\s*/\s*\d+|\d*\.?\d+)\s*%?"
)
_BEGINS = re.compile(rf"({_NUMBER})[,;]?\s+(?:[A-Za-z]{{2,}}[ ,;]+){{2}}")
_LEFT_SIDE = re.compile(r"^\s*[A-Za-z]\w{0,2}\s*=\s*(?=[^=]+$)")
_DRESSING = re.compile(
    r"\\left(?![a-z])|\\right(?![a-z])|\\displaystyle|(?<!\\)\\[,;:!]|(?<!\\)\\(?=\s)|\*\*|\\\(|\\\)"
)
# Thousands in braces, as in a fraction; in a set 1,100 may be two numbers.
_BRACED_THOUSANDS = re.compile(r"(?<!\\)\{(\d{1,3}(?:,\d{3})+)\}")
_OPEN_BOX = re.compile(r"\\(?:boxed|fbox) *\{? *([^{}]*)$")
_ONLY_WORDS = re.compile(r"[^\W\d_]{2,}(?:[\s,'’-]+[^\W\d_]+)*[.!]?")
_WORDS = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}")


def grade_math(answer: str, item: Item, *, limit_seconds: float) -> Grade:
    """Compare the end of an answer with the answers that are right, by value.

    Numbers may be off by `meta.relative_tolerance` of the right one, and end in `meta.unit`. What
    math-verify cannot tell within `limit_seconds` is not equal.
    """
    said = final_expression(answer)
    if said is None or len(said) > _LONGEST:
        return UNPARSED
    said = _without_unit(said, item.meta.get("unit"))
    grades = [
        _compared(said, last_box(one) or one, relative_tolerance(item), limit_seconds)
        for one in right_answers(item)
    ]
    return max(grades)  # right before wrong, wrong before unparsed


def _compared(said: str, wanted: str, tolerance: float, limit_seconds: float) -> Grade:
    said_number, wanted_number = quantity(_undressed(said)), quantity(_undressed(wanted))
    if said_number and wanted_number:
        return found(_same(said_number, wanted_number, tolerance))
    if _plain(said) == _plain(wanted):
        return found(True)
    if _ONLY_WORDS.fullmatch(plain_text(said).strip()):
        return UNPARSED  # "five" may be 5
    equal = verifier(limit_seconds).equal(_undressed(said), _undressed(wanted))
    return UNPARSED if equal is None else found(equal)


def final_expression(answer: str) -> str | None:
    """What an answer ends in; None where it holds nothing mathematical."""
    box = last_box(answer)
    if box is not None:
        return box or None
    answer = answer[-_END:]
    open_box = _OPEN_BOX.search(answer)
    if open_box:
        return open_box[1].strip() or None
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
        bare and not _WORDS.search(plain_text(bare)) and _maths(bare)
    ):
        return bare
    numbers = re.findall(_NUMBER, text)
    return str(numbers[-1]).strip() if numbers else None


def _maths(text: str) -> bool:
    """Whether a text without a phrase in it can be an expression."""
    return len(text) == 1 or bool(re.search(r"[\d\\^=+*/(\[{]", text))


def _same(said: Quantity, wanted: Quantity, tolerance: float) -> bool:
    """Values that agree, in units that do not contradict; a per cent is read as it is or / 100."""
    if said.unit and wanted.unit and said.unit != wanted.unit:
        return False
    values = [said.value]
    if said.percent != wanted.percent:
        values.append(said.value / 100 if said.percent else said.value * 100)
    room = Fraction(tolerance) * abs(wanted.value)
    return any(abs(value - wanted.value) <= room for value in values)


def _without_unit(said: str, unit: object) -> str:
    """An expression without the unit that the question asked for, however it is spaced and set."""
    if not isinstance(unit, str) or not unit.strip():
        return said
    signs = [re.escape(sign) for sign in plain_text(unit) if sign not in " {}"]
    command = r"[\s\\,~]*(?:\\(?:text|mathrm|rm)\s*\{?)?\s*"
    bare = re.sub(command + r"[\s{}\\,]*".join(signs) + r"[\s}]*$", "", said)
    whole = bare and bare.count("{") == bare.count("}")
    return bare if whole else said


def _undressed(text: str) -> str:
    """An expression without sizes, spacing, dollar signs around it, and `x =` before it."""
    bare = _DRESSING.sub("", text).strip().rstrip(".").strip()
    inner = bare[1:-1] if len(bare) > 2 and bare[0] == bare[-1] == "$" else bare
    single = _BRACED_THOUSANDS.sub(lambda number: "{" + number[1].replace(",", "") + "}", inner)
    return _LEFT_SIDE.sub("", single).strip()


def _plain(text: str) -> str:
    """An expression as letters and signs alone, for equality."""
    return "".join(plain_text(_undressed(text)).casefold().split())
