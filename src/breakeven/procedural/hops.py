"""Multi-hop relations over facts in the prompt: each hop starts where the last one ended."""

import itertools
import random
import re

from breakeven.procedural.problem import Attempt, Problem, shuffled_choices
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
    steps = [f"{step}." for step in _walk(visited)]
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


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """The walk; with `slip`, one hop goes to somebody else and the walk goes on from there."""
    liked = dict(re.findall(r"(\w+) likes (\w+)\.", problem.statement))
    task = problem.statement.rpartition(". ")[2]
    start, hops = task.rpartition(" ")[2], problem.depth or DEPTHS[0]
    slips_at = slip.randrange(hops) if slip else None
    visited = [start]
    for hop in range(hops):
        person = liked[visited[-1]]
        if slip and hop == slips_at:
            person = slip.choice([one for one in liked if one not in (person, visited[-1])])
        visited.append(person)
    steps = _walk(visited)
    text = " ".join(f"{step}." for step in steps)
    return Attempt(task, tuple(steps), text, visited[-1], again=f"Go from {start}.")


def _walk(visited: list[str]) -> list[str]:
    return [
        f"{number}, {person} likes {other}"
        for number, (person, other) in enumerate(itertools.pairwise(visited), start=1)
    ]


def fact(rng: random.Random) -> str:
    """A few relations, then some of them told again: what one hop is."""
    people = rng.sample(PEOPLE, rng.randrange(3, 7))
    pairs = list(itertools.pairwise(people))
    rng.shuffle(pairs)
    sentences = [f"{person} likes {other}." for person, other in pairs]
    return " ".join([*sentences, *rng.sample(sentences, rng.randrange(1, len(sentences) + 1))])
