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
from breakeven.errors import InputError
from breakeven.grading.boxes import last_box
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.gym.scorers import scorer
from breakeven.tasks.items import Item

# No scorer needs a tenth of it for an answer to its question.
_LIMIT_SECONDS = 5.0
# What is longer is no answer to a question of reasoning-gym, whatever it is.
_LONGEST = 100_000


def grade_gym(answer: str, item: Item) -> Grade:
    """Grade an answer, or what its last box holds, by the scorer of the item's data set.

    Raises:
        InputError: the item does not carry the entry that its scorer needs.
    """
    said = last_box(answer) or answer.strip()
    if not said or len(said) > _LONGEST:
        return UNPARSED
    try:
        dataset, config, entry = (item.meta[key] for key in ("dataset", "config", "entry"))
    except KeyError as error:
        raise InputError(
            f"item {item.id} of {item.task}: meta: no {error}; the grader gym is for tasks of "
            f"kind reasoning-gym"
        ) from error
    return found(full_marks(dataset, config, entry, said))


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
    child = Child(scorer, limit_seconds=_LIMIT_SECONDS, what="reasoning-gym")
    atexit.register(child.close)
    return child
