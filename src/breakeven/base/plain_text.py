"""Plain text that tabletop bases are pre-trained on: facts, notes, results, lists, copies.

Nothing here is a question, and every content comes from the train partition, so that a base has
seen neither a test form nor a test content.
"""

import random
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from breakeven.procedural import addition, chain, hops, odd_one_out
from breakeven.procedural.formats import (
    LETTERS,
    choice_letter,
    choice_lines,
    choice_trace,
    named_choice,
    trace,
    working,
)
from breakeven.procedural.generation import KINDS, draw_train
from breakeven.procedural.problem import Problem
from breakeven.procedural.vocabulary import CONTENT_WORDS
from breakeven.rows.traces import THINK_CLOSE, THINK_OPEN

FACTS = (chain.fact, addition.fact, hops.fact, hops.fact, odd_one_out.fact)

# Every token that an adapter may have to write turns up in copies, so that none is left untrained.
FRAMES = ("<|im_start|>", THINK_OPEN, THINK_CLOSE, "\n", "\n\n")
COMMON_SYMBOLS = (*CONTENT_WORDS, *"0123456789", *FRAMES)
ALL_SYMBOLS = (*COMMON_SYMBOLS, *string.ascii_letters)


@dataclass(frozen=True)
class TextMix:
    """Shares of the documents, by sort; they are weights and need not add up to one.

    By default only short ones. With the long ones among them from the start, and half as many
    copies, a model of 0.5M parameters learnt no relations from 9 million tokens (docs/tabletop.md).
    """

    facts: float = 0.15
    notes: float = 0.35
    results: float = 0.2
    lists: float = 0.15
    copies: float = 0.15
    worked: float = 0.0
    checked: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The weights by name, for records and keys."""
        return asdict(self)


def fact(rng: random.Random) -> str:
    """A few single-step facts in a row."""
    tell = rng.choice(FACTS)
    return rng.choice((" ", "\n")).join(tell(rng) for _ in range(rng.randrange(1, 7)))


def note(rng: random.Random) -> str:
    """What is given and the worked steps from it, half of the time with a lettered list."""
    problem = draw_train(rng.choice(KINDS), rng)
    if rng.random() < 0.5:
        return f"{problem.statement}: {problem.steps}"
    return f"{problem.statement}\n{choice_lines(problem.choices)}\n{choice_trace(problem)}"


def result(rng: random.Random) -> str:
    """What is given and what comes out without the steps, or its letter in a list."""
    problem = draw_train(rng.choice(KINDS), rng)
    if rng.random() < 0.5:
        return f"{problem.statement}. Result {problem.answer}."
    lines = choice_lines(problem.choices)
    return f"{problem.statement}\n{lines}\nResult {choice_letter(problem)}."


def labelled_list(rng: random.Random) -> str:
    """Four lettered lines, the letters of some of them, and one letter alone."""
    pool = rng.choice((CONTENT_WORDS, tuple("0123456789"), None))
    items = (
        rng.sample(pool, 4)
        if pool
        else [str(number) for number in rng.sample(range(10, 10 ** rng.randrange(2, 7)), 4)]
    )
    # As the trace of a multiple choice names the letter that it leads to.
    chosen = rng.sample(range(4), rng.randrange(1, 5))
    named = [f"So {items[choice]} ({LETTERS[choice]})." for choice in chosen]
    return "\n".join([choice_lines(tuple(items)), *named, "", LETTERS[chosen[-1]]])


def copy(rng: random.Random) -> str:
    """A string of distinct words, digits and signs, told over and over.

    Many repetitions of a short string are what teaches a small model to copy: with two or three
    a model of 0.1M parameters had learnt none of it after 600 thousand tokens of copies.
    """
    symbols = rng.sample(
        rng.choice((COMMON_SYMBOLS, COMMON_SYMBOLS, ALL_SYMBOLS)), rng.randrange(2, 9)
    )
    text = rng.choice(("", " ", ", ")).join(symbols)
    return "\n".join([text] * max(2, 24 // len(symbols)))


def worked(rng: random.Random) -> str:
    """What is given, the steps or none, and what comes out on a line of its own."""
    return _told(rng, _steps_and_result if rng.random() < 0.5 else _named_result)


def checked(rng: random.Random) -> str:
    """What is given, and steps that are checked and gone over again, now and then after a slip."""
    return _told(rng, lambda problem, form: trace(problem, form, checks=1, slips=0.2))


def _told(rng: random.Random, tell: Callable[[Problem, str], str]) -> str:
    # None of the tune side: whole solutions of what rates are chosen on are seen by nobody.
    problem = draw_train(rng.choice(KINDS), rng, sides=("train",))
    if rng.random() < 0.5:
        return f"{problem.statement}:\n{tell(problem, 'open')}"
    return f"{problem.statement}\n{choice_lines(problem.choices)}\n{tell(problem, 'choice')}"


def _steps_and_result(problem: Problem, form: str) -> str:
    return f"{working(problem)}\n{_named_result(problem, form)}"


def _named_result(problem: Problem, form: str) -> str:
    named = problem.answer if form == "open" else named_choice(problem, problem.answer)
    return f"Result {named}."


SORTS: dict[str, Callable[[random.Random], str]] = {
    "facts": fact,
    "notes": note,
    "results": result,
    "lists": labelled_list,
    "copies": copy,
    "worked": worked,
    "checked": checked,
}


def documents(mix: TextMix, *, seed: int, shard: int, count: int) -> list[str]:
    """`count` documents of one shard; the same for the same mix, seed and shard everywhere."""
    rng = random.Random(f"base text/{seed}/{shard}")  # noqa: S311 - text, not secrets
    sorts = rng.choices(list(SORTS), weights=list(mix.as_dict().values()), k=count)
    return [SORTS[sort](rng) for sort in sorts]
