"""Tests where nothing differs, and where just enough does."""

import numpy as np

from breakeven.statistics.multiple import holm
from breakeven.statistics.paired import PairedTask, family_difference, paired_difference
from breakeven.statistics.power import detectable_difference
from breakeven.statistics.promises import StudyOutcome
from breakeven.statistics.simulation import StudyDesign, passages_of, simulate
from coverage_studies.designs import EQUAL, PASSAGES, PLAIN_TASKS, SEEDS, SIZES_B
from coverage_studies.judging import called


def null_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """Tests where the styles have the same true accuracy at every size."""
    plain = [task[:, :, 0] for task in simulate(StudyDesign(EQUAL, PLAIN_TASKS), rng)]
    passage = simulate(StudyDesign(EQUAL, PASSAGES), rng)[0][:, :, 0]
    seeds = simulate(StudyDesign(EQUAL, PLAIN_TASKS[:1], **SEEDS), rng)[0]
    sizes, passages = range(len(SIZES_B)), passages_of(PASSAGES[0])
    singles = {
        f"{task} {s}": paired_difference(outcomes[0, s], outcomes[1, s]).p_value
        for task, outcomes in enumerate(plain)
        for s in sizes
    }
    families = [
        family_difference([PairedTask(task[0, s], task[1, s]) for task in plain]) for s in sizes
    ]
    grouped = [paired_difference(passage[0, s], passage[1, s], passages) for s in sizes]
    repeated = [paired_difference(seeds[0, s], seeds[1, s]) for s in sizes]
    return {
        "null gain": [called(p_value) for p_value in singles.values()],
        "null passages": [called(result.p_value) for result in grouped],
        "null family": [called(result.p_value) for result in families],
        "null seeds": [called(result.p_value) for result in repeated],
        "null holm": [any(row.significant for row in holm(singles).values())],
    }


def power_study(rng: np.random.Generator, draws: int) -> StudyOutcome:
    """A true difference of just the size that 400 items with 20% discordant pairs can show."""
    items, share = 400, 0.2
    difference = detectable_difference(items, share).value
    assert difference is not None
    shares = [(share + difference) / 2, (share - difference) / 2]
    kind = rng.choice(3, size=items, p=[*shares, 1 - share])
    result = paired_difference((kind == 1).astype(float), (kind == 0).astype(float))
    return {"power": [called(result.p_value)]}
