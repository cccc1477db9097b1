r"""Reads the text of an answer as values with units, whole, or not at all.

A text may have several readings: 5 m is five metres and five times m. None of them drops anything.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from breakeven.grading.maths.characters import latex_characters
from breakeven.grading.maths.expressions import read_expression
from breakeven.grading.maths.tree import Tree, holds, letters, number
from breakeven.grading.maths.unit_names import CURRENCIES, SCALES
from breakeven.grading.maths.units import Meanings, is_counted, read_unit

# What is longer is no answer to a question, whatever it is.
LONGEST = 2000


class AnswerReading(NamedTuple):
    """A value, what its unit may mean (None without one), and whether it is in per cent.

    A `doubtful` one may be meant or not: the letter of 5m and 5k is a unit, a scale or a variable.
    """

    value: Tree
    unit: Meanings | None = None
    percent: bool = False
    doubtful: bool = False


_SIZES = re.compile(
    r"\\(?:left|right|[bB]igg?[lr]?|middle)(?![a-zA-Z])\.?"
    r"|\\(?:displaystyle|textstyle|limits|rm|bf|it|strut)(?![a-zA-Z])|\\phantom\{[^{}]*\}|\\label\{[^{}]*\}"
)
_SEPARATORS = re.compile(r"(?<=\d)(?:\{,\}\s*|,\\!\s*|\\,|\\!)(?=\d{3}(?!\d))")
_SPACES = re.compile(
    r"(?<!\\)\\(?:[,;:>! ]|q?quad(?![a-z])|thinspace(?![a-z]))|(?<!\\)\\(?=\s|$)|(?<!\\)~|\\\n"
)
_CURRENCIES = re.compile(
    r"\\(pounds|euro|yen|textdollar|textsterling|texteuro)(?![a-z])|\\text\{\s*(\\?\$)\s*\}"
)
_SIGNS = {
    "pounds": "£", "textsterling": "£", "euro": "€", "texteuro": "€", "yen": "¥",
    "textdollar": "\\$", "$": "\\$", "\\$": "\\$",
}  # fmt: skip
_TIMES_TEN = re.compile(r"(?<=\d)(?:\s+x\s+(?=\d)|x(?=10\s*\^))")  # 1.5 x 10^8
_FRACTIONS = re.compile(r"\\[dtc]frac(?![a-z])")
_BINOMIALS = re.compile(r"\\[dt]binom(?![a-z])")
_FORMULA_MARKS = re.compile(r"(?<!\\)\\[()\[\]]")
_BLANK = re.compile(r"\s{2,}")
# Of \choose, what stands on both sides.
_CHOOSE = re.compile(r"\{\s*([^{}\\]+?)\s*\\choose(?![a-z])\s*([^{}\\]+?)\s*\}")
# A number that is set as text.
_NUMBER_TEXT = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mbox)\s*\{([^{}\\a-zA-Z]*\d[^{}\\a-zA-Z]*)\}"
)
_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathit|mathsf|pmb)\s*\{([^{}]*)\}")
_ENDS = re.compile(
    r"^(?:\*\*|\s|:|\"|=|\\(?:approx|to|therefore|implies|Rightarrow)(?![a-z]))+|(?:\*\*|\s|\"|[,;]|(?<!\.)\.(?=[\s*\"]*$))+$"
)
# \text{Area} = 5, Speed: 5 and \text{The answer is }5 name the value.
_TITLE = re.compile(
    r"\\(?:text|mathrm|textbf|mbox)\s*\{\s*([A-Za-z][A-Za-z ]*?)\s*"
    r"(?:(?:[:=]|is|are)\s*\}\s*|\}\s*[:=]\s*)"
    r"|([A-Za-z]{4,}(?: [A-Za-z]+){0,3})\s*[:=]\s*(?=[^=]*$)"
)
_NO_TITLE = re.compile(r"\b(?:not|least|most|than|between|or|if|either|no)\b")
_PLAIN = re.compile(r"[-+]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})")
_MONEY = re.compile(
    r"([-+]?)\s*(?:US|CA|AU)?(\\?\$|[€£¥₹]|(?:\\text\{\s*)?Rs\.?\s*\}?)\s*([-+]?)\s*(?=[\d.\\])"
)
_TIME = re.compile(
    r"(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?(?:\s*(?:\\text\s*\{\s*)?([ap])\.?\s?m\b\.?\s*\}?\.?)?",
    re.IGNORECASE,
)
_COMMAND = r"\\(?:text|mathrm|mbox|textrm|textbf|textit|rm|operatorname|mathit)"
_UNIT_BEGINS = re.compile(
    rf"{_COMMAND}\s*\{{|(?<![a-zA-Z\\_^{{(])(?=\(?[a-zA-Z°€£¥₹¢Ω])|\\mu|\\Omega|\^\s*\{{?\s*\\circ|\\%|%|\\\$|\$"
)
_WRAPPED = re.compile(rf"{_COMMAND}\s*\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}")
_CIRCLE = re.compile(r"\^\s*(?:\\circ(?![a-z])|\{\s*\\circ\s*\})")
# 12^{\text{th}} and 12th.
_ORDINAL = re.compile(
    r"(?<=\d)\s*(?:\^\s*)?(?:\{\s*)?(?:\\(?:text|mathrm|textrm|textsuperscript|rm)\s*(?:\{\s*)?)?"
    r"(st|nd|rd|th)(?![a-zA-Z])\s*\}{0,2}"
)
_PERCENT = re.compile(r"^(?:\\?%|percent|per cent|pct)(?![a-z])")
_ABBREVIATED = re.compile(r"(?<=[a-z])\.(?=\s|$)")  # sq. ft.
_SCALE = re.compile(r"^([a-zA-Z]+)(?![a-zA-Z])\s*(?:of\s+)?")
_ONE_LETTER = re.compile(r"[a-zA-Z](?![a-zA-Z])")
_MOST_UNITS = 24  # places where a unit may begin


def bare_formula(text: str) -> str:
    """A text without what only sets its type: sizes, spaces, dollar signs around, a full stop."""
    text = _BLANK.sub(" ", latex_characters(text))
    text = _CURRENCIES.sub(lambda sign: _SIGNS[sign[1] or sign[2]], _SIZES.sub("", text))
    text = _TIMES_TEN.sub(r" \\times ", text)
    # Before spaces: the \, of 1\,000 would else part two numbers.
    text = _SEPARATORS.sub("", text)
    text = _FORMULA_MARKS.sub(" ", _SPACES.sub(" ", text))
    text = _ORDINAL.sub(r" \\text{\1} ", text)
    text = _NUMBER_TEXT.sub(r" \1 ", _BOLD.sub(r"\1", text))
    text = _CHOOSE.sub(r"\\binom{\1}{\2}", text)
    text = _BINOMIALS.sub(r"\\binom", _FRACTIONS.sub(r"\\frac", text))
    text = _ENDS.sub("", text.strip())
    while len(text) > 2 and text[0] == text[-1] == "$":
        text = _ENDS.sub("", text[1:-1])
    return text


def readings(text: str) -> list[AnswerReading]:
    """Every way to read all of a text; empty where there is none."""
    bare = bare_formula(text)
    title = _TITLE.match(bare)
    if title and not _NO_TITLE.search(title[1] or title[2]):
        bare = bare[title.end() :]
    if not bare or len(bare) > LONGEST:
        return []
    if _PLAIN.fullmatch(bare):
        return [AnswerReading(number(bare))]
    return list(dict.fromkeys(_all(bare)))  # the same reading is often come by twice


def _all(text: str) -> Iterator[AnswerReading]:
    clock = _clock(text)
    if clock:
        yield AnswerReading(clock)
        return
    money = _MONEY.match(text)
    if money:
        yield from _priced(text[money.end() :], money)
        return
    # Dollar signs in pairs set mathematics; a single one is money or a mistake.
    text = text.replace("$", " ") if text.count("$") % 2 == 0 else text
    yield from _expressions(text)
    yield from _with_units(text)


def _expressions(text: str) -> Iterator[AnswerReading]:
    """The text as an expression, with its commas between thousands and between items."""
    for grouped in (True, False) if "," in text else (True,):
        tree = read_expression(text, grouped=grouped)
        if tree is not None:
            yield _raised(tree)


def _raised(tree: Tree) -> AnswerReading:
    """A degree or per cent sign that is on the whole is its unit."""
    if tree.head == "list" or (tree.head == "relation" and tree.name == "="):
        return _raised_in(tree)
    negative = tree.head == "negative"
    inner = tree.parts[0] if negative else tree
    if inner.head not in ("degree", "percent"):
        return AnswerReading(tree)
    value = Tree("negative", inner.parts) if negative else inner.parts[0]
    unit = read_unit("degrees") if inner.head == "degree" else None
    return AnswerReading(value, unit, percent=inner.head == "percent")


def _raised_in(tree: Tree) -> AnswerReading:
    """The same of a list in which each item has the sign, and of the last side of an equation."""
    kept = () if tree.head == "list" else tree.parts[:-1]
    raised = [_raised(part) for part in tree.parts[len(kept) :]]
    first = raised[0]
    if any((one.unit, one.percent) != (first.unit, first.percent) for one in raised):
        return AnswerReading(tree)
    parts = (*kept, *(one.value for one in raised))
    return AnswerReading(tree._replace(parts=parts), first.unit, first.percent)


def _priced(text: str, money: "re.Match[str]") -> Iterator[AnswerReading]:
    """An amount after its currency; words after it may say the currency again, or a scale."""
    unit = read_unit(CURRENCIES.get(money[2].removeprefix("\\"), "Rs"))
    negative = "-" in (money[1], money[3])
    text = re.sub(
        r"(?<=\d)\s*([MB])$", lambda sign: {"M": " million", "B": " billion"}[sign[1]], text
    )
    for read in (*_expressions(text), *_with_units(text)):
        if not read.percent and (read.unit is None or (unit and read.unit & unit)):
            yield AnswerReading(Tree("negative", (read.value,)) if negative else read.value, unit)


def _with_units(text: str) -> Iterator[AnswerReading]:
    """The text as a value and a unit, split where the unit is longest."""
    for tried, match in enumerate(_UNIT_BEGINS.finditer(text)):
        if tried >= _MOST_UNITS:
            return
        head = text[: match.start()].rstrip()
        glued = match[0] == "" and not text[: match.start()].endswith(" ")
        tail = _read_tail(text[match.start() :], glued=glued)
        # From the left, so that the first split that reads on both sides has the longest unit.
        tree = read_expression(head, grouped=True) if tail and head else None
        one_letter = match[0] == "" and _ONE_LETTER.match(text, match.start())
        if tree is None or tail is None:
            continue
        # Of T = 298 K the last side has the unit.
        equation = tree.head == "relation" and set(tree.name.split()) <= {"=", "approx"}
        last = tree.parts[-1] if equation else tree
        if one_letter and letters(last):
            continue  # the t of a t^2 is no tonne
        if not last.head.startswith(("list", "relation")):
            factor, unit, percent = tail
            if unit and is_counted(unit) and not holds(last, "number"):
                return  # "I pass"
            value = last if factor == 1 else Tree("multiply", (last, number(factor)))
            if equation:
                value = tree._replace(parts=(*tree.parts[:-1], value))
            letter = text[match.start() :].strip()
            yield AnswerReading(
                value, unit, percent, glued and len(letter) == 1 and letter.isalpha()
            )
            return


def _read_tail(text: str, *, glued: bool) -> tuple[Fraction, Meanings | None, bool] | None:
    """The scale, unit and per cent sign that follow a number; None where any of it is none."""
    text = _CIRCLE.sub("°", _WRAPPED.sub(r" \1 ", text)).replace("\\$", "$").strip()
    text = _ABBREVIATED.sub("", text)
    text = text.replace("$", " $ ").strip() if text.strip() != "$" else "$"
    factor = Fraction(1)
    while (scale := _SCALE.match(text)) and scale[1] in SCALES and (glued or len(scale[1]) > 1):
        factor *= SCALES[scale[1]]
        text = text[scale.end() :].strip()
    if percent := _PERCENT.match(text):
        rest = text[percent.end() :].strip()
        return (factor, None, True) if not rest else None
    unit = read_unit(text) if text else None
    return None if (text and unit is None) or (not text and factor == 1) else (factor, unit, False)


def _clock(text: str) -> Tree | None:
    """A time of day: with a.m. or p.m., else as the ratio of hours and minutes it looks like."""
    match = _TIME.fullmatch(text + ".") or _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, half = match.groups()
    name = f"{int(hour)}:{minute or '00'}:{second or '00'}"
    if half:
        return Tree("time", name=f"{name} {half.lower()}") if int(minute or 0) < 60 else None
    if minute is None or int(hour) > 24 or int(minute) > 59:
        return None
    return Tree("ratio", tuple(number(part) for part in (hour, minute, second) if part), name)
