"""Grading by a data set's own scorer, which is believed at full marks only.

Several scorers give partial credit to anything, and some raise on what they cannot read.
"""

import functools
import json
from typing import Any

from breakeven.errors import InputError
from breakeven.grading.boxes import last_box
from breakeven.grading.grade import UNPARSED, Grade, found
from breakeven.gym.datasets import open_dataset
from breakeven.tasks.items import Item


def grade_gym(answer: str, item: Item) -> Grade:
    """Grade an answer, or what its last box holds, by the scorer of the item's data set.

    Raises:
        InputError: the item does not carry the entry that its scorer needs.
    """
    said = last_box(answer) or answer.strip()
    if not said:
        return UNPARSED
    try:
        dataset, config, entry = (item.meta[key] for key in ("dataset", "config", "entry"))
    except KeyError as error:
        raise InputError(
            f"item {item.id} of {item.task}: meta: no {error}; the grader gym is for tasks of "
            f"kind reasoning-gym"
        ) from error
    return found(full_marks(dataset, config, entry, said))


def full_marks(dataset: str, config: dict[str, Any], entry: dict[str, Any], answer: str) -> bool:
    """Whether the scorer gives an answer, with or without a full stop at its end, all of 1."""
    scorer = _scorer(dataset, json.dumps(config, sort_keys=True))
    return any(_score(scorer, said, entry) >= 1.0 for said in {answer, answer.removesuffix(".")})


def _score(scorer: Any, answer: str, entry: dict[str, Any]) -> float:  # noqa: ANN401
    """The score; 0 where the scorer raises, which some do on an answer that they cannot read."""
    try:
        return float(scorer.score_answer(answer, entry))
    except Exception:  # whatever it raises says that it could not read this answer
        return 0.0


@functools.lru_cache(maxsize=32)
def _scorer(dataset: str, config: str) -> Any:  # noqa: ANN401
    return open_dataset(f"item of {dataset}", dataset, json.loads(config), seed=0, size=1)
