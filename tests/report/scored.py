"""Results made of answers that a test writes down: so many right of so many, by cell and task."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, CellCosts, StudyFacts, results_from_items

SIZES: Mapping[str, float | None] = {"small": 1e6, "middle": 4e6, "large": 16e6}
ARMS = {
    "base": ArmFacts("base", None, None),
    "ift": ArmFacts("ift", "general", 0.0),
    "ift-worked": ArmFacts("ift", "general", 0.0),
    "reasoning": ArmFacts("reasoning", "general", 1.0),
    "perturbed": ArmFacts("control", "general", 1.0),
    "shuffled": ArmFacts("control", "shuffled", 1.0),
}
# A student, an arm, a task (its family before the slash) and perhaps a seed: right answers.
Key = tuple[str, str, str] | tuple[str, str, str, int]


def scored(
    right: Mapping[Key, int],
    *,
    items: int | Mapping[str, int] = 200,
    chance: Mapping[str, float] | None = None,
    blind_guess: Mapping[str, float] | None = None,
    clusters: Mapping[str, list[str]] | None = None,
    apart: bool = False,
) -> Results:
    """Results whose cells answer the first items of each task right, and the rest wrong.

    With `apart` each cell begins at an item of its own, so that cells agree on less.
    """
    frames = [
        _frame(key, count, _size(items, key[2]), clusters, 37 * number * apart)
        for number, (key, count) in enumerate(right.items())
    ]
    costs = {
        (key[0], key[1], _seed(key)): CellCosts(
            train_flops=0.0 if key[1] == "base" else 1e3 * (SIZES[key[0]] or 0.0)
        )
        for key in right
    }
    facts = StudyFacts("scored", SIZES, ARMS, costs, chance or {}, blind_guess or {})
    return results_from_items(pd.concat(frames, ignore_index=True), facts)


def _seed(key: Key) -> int:
    return key[3] if len(key) == 4 else 0


def _size(items: int | Mapping[str, int], task: str) -> int:
    return items if isinstance(items, int) else items[task]


def _frame(
    key: Key, right: int, items: int, clusters: Mapping[str, list[str]] | None, start: int
) -> pd.DataFrame:
    student, arm, task = key[:3]
    thinking = 40 if arm == "reasoning" else 0
    flops = 2.0 * (SIZES[student] or 0.0) * (20 + thinking + 2)
    frame = pd.DataFrame(
        {
            "student": student,
            "arm": arm,
            "seed": _seed(key),
            "decoding": "greedy",
            "task": task,
            "family": task.split("/")[0],
            "item": [f"i{number}" for number in range(items)],
            "sample": 0,
            "correct": (np.arange(items) + start) % items < right,
            "truncated": False,
            "parsed": True,
            "prompt_tokens": 20,
            "thinking_tokens": thinking,
            "answer_tokens": 2,
            "inference_flops": flops,
        }
    )
    return frame if clusters is None else frame.assign(cluster=clusters[task])
