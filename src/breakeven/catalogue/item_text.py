"""The text of a test item: choices as lettered lines, the instruction as the last line."""

import string
from collections.abc import Iterable, Sequence

LETTERS = string.ascii_uppercase


def with_choices(question: str, choices: Sequence[str]) -> str:
    """The question, then a line `A) …` for each choice; raises ValueError beyond 26."""
    # As in built-in problems, where this form was what small bases could learn.
    lines = [f"{letter}) {text}" for letter, text in zip(LETTERS, choices, strict=False)]
    if len(lines) < len(choices):
        raise ValueError(f"{len(choices)} choices; there are {len(LETTERS)} letters")
    return "\n".join([question, *lines])


def paragraphs(parts: Iterable[str | None]) -> str:
    """The parts that are there, with an empty line between them."""
    return "\n\n".join(part.strip() for part in parts if part and part.strip())
