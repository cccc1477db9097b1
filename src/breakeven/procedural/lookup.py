"""One-hop look-up in facts of the prompt: a single step, so no serial depth."""

import random

from breakeven.procedural.problem import Problem, shuffled_choices
from breakeven.procedural.words import PEOPLE, THINGS

DEPTHS = None
OWNERS = (4, 5, 6)


def draw(rng: random.Random, depth: int | None) -> Problem:
    """Who owns what, and one owner to look up."""
    owners = rng.sample(PEOPLE, rng.choice(OWNERS))
    things = dict(zip(owners, rng.sample(THINGS, len(owners)), strict=True))
    asked = rng.choice(owners)
    answer = things[asked]
    facts = " ".join(f"{owner} has the {things[owner]}." for owner in owners)
    identity = " ".join(f"{owner}>{things[owner]}" for owner in sorted(owners))
    return Problem(
        kind="lookup",
        content=f"lookup {identity} of {asked}",
        question=f"{facts} What does {asked} have?",
        answer=answer,
        choices=shuffled_choices(rng, answer, list(things.values())),
        steps=f"{asked} has the {answer}. So {answer}.",
        depth=None,
        statement=f"{facts} Look at {asked}",
    )
