"""Gains of several training runs a cell."""

import numpy as np

from breakeven.statistics.estimates import FloatArray
from breakeven.statistics.moderation import pooled
from breakeven.statistics.paired import (
    PairedDifference,
    PairedTask,
    family_difference,
    paired_difference,
)
from breakeven.statistics.promises import StudyOutcome
from breakeven.statistics.simulation import StudyDesign, simulate, true_accuracy
from coverage_studies.designs import CROSSING, LEVEL, PLAIN_TASKS, SEEDS, SIZES_B, UNEVEN
from coverage_studies.judging import called, covers


def seeds_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Gains of three training runs a cell, for runs and items not yet seen."""
    design = StudyDesign(CROSSING, PLAIN_TASKS[:1], **SEEDS)
    outcomes, truth = simulate(design, rng)[0], true_accuracy(design, design.tasks[0])
    return {
        "seeds gain": [
            covers(
                paired_difference(outcomes[0, s], outcomes[1, s]).difference,
                truth[1, s] - truth[0, s],
            )
            for s in range(len(SIZES_B))
        ]
    }


def moderated_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """The same, with the variance of runs moderated by those of the other sizes and style."""
    found: StudyOutcome = {}
    for name, spread in (("moderated", SEEDS), ("uneven", UNEVEN)):
        design = StudyDesign(CROSSING, PLAIN_TASKS[:1], **spread)
        outcomes, truth = simulate(design, rng)[0], true_accuracy(design, design.tasks[0])
        found[f"{name} gain"] = [
            covers(gain.difference, truth[1, s] - truth[0, s])
            for s, gain in enumerate(moderated_gains(outcomes))
        ]
        equal = StudyDesign(LEVEL, PLAIN_TASKS[:1], **spread)
        gains = moderated_gains(simulate(equal, rng)[0])
        found[f"null {name}"] = [called(gain.p_value) for gain in gains]
    return found


def moderated_gains(outcomes: FloatArray) -> list[PairedDifference]:
    """Gains of (styles, sizes, seeds, items), size by size."""
    prior = pooled(outcomes.mean(axis=-1).var(axis=-1, ddof=1).ravel().tolist())
    assert prior is not None
    return [
        family_difference([PairedTask(outcomes[0, s], outcomes[1, s])], prior_variance=2 * prior)
        for s in range(outcomes.shape[1])
    ]
