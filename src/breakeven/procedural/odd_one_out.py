"""The word of another category among four: known or not, but nothing to work through."""

import random

from breakeven.procedural.problem import Problem
from breakeven.procedural.vocabulary import CATEGORIES, CATEGORY_OF

DEPTHS = None


def draw(rng: random.Random, depth: int | None) -> Problem:
    """Three words of one category and one of another."""
    common, other = rng.sample(list(CATEGORIES), 2)
    answer = rng.choice(CATEGORIES[other])
    words = [*rng.sample(CATEGORIES[common], 3), answer]
    # Choices in an order of their own, or the place in the question would tell the letter.
    choices = tuple(rng.sample(words, 4))
    rng.shuffle(words)
    listed = ", ".join(words)
    lines = [f"{word} is a {CATEGORY_OF[word]}." for word in words]
    return Problem(
        kind="odd-one-out",
        content=f"odd-one-out {' '.join(sorted(words))}",
        question=f"Which word is unlike the others: {listed}?",
        answer=answer,
        choices=choices,
        steps=" ".join([*lines, f"So {answer}."]),
        depth=None,
        statement=f"The words {listed}",
    )


def fact(rng: random.Random) -> str:
    """One word and its category, as text."""
    word = rng.choice(list(CATEGORY_OF))
    return f"{word} is a {CATEGORY_OF[word]}."
