"""Multiple choice: which letter an answer names, if it names one."""

import re
import unicodedata

from breakeven.grading.boxes import final_text
from breakeven.grading.exact import normalised
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.tasks.items import Item

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# "B", "(b)", "**B**", "B." — nothing but the letter.
_ALONE = re.compile(r"[\s(\[*_$'\"`]*([A-Za-z])[\s)\].:,;*_$'\"`]*")
# "B) 7", "(B) 7", "B. seven", "B: seven" — the letter as the mark of a choice.
_MARK = re.compile(r"[\s(\[*_]*([A-Za-z])[*_]*[)\].:][*_]*\s*(.*)", re.DOTALL)
# "the answer is (B)", "Answer: B", "I choose option B".
_SAID = re.compile(
    r"\b(?:answer|choice|option|letter)(?:\s+is)?(?:\s*[:=])?"
    r"(?:\s+(?:choice|option|letter))?[\s(\[*_$'\"`]*([A-Z])(?![A-Za-z'’])",
    re.IGNORECASE,
)
# After a small letter: "the answer is b." names a choice, "the answer is a dog" does not.
_STOP = re.compile(r"[)\].*\s]*$|[)\]]")
_NOUN = re.compile(r"\s+(?!(?:or|and|nor|but|is|because|since|as)\b)[a-z]")
_ALSO = re.compile(r"\W*(?:or|and|/|,)\W*([A-Z])(?![A-Za-z'’])")
_CAPITAL = re.compile(r"(?<![A-Za-z'’])([A-Z])(?![A-Za-z'’])")


def grade_letter(answer: str, item: Item) -> Grade:
    """Compare the letter that an answer names with the reference.

    An answer that names no letter of the choices, or more than one, is unparsed.
    """
    letter = named_letter(answer, item.choices)
    return UNPARSED if letter is None else found(letter == item.reference.strip().upper())


def named_letter(answer: str, choices: tuple[str, ...]) -> str | None:
    """The one letter that an answer names, None where there is none or there are several.

    Looked for in this order: the last box, a letter alone, the text of one choice, a letter with
    its text, "the answer is …", the only capital letter that stands alone.
    """
    letters = _LETTERS[: len(choices)] if choices else _LETTERS[:4]
    text = unicodedata.normalize("NFKC", final_text(answer))
    for read in (_alone, _by_text, _marked, _stated, _only_capital):
        named = read(text, letters, choices)
        if named:
            return named[0] if len(named) == 1 else None
    return None


def _alone(text: str, letters: str, choices: tuple[str, ...]) -> list[str]:
    match = _ALONE.fullmatch(text)
    return _known(match[1] if match else "", letters)


def _by_text(text: str, letters: str, choices: tuple[str, ...]) -> list[str]:
    said = normalised(text)
    same = [normalised(choice) == said for choice in choices]
    return [letter for letter, alike in zip(letters, same, strict=False) if alike and said]


def _marked(text: str, letters: str, choices: tuple[str, ...]) -> list[str]:
    """The letter at the beginning, and that of another choice whose text or mark follows."""
    match = _MARK.fullmatch(text)
    if not match or not _known(match[1], letters):
        return []
    own = match[1].upper()
    rest = match[2]
    others = {
        *_by_text(rest, letters, choices),
        *(mark.upper() for mark in re.findall(r"(?<![A-Za-z])([A-Za-z])\)", rest)),
        *re.findall(r"^(?:or|and)\s+\(?([A-Z])\b", rest),
    }
    # Two choices may have one text; the letter then tells which is meant.
    if own in others and own in _by_text(rest, letters, choices):
        return [own]
    return sorted({own, *(other for other in others if other in letters)})


def _stated(text: str, letters: str, choices: tuple[str, ...]) -> list[str]:
    """The letters that an answer says it gives; several where it leaves a choice between them."""
    named = set()
    for match in _SAID.finditer(text):
        meant = match[1].isupper() or _STOP.match(text, match.end())
        if meant and _known(match[1], letters) and not _article(text, match):
            tail = _ALSO.match(text, match.end())
            named |= {match[1].upper(), *(_known(tail[1], letters) if tail else ())}
    return sorted(named)


def _only_capital(text: str, letters: str, choices: tuple[str, ...]) -> list[str]:
    found_ones = [one for one in _CAPITAL.finditer(text) if not _article(text, one)]
    return sorted({one[1] for one in found_ones if one[1] in letters})


def _article(text: str, match: "re.Match[str]") -> bool:
    """Whether a capital A is the word that begins "A dog", not the letter of "A or B"."""
    return match[1] == "A" and bool(_NOUN.match(text, match.end()))


def _known(letter: str, letters: str) -> list[str]:
    upper = letter.upper()
    return [upper] if upper and upper in letters else []
