"""What a generated problem is."""

import random
from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One problem with its worked solution, the same in both formats.

    `content` identifies what is asked whatever the wording, the order of the facts or the format;
    `statement` tells it as plain text without asking; `choices` are four distinct strings in the
    order shown; `steps` is the worked trace and ends by naming the answer; `depth` counts the
    steps that must follow one another, None where the kind has none; `explored` is the trace that
    tries ways and turns back before it finds the one of `steps`, None where there is no search.
    """

    kind: str
    content: str
    question: str
    answer: str
    choices: tuple[str, ...]
    steps: str
    depth: int | None
    statement: str
    explored: str | None = None


class Attempt(NamedTuple):
    """One pass through a problem, right or with a slip in it.

    `task` says what is to be done, `claims` are the steps as facts without a full stop, `text` is
    the pass as it is written, `result` what it comes to, `again` how another pass begins.
    """

    task: str
    claims: tuple[str, ...]
    text: str
    result: str
    again: str


def shuffled_choices(rng: random.Random, answer: str, wrong: Sequence[str]) -> tuple[str, ...]:
    """The answer among three distinct wrong ones, in random order."""
    # dict.fromkeys and not a set: a set of texts has another order in every process.
    others = [choice for choice in dict.fromkeys(wrong) if choice != answer]
    choices = [answer, *rng.sample(others, 3)]
    rng.shuffle(choices)
    return tuple(choices)
