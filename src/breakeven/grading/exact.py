"""Exact match, but for white space, the case of letters and a full stop at the end."""

import unicodedata

from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.tasks.items import Item


def grade_exact(answer: str, item: Item) -> Grade:
    """Compare an answer with the item's reference; an empty one is unparsed."""
    said = normalised(answer)
    if not said:
        return UNPARSED
    return found(said == normalised(item.reference))


def normalised(text: str) -> str:
    """Text in one spacing and lower case, without a full stop at its end."""
    composed = unicodedata.normalize("NFKC", text)
    return " ".join(composed.split()).removesuffix(".").rstrip().casefold()
