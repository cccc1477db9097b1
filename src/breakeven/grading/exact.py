"""Exact match, but for white space, the case of letters and a full stop at the end."""

import unicodedata

from breakeven.grading.boxes import final_text
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.grading.references import right_answers
from breakeven.tasks.items import Item


def grade_exact(answer: str, item: Item) -> Grade:
    """Compare an answer, or what its last box holds, with the answers that are right.

    One that is empty is unparsed.
    """
    said = normalised(final_text(answer))
    if not said:
        return UNPARSED
    return found(said in [normalised(final_text(one)) for one in right_answers(item)])


def normalised(text: str) -> str:
    """Text in one spacing and lower case, without a full stop at its end."""
    composed = unicodedata.normalize("NFKC", text)
    return " ".join(composed.split()).removesuffix(".").rstrip().casefold()
