"""Exact match, but for white space, the case of letters and a full stop at the end.

What an answer says is its box, else what "the answer is", else all of it. A longer text than any
right answer may hold it or not: it is left open, and not called wrong.
"""

import re

from breakeven.grading.boxes import final_text, last_box
from breakeven.grading.maths.characters import words
from breakeven.grading.maths.result_texts import END_CHARACTERS, stated_result
from breakeven.grading.refusals import refuses
from breakeven.grading.right_answers import right_answers
from breakeven.rows.grade import UNPARSED, Grade, parsed_grade
from breakeven.rows.item import Item

_DECISIONS = frozenset({"yes", "no", "true", "false"})
# A first word before a mark or clause ("No, it is", "Yes it is"), or a last one after "is" or "so".
_DECIDES = re.compile(
    r"^[\s*_\"'(]*([A-Za-z]+)"
    r"(?:[\s*_\"')]*(?:[.,:;!\n-]|$)|\s+(?:it|he|she|they|there|this|that)\b)"
    r"|(?:[.,:;?!]|\b(?:is|be|so|thus|hence|therefore|say))[\s*_\"']+([A-Za-z]+)[\s*_\"').!]*$",
    re.IGNORECASE,
)
# In the clause before a last word: "I would not say yes".
_DENIED = re.compile(r"(?:\b(?:not|never|cannot|hardly)|n['’]t)\b[^.,;:?!]*$", re.IGNORECASE)
_DRESSING = " \n\t*_\"'`“”"


def grade_exact(answer: str, item: Item) -> Grade:
    """Compare an answer, or what it says the answer is, with the answers that are right.

    One that is empty, or longer than the right ones without being one of them, is unparsed.
    """
    wanted = {_bare(final_text(one)) for one in right_answers(item)}
    said = [text for text in map(_bare, _said(answer)) if text]
    if not said:
        return UNPARSED
    if right := next((text for text in said if text in wanted), None):
        return parsed_grade(True, right)
    # Before refusals: "not sure" refuses, but "not B" where B is right is wrong.
    if any(text.removeprefix("not ") in wanted for text in said):
        return parsed_grade(False, said[-1])  # it denies a right answer
    if refuses(said[-1]):
        return UNPARSED
    if wanted <= _DECISIONS:
        return _decided(answer, wanted)
    # What is as short as a right answer is another answer; a sentence may hold a right one.
    longest = max(len(one.split()) for one in wanted)
    return parsed_grade(False, said[-1]) if len(said[-1].split()) <= longest else UNPARSED


def normalised(text: str) -> str:
    """Text in one spacing and lower case, without a full stop at its end; 10³ is not 103."""
    return words(text).removesuffix(".").rstrip().casefold()


def _said(answer: str) -> list[str]:
    """All of an answer, and what it says the answer is; a box alone where there is one."""
    whole = final_text(answer)
    if last_box(answer) is not None:
        return [whole]
    stated = stated_result(answer[-END_CHARACTERS:])
    return [whole] if stated is None else [whole, stated]


def _decided(answer: str, wanted: set[str]) -> Grade:
    """Where yes or no is right: what a statement, else the first line and the last one, say."""
    stated = (
        stated_result(answer[-END_CHARACTERS:]) if last_box(answer) is None else final_text(answer)
    )
    lines = final_text(answer).strip().splitlines()
    texts = [stated] if stated is not None else [lines[0], lines[-1]] if lines else []
    said = {
        (match[1] or match[2]).casefold()
        for text in texts
        for match in _DECIDES.finditer(text)
        if not _DENIED.search(text, max(0, match.start() - 80), match.start() + 1)
    }
    said &= _DECISIONS
    return parsed_grade(said <= wanted, *said) if len(said) == 1 else UNPARSED


def _bare(text: str) -> str:
    return normalised(text.strip(_DRESSING)).strip(_DRESSING)
