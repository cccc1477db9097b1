"""A search through facts of the prompt: several ways lead on, and one of them to what is asked for.

Ways go out from one person, hop by hop, and end with somebody who picks a thing; one thing only is
of the kind asked for. Others, whom no way reaches, pick things of that kind too, so that nothing
but a way tells which is meant. Which way to take is told at its end: a trace that goes straight
along it has to know, one that explores tries the ways, is told so at the end of a wrong one, and
begins again.
"""

import itertools
import random
import re

from breakeven.procedural.problem import Attempt, Problem, shuffled_choices
from breakeven.procedural.vocabulary import CATEGORIES, CATEGORY_OF, PEOPLE

DEPTHS = (2, 3)
WAYS = 3
_WANTED = ("colour", "metal")  # things that read well without an article


def draw(rng: random.Random, depth: int | None) -> Problem:
    """A star of ways of `depth` steps, the last of which is the pick, and unreached pickers."""
    steps = depth or DEPTHS[0]
    wanted = rng.choice(_WANTED)
    (other,) = (name for name in _WANTED if name != wanted)
    people = list(rng.sample(PEOPLE, len(PEOPLE)))
    start = people.pop()
    ways = [[people.pop() for _ in range(steps - 1)] for _ in range(WAYS)]
    things = rng.sample(CATEGORIES[wanted], 4)
    answer = things[0]
    ends = [answer, *rng.sample(CATEGORIES[other], WAYS - 1)]
    picks = {way[-1]: thing for way, thing in zip(ways, ends, strict=True)}
    likes = [pair for way in ways for pair in itertools.pairwise([start, *way])]
    for number, thing in enumerate(things[1:], start=1):
        # The people left are shared out: chains as long as the ways, as far as they go.
        chain = [people.pop() for _ in range(min(steps - 1, len(people) - (3 - number)))]
        likes += itertools.pairwise(chain)
        picks[chain[-1]] = thing
    told = [f"{one} likes {two}." for one, two in likes]
    told += [f"{person} picks {thing}." for person, thing in picks.items()]
    identity = " ".join(sorted(told))
    rng.shuffle(told)
    facts = " ".join(told)
    # Tried in the order in which the facts name them, up to the one that leads there.
    firsts = [
        way for _, way in sorted((facts.index(f"{start} likes {way[0]}."), way) for way in ways)
    ]
    tried = firsts[: firsts.index(ways[0]) + 1]
    right = _path(start, ways[0], picks)
    explored = [
        f"{_path(start, way, picks)}, unlike {wanted}. Go from {start}." for way in tried[:-1]
    ]
    return Problem(
        kind="search",
        content=f"search {identity} {wanted} from {start}",
        question=f"{facts} Which {wanted} is {steps} steps from {start}?",
        answer=answer,
        choices=shuffled_choices(rng, answer, things),
        steps=f"{right}. So {answer}.",
        depth=depth,
        statement=f"{facts} Go {steps} steps from {start} to {wanted}",
        explored=" ".join([*explored, f"{right}. So {answer}."]),
    )


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """The straight way; with `slip`, the thing of somebody else is read at its end."""
    claims = re.findall(r"(\w+ (?:likes|picks) \w+)\.", problem.steps)
    task = problem.statement.rpartition(". ")[2]
    start, result = task.split(" ")[4], problem.answer
    if slip:
        things = re.findall(r" picks (\w+)\.", problem.statement)
        kind = CATEGORY_OF[problem.answer]
        others = [one for one in things if CATEGORY_OF[one] == kind and one != problem.answer]
        result = slip.choice(others)
        claims[-1] = f"{claims[-1].rpartition(' ')[0]} {result}"
    text = " ".join(f"{claim}." for claim in claims)
    return Attempt(task, tuple(claims), text, result, again=f"Go from {start}.")


def _path(start: str, way: list[str], picks: dict[str, str]) -> str:
    hops = [f"{one} likes {two}" for one, two in itertools.pairwise([start, *way])]
    return ". ".join([*hops, f"{way[-1]} picks {picks[way[-1]]}"])
