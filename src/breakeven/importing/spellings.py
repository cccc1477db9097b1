"""Names in imported tables and runs: what may stand in one, and when two are one."""

import re
import unicodedata
from collections.abc import Iterable

# Hyphens and dashes of typesetting, and the minus sign; a soft hyphen cannot be seen at all.
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def unseen_character(text: str) -> str | None:
    """The first character that cannot be seen, as U+200B; spaces and line breaks can.

    Such a one makes two names of one, and half of a character cannot be written down at all.
    """
    for character in text:
        if not (character.isprintable() or character.isspace()):
            return f"U+{ord(character):04X}"
    return None


def plain_spelling(name: str) -> str:
    """What names that people write in several ways have in common.

    Case, composed and decomposed accents, wide forms, kinds of spaces and of hyphens.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(_DASHES.sub("-", plain).split())


def two_spellings(names: Iterable[str]) -> tuple[int, int] | None:
    """The places of the first name that was written otherwise before, and of that one."""
    first: dict[str, tuple[int, str]] = {}
    for place, name in enumerate(names):
        before, known = first.setdefault(plain_spelling(name), (place, name))
        if known != name:
            return place, before
    return None
