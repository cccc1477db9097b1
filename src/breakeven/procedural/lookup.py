"""One-hop look-up in facts of the prompt: a single step, so no serial depth."""

import random
import re

from breakeven.procedural.problem import Attempt, Problem, shuffled_choices
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


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """The fact that is asked for, then the others; with `slip`, the thing of another person."""
    picks = dict(re.findall(r"(\w+) picks (\w+)\.", problem.statement))
    task = problem.statement.rpartition(". ")[2]
    asked = task.rpartition(" ")[2]
    others = [person for person in picks if person != asked]
    thing = picks[slip.choice(others)] if slip else picks[asked]
    facts = [f"{asked} picks {thing}", *(f"{person} picks {picks[person]}" for person in others)]
    return Attempt(task, tuple(facts), f"{facts[0]}.", thing, again=f"{task}.")
