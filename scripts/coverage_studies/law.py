"""The law of the gain, asked of a size that it has not seen."""

import numpy as np

from breakeven.frontiers.gain_law import GroupedAnswers, fit_gain_law
from breakeven.statistics.promises import StudyOutcome

# Gains of whole sizes lie so far from the law, in log-odds; one study in ten has one.
LAW_SIZE_SDS, LAW_SHARE, LAW_DRAWS = (0.0, 0.35, 0.7), 0.1, 60
LAW_TERMS, LAW_POINT = np.array([1.0, 2.0, -0.3, 1.5]), np.array([1.0, -0.2, 0.5, 0.1])
LAW_SIZES, LAW_TASKS, LAW_DEPTHS, LAW_ITEMS, LAW_SEEDS = (-0.3, 0.03, 0.27), 3, (-1, 0, 1), 80, 3


def law_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """The gain of a cell of a new size, by the law of three sizes whose own gains scatter."""
    if rng.random() > LAW_SHARE:
        return {}
    found: StudyOutcome = {}
    for size_sd in LAW_SIZE_SDS:
        law = fit_gain_law(law_answers(rng, size_sd), LAW_DRAWS, int(rng.integers(2**31)))
        gain, true = law.predicted(LAW_POINT), LAW_POINT @ LAW_TERMS + rng.normal(scale=size_sd)
        found[f"law {size_sd}"] = [gain.low <= true <= gain.high]
    return found


def law_answers(rng: np.random.Generator, size_sd: float) -> GroupedAnswers:
    """Three seeds of every size, task and depth; runs of a size differ by 0.3 log-odds."""
    right, covariates = [], []
    for size in LAW_SIZES:
        of_size, runs = rng.normal(scale=size_sd), rng.normal(scale=0.3, size=LAW_SEEDS)
        for depth in LAW_DEPTHS * LAW_TASKS:
            terms = np.array([size, depth, rng.normal(scale=0.15)])
            gain = of_size + LAW_TERMS @ np.r_[1.0, terms]
            level = rng.normal(-1.0, 0.5) + rng.normal(scale=0.5, size=(LAW_ITEMS, 1))
            odds = np.stack([np.broadcast_to(level, (LAW_ITEMS, LAW_SEEDS)), level + gain + runs])
            right.append(rng.random(odds.shape) < 1 / (1 + np.exp(-odds)))
            covariates.append(terms)
    cells, contents = len(covariates), len(LAW_DEPTHS) * LAW_TASKS * LAW_ITEMS
    return GroupedAnswers(
        np.moveaxis(np.concatenate(right, axis=1), 0, -1).astype(np.float64),
        np.repeat(np.arange(cells), LAW_ITEMS),
        np.tile(np.arange(contents), len(LAW_SIZES)),
        np.array(covariates),
    )
