r"""The grader of mathematics: an answer is read whole and compared exactly, or it is unparsed."""

import re
from collections.abc import Sequence

from breakeven.grading.boxes import last_box, plain_text
from breakeven.grading.maths.algebra import AnswerAlgebra
from breakeven.grading.maths.answer_reading import LONGEST, AnswerReading, bare_formula, readings
from breakeven.grading.maths.comparison import Comparer
from breakeven.grading.maths.prose import ResultText
from breakeven.grading.maths.result_texts import result_texts
from breakeven.grading.maths.tree import letters
from breakeven.grading.maths.units import read_unit
from breakeven.grading.right_answers import relative_tolerance, right_answers
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.rows.item import Item

_PLAIN = re.compile(r"\s*[-+]?\d{1,300}\s*")
_MARKS = re.compile(r"[!?.\s]+$")
# Letters that may be a word, as "idk" and "n/a", or a product of as many variables.
_LETTERS = re.compile(r"(?!(?:pi|inf|infinity|oo)\W*$)[A-Za-z][\sA-Za-z'./]*[A-Za-z][\s'.]*")
_WORDS_ONLY = re.compile(r"[^\W\d_]{2,}(?:[\s,'-]+[^\W\d_]+)*")


def grade_math(answer: str, item: Item, *, limit_seconds: float) -> Grade:
    """Compare what an answer says its result is with the answers that are right, by value.

    Numbers may be off by `meta.relative_tolerance` of the right one, and end in `meta.unit`. What
    algebra cannot tell within `limit_seconds` is not equal. What cannot be read whole, or compared
    with the right answer, is unparsed.
    """
    comparer = Comparer(AnswerAlgebra(limit_seconds), relative_tolerance(item))
    grades = [_graded(answer, one, _unit(item), comparer) for one in right_answers(item)]
    return max(grades)  # right before wrong, wrong before unparsed


def same_result(one: str, other: str, item: Item, *, limit_seconds: float) -> bool:
    """Whether two results that were extracted are one answer, by value, as a reference is met.

    What algebra cannot tell within `limit_seconds` is two.
    """
    if _plain(one) == _plain(other):
        return True
    comparer = Comparer(AnswerAlgebra(limit_seconds), relative_tolerance(item))
    return comparer.any_equal(readings(one), _wanted(other, _unit(item))) is True


def _unit(item: Item) -> str:
    """The unit that the question asks for, empty where it asks for none."""
    unit = item.meta.get("unit")
    return unit if isinstance(unit, str) and unit.strip() else ""


def _graded(answer: str, reference: str, unit: str, comparer: Comparer) -> Grade:
    reference = last_box(reference) or reference
    # Most answers are plain numbers, and need none of what follows (46,000 a second; prose 6,000).
    if _PLAIN.fullmatch(answer) and _PLAIN.fullmatch(reference):
        same = comparer.any_equal(readings(answer), readings(reference)) is True
        return parsed_grade(same, answer.strip())
    wanted_text = _plain(reference)
    if len(answer) <= LONGEST and _plain(answer) == wanted_text:
        return parsed_grade(True, answer.strip())
    for result in result_texts(answer):
        if len(result.text) > LONGEST:
            continue
        said_text = _without_unit(result.text, unit)
        if _plain(said_text) == wanted_text:
            return parsed_grade(True, said_text)
        # The first text that can be read whole decides: a later one may be right by chance.
        said = readings(_unmarked(said_text, result, reference))
        if result.number:  # the words after it are no variables
            said = [one for one in said if not letters(one.value)]
        if said:
            wanted = _wanted(reference, unit)
            equal = comparer.any_equal(said, wanted)
            if equal is None or (not equal and _may_be_word(result, said, wanted)):
                return UNPARSED
            return parsed_grade(equal, said_text)
    return UNPARSED


def _may_be_word(
    result: ResultText, said: Sequence[AnswerReading], wanted: Sequence[AnswerReading]
) -> bool:
    """Whether letters alone may be a word: in prose, or where the reference has none of them."""
    if not _LETTERS.fullmatch(plain_text(result.text)):
        return False
    shared = _variables(said) & _variables(wanted)
    return not (result.formula and shared)


def _variables(read: Sequence[AnswerReading]) -> set[str]:
    return {name for one in read for name in letters(one.value)}


def _wanted(reference: str, unit: str) -> list[AnswerReading]:
    """The readings of a reference, in the unit that the question asks for if it has none itself."""
    asked = read_unit(unit) if unit else None
    read = readings(reference)
    variable = any(letters(one.value) for one in read)
    read = [one for one in read if not (one.doubtful and one.unit is None and variable)]  # 2k
    return [one if one.unit or not asked else one._replace(unit=asked) for one in read]


def _unmarked(text: str, result: ResultText, reference: str) -> str:
    """A text without the mark that ends its sentence: in prose, 42! is an exclamation."""
    return text if result.formula or "!" in reference else _MARKS.sub("", text)


def _without_unit(said: str, unit: str) -> str:
    """An expression without the unit that the question asked for, however it is spaced and set."""
    if not unit:
        return said
    signs = [re.escape(sign) for sign in plain_text(unit) if sign not in " {}"]
    command = r"[\s\\,~]*(?:\\(?:text|mathrm|rm)\s*\{?)?[\s~]*"
    bare = re.sub(command + r"[\s{}\\,]*".join(signs) + r"[\s}]*$", "", said)
    whole = bare and bare.count("{") == bare.count("}")
    return bare if whole else said


def _plain(text: str) -> str:
    """A text for equality: without type setting and needless space; words in lower case."""
    bare = plain_text(bare_formula(text)).replace("$", "").strip()
    if _WORDS_ONLY.fullmatch(bare):
        return " ".join(bare.casefold().split())
    return re.sub(r"(?<![\w.])\s+|\s+(?![\w.])", "", " ".join(bare.split())).rstrip(".")
