"""Means over training seeds keep an error where the seeds agree by chance."""

import numpy as np

from breakeven.statistics.strata import Stratum, mean_of_strata


def test_seeds_that_agree_exactly_are_not_taken_to_have_no_spread() -> None:
    rng = np.random.default_rng(0)
    wins = np.r_[np.ones(14), -np.ones(6), np.zeros(40)]
    # Eight of sixty net wins with every seed, on other items each time.
    values = np.array([rng.permutation(wins) for _ in range(3)])
    assert np.ptp(values.mean(axis=1)) == 0
    found = mean_of_strata([Stratum(values)])
    assert found.p_value is not None
    assert found.p_value > 1e-4


def test_few_items_decide_no_more_than_they_may_at_the_level_of_a_report() -> None:
    rng = np.random.default_rng(1)
    small = 0
    for _ in range(3000):
        chance = 1 / (1 + np.exp(-1.5 * rng.normal(size=60)))
        outcomes = (rng.random((2, 3, 60)) < chance).astype(float)
        p_value = mean_of_strata([Stratum(outcomes[1] - outcomes[0])], 0.95, True).p_value
        small += p_value is not None and p_value < 3e-4
    # Before, seven in six thousand.
    assert small <= 2
