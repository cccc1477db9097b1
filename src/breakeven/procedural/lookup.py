"""One-hop look-up in facts of the prompt: a single step, so no serial depth."""

import random

from breakeven.procedural.problem import Problem, shuffled_choices
from breakeven.procedural.vocabulary import PEOPLE, THINGS

DEPTHS = None
PICKERS = (4, 5)


def draw(rng: random.Random, depth: int | None) -> Problem:
    """Who picks what, and one of them to look up."""
    people = rng.sample(PEOPLE, rng.choice(PICKERS))
    things = dict(zip(people, rng.sample(THINGS, len(people)), strict=True))
    asked = rng.choice(people)
    answer = things[asked]
    facts = " ".join(f"{person} picks {things[person]}." for person in people)
    # Sorted, so that the facts in another order are the same content.
    identity = " ".join(f"{person}>{things[person]}" for person in sorted(people))
    return Problem(
        kind="lookup",
        content=f"lookup {identity} of {asked}",
        question=f"{facts} What does {asked} pick?",
        answer=answer,
        choices=shuffled_choices(rng, answer, list(things.values())),
        steps=f"{asked} picks {answer}. So {answer}.",
        depth=None,
        statement=f"{facts} Look at {asked}",
    )
