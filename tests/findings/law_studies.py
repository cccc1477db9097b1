"""Studies whose reasoning arms follow a known law of the gain."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items

ARMS = {"ift": ArmFacts("ift", "general", 0.0), "reasoning": ArmFacts("reasoning", "general", 1.0)}
SIZES = {"small": 1e8, "middle": 1e9, "large": 1e10}
# Log-odds at 1B, depth 3 and ten times the tokens; for ten times the size; a step; ten times more.
TRUTH = (0.8, 0.9, -0.3, 0.7)
TASKS = {"chain": 0.4, "sums": 1.3}


def law_study(
    *,
    sizes: Sequence[str] = tuple(SIZES),
    depths: Sequence[int] = (2, 3, 4),
    seeds: int = 2,
    items: int = 60,
    tokens_go_by_depth: bool = False,
    flat_task: bool = False,
    cell_sd: float = 0.0,
) -> Results:
    """A study whose reasoning arms follow TRUTH above IFT arms of their own level.

    Gains of a size, task and depth depart from it by `cell_sd` log-odds.
    """
    frames = []
    departures = np.random.default_rng(5)
    for size in sizes:
        for task, longer in TASKS.items():
            for depth in depths:
                ratio = 10 ** (0.5 * depth) if tokens_go_by_depth else longer * (4 + 2 * depth)
                x = np.array([1, np.log10(SIZES[size] / 1e9), depth - 3, np.log10(ratio) - 1])
                odds = {"ift": -0.8 + 0.5 * x[1], "reasoning": -0.8 + 0.5 * x[1] + TRUTH @ x}
                odds["reasoning"] += departures.normal(scale=cell_sd)
                for arm, level in odds.items():
                    for seed in range(seeds):
                        rng = np.random.default_rng(
                            [seed, depth, len(arm), list(SIZES).index(size), len(task)]
                        )
                        tokens = 4 if arm == "ift" else round(4 * ratio)
                        frames.append(
                            _frame(size, arm, seed, task, depth=depth, items=items).assign(
                                correct=rng.random(items) < expit(level), answer_tokens=tokens
                            )
                        )
                        if flat_task and task == "chain" and depth == depths[0]:
                            flat = _frame(size, arm, seed, "look-up", depth=None, items=items)
                            frames.append(flat.assign(correct=True, answer_tokens=tokens))
    arms = StudyFacts("law", {size: SIZES[size] for size in sizes}, ARMS)
    return results_from_items(pd.concat(frames, ignore_index=True), arms)


def _frame(
    student: str, arm: str, seed: int, task: str, *, depth: int | None, items: int
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "student": student,
            "arm": arm,
            "seed": seed,
            "decoding": "greedy",
            "task": task,
            "family": "math-open" if depth else "general-open",
            "item": [f"{depth}/{n}" for n in range(items)],
            "sample": 0,
            "depth": pd.array([depth] * items, dtype="Int64"),
            "thinking_tokens": 0,
        }
    )
