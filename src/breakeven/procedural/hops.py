"""Multi-hop relations over facts in the prompt: each hop starts where the last one ended."""

import itertools
import random

from breakeven.procedural.problem import Problem, shuffled_choices
from breakeven.procedural.vocabulary import PEOPLE

DEPTHS = (2, 4)
CIRCLES = (5, 6)  # more than four hops, so that no walk comes back to its start


def draw(rng: random.Random, depth: int | None) -> Problem:
    """A circle of people who each like the next one, told in random order, walked `depth` hops."""
    hops = depth or DEPTHS[0]
    circle = rng.sample(PEOPLE, rng.choice(CIRCLES))
    liked = dict(zip(circle, circle[1:] + circle[:1], strict=True))
    visited = circle[: hops + 1]
    start, answer = visited[0], visited[-1]
    order = rng.sample(circle, len(circle))
    facts = " ".join(f"{person} likes {liked[person]}." for person in order)
    # Sorted: the order in which facts are told is no part of what is asked.
    identity = " ".join(f"{person}>{liked[person]}" for person in sorted(circle))
    steps = [
        f"{number}, {person} likes {liked[person]}."
        for number, person in enumerate(visited[:-1], start=1)
    ]
    return Problem(
        kind="hops",
        content=f"hops {identity} from {start} by {hops}",
        question=f"{facts} Who is {hops} steps from {start}?",
        answer=answer,
        choices=shuffled_choices(rng, answer, circle),
        steps=" ".join([*steps, f"So {answer}."]),
        depth=depth,
        statement=f"{facts} Go {hops} steps from {start}",
    )


def fact(rng: random.Random) -> str:
    """A few relations, then some of them told again: what one hop is."""
    people = rng.sample(PEOPLE, rng.randrange(3, 7))
    pairs = list(itertools.pairwise(people))
    rng.shuffle(pairs)
    sentences = [f"{person} likes {other}." for person, other in pairs]
    return " ".join([*sentences, *rng.sample(sentences, rng.randrange(1, len(sentences) + 1))])
