"""What a generated problem is, and whether its content is for training, tuning or testing."""

import hashlib
import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

Partition = Literal["train", "test"]
Side = Literal["train", "tune", "test"]

# One content in five is for testing, of the others one in eight for tuning.
TEST_FRACTION_DIVISOR = 5
TUNE_FRACTION_DIVISOR = 8


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


def side_of(content: str) -> Side:
    """The side a content belongs to, by its SHA-256: the same in every process, source and format.

    The tune side is a part of the train partition, so that it took no test content from anybody.
    """
    # Not hash(), which differs from one process to the next.
    digest = hashlib.sha256(content.encode()).digest()
    others, test = divmod(int.from_bytes(digest[:8], "big"), TEST_FRACTION_DIVISOR)
    if test == 0:
        return "test"
    return "tune" if others % TUNE_FRACTION_DIVISOR == 0 else "train"


def partition_of(content: str) -> Partition:
    """What generators draw a content for: tests, or training prompts (its tune side with them).

    A corpus that keeps its tune side for `breakeven tune` does not learn it.
    """
    return "test" if side_of(content) == "test" else "train"


def shuffled_choices(rng: random.Random, answer: str, wrong: Sequence[str]) -> tuple[str, ...]:
    """The answer among three distinct wrong ones, in random order."""
    # dict.fromkeys and not a set: a set of texts has another order in every process.
    others = [choice for choice in dict.fromkeys(wrong) if choice != answer]
    choices = [answer, *rng.sample(others, 3)]
    rng.shuffle(choices)
    return tuple(choices)
