"""Whether a content is for training, tuning or testing: by itself, whoever draws it."""

import hashlib
from typing import Literal

Partition = Literal["train", "test"]
Side = Literal["train", "tune", "test"]

# One content in five is for testing, of the others one in eight for tuning.
TEST_FRACTION_DIVISOR = 5
TUNE_FRACTION_DIVISOR = 8


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
