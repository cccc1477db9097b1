"""Grading by a data set's own scorer, which is believed at full marks only.

Several scorers give partial credit to anything, and some raise on what they cannot read. They see
what a model wrote, so that they run in a child process with limits (`breakeven.bounded`).
"""

import atexit
import functools
import os
from collections.abc import Mapping
from typing import Any

from breakeven.bounded.child import Child
from breakeven.gym.scorers import scorer

# No scorer needs a tenth of it for an answer to its question.
_LIMIT_SECONDS = 5.0


def full_marks(
    dataset: str, config: Mapping[str, Any], entry: Mapping[str, Any], said: str
) -> bool:
    """Whether the scorer gives an answer, with or without a full stop at its end, all of 1.

    An answer that takes more time or memory than it can be worth has not.
    """
    return scoring_child().ask(dataset, dict(config), entry, said) is True


def scoring_child() -> Child:
    """The child that scores for this process; after a fork each side has its own."""
    return _child(os.getpid())


@functools.cache
def _child(process: int) -> Child:
    # One child for all data sets: it keeps the 32 that were used last open.
    child = Child(scorer, limit_seconds=_LIMIT_SECONDS, what="reasoning-gym")
    atexit.register(child.close)
    return child
