"""What a generated problem is, and which side of the train/test line its content falls on."""

import hashlib
import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

Partition = Literal["train", "test"]

# One content in five is for testing.
TEST_FRACTION_DIVISOR = 5


class Problem(NamedTuple):
    """One problem with its worked solution, the same in both formats.

    `content` identifies what is asked whatever the wording, the order of the facts or the format;
    `statement` tells it as plain text without asking; `choices` are four distinct strings in the
    order shown; `steps` is the worked trace and ends by naming the answer; `depth` counts the
    steps that must follow one another, None where the kind has none.
    """

    kind: str
    content: str
    question: str
    answer: str
    choices: tuple[str, ...]
    steps: str
    depth: int | None
    statement: str


def partition_of(content: str) -> Partition:
    """The side a content belongs to, by its SHA-256: the same in every process and format."""
    digest = hashlib.sha256(content.encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    return "test" if number % TEST_FRACTION_DIVISOR == 0 else "train"


def shuffled_choices(
    rng: random.Random, answer: str, wrong: Sequence[str], count: int = 4
) -> tuple[str, ...]:
    """The answer among `count - 1` distinct wrong ones, in random order."""
    others = [choice for choice in dict.fromkeys(wrong) if choice != answer]
    choices = [answer, *rng.sample(others, count - 1)]
    rng.shuffle(choices)
    return tuple(choices)
