"""Simulated studies with a known truth, as `Results` with item rows."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from breakeven.results.cell_results import FAMILIES, Results
from breakeven.results.from_items import ArmFacts, CellCosts, StudyFacts, results_from_items

SIZES_B = (0.5, 1.5, 3.0, 7.0, 14.0)
Truth = Callable[[str, float, str], float]


def simulate(
    truth: Truth,
    *,
    seed: int = 0,
    items: int = 200,
    tasks: int = 2,
    families: tuple[str, ...] = FAMILIES,
    arms: Mapping[str, ArmFacts] | None = None,
    length: Callable[[str, bool], float] | None = None,
) -> Results:
    """A study of five sizes whose cells answer with probability `truth(arm, size_b, family)`.

    All cells share the difficulty of an item, so outcomes correlate within it. Reasoning costs
    ten times as much a query as IFT and five times as much to train; `length(arm, correct)` gives
    mean answer tokens.
    """
    rng = np.random.default_rng(seed)
    arms = arms or {
        "ift": ArmFacts("ift", "general", 0.0),
        "reasoning": ArmFacts("reasoning", "general", 1.0),
    }
    frames = []
    for family in families:
        for task in range(tasks):
            difficulty = rng.normal(0, 1, items)
            for size_b in SIZES_B:
                for arm in arms:
                    chance = truth(arm, size_b, family)
                    correct = _outcomes(rng, difficulty, chance)
                    factor = {"ift": 1.0}.get(arm, 10.0)
                    frame = pd.DataFrame(
                        {
                            "student": f"s{size_b:g}b",
                            "arm": arm,
                            "seed": 0,
                            "decoding": "greedy",
                            "task": f"{family}-{task}",
                            "family": family,
                            "item": [f"{number}" for number in range(items)],
                            "sample": 0,
                            "correct": correct,
                            "inference_flops": size_b * 1e11 * factor,
                        }
                    )
                    if length is not None:
                        means = np.array([length(arm, bool(right)) for right in correct])
                        frame["thinking_tokens"] = rng.poisson(means)
                        frame["answer_tokens"] = 1
                    frames.append(frame)
    costs = {
        (f"s{size_b:g}b", arm, 0): CellCosts(train_flops=size_b * 1e18 * (1 if arm == "ift" else 5))
        for size_b in SIZES_B
        for arm in arms
    }
    facts = StudyFacts(
        study="simulated",
        sizes={f"s{size_b:g}b": size_b * 1e9 for size_b in SIZES_B},
        arms=arms,
        costs=costs,
    )
    return results_from_items(pd.concat(frames, ignore_index=True), facts)


def _outcomes(rng: np.random.Generator, difficulty: np.ndarray, chance: float) -> np.ndarray:
    """0/1 outcomes with mean `chance`, correlated over cells through the items' difficulty."""
    from scipy.special import ndtr, ndtri

    shift = ndtri(chance) * np.sqrt(2)
    return (rng.random(len(difficulty)) < ndtr(shift + difficulty)).astype(float)


@pytest.fixture
def study() -> Callable[..., Results]:
    return simulate
