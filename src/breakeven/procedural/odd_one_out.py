"""The word of another category among four: known or not, but nothing to work through."""

import random

from breakeven.procedural.problem import Attempt, Problem
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


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """Each word's category; with `slip`, one word is put into another category and stands out."""
    words = problem.statement.removeprefix("The words ").split(", ")
    category = {word: CATEGORY_OF[word] for word in words}
    result = problem.answer
    if slip:
        result = slip.choice([word for word in words if word != problem.answer])
        category[result] = slip.choice([one for one in CATEGORIES if one not in category.values()])
    claims = [f"{word} is a {category[word]}" for word in words]
    text = " ".join(f"{claim}." for claim in claims)
    return Attempt(problem.statement, tuple(claims), text, result, again="Look at the words.")


def fact(rng: random.Random) -> str:
    """One word and its category, as text."""
    word = rng.choice(list(CATEGORY_OF))
    return f"{word} is a {CATEGORY_OF[word]}."
