"""A variance of few seeds, with what other runs tell of it."""

import numpy as np
import pytest

from breakeven.statistics.estimates import student_quantile
from breakeven.statistics.moderation import LEAST_RUNS, Variance, moderated, pooled
from breakeven.statistics.strata import Stratum, margin_over_seeds, mean_of_strata

# A difference of three seeds in 2,000 items that never vary but by seed: 30, 32 and 34 points.
SEEDS = np.array([0.30, 0.32, 0.34])


def _stratum() -> Stratum:
    ranks = np.arange(2000) / 2000
    return Stratum((ranks < SEEDS[:, None]).astype(float))


def test_the_posterior_variance_is_that_of_smyth() -> None:
    # (d0·s0² + d·s²) / (d0 + d) with d0 = 2, s0² = 9, d = 2 and s² = 1.
    assert moderated(Variance(1.0, 2.0), 9.0) == Variance(5.0, 4.0)
    # Of five seeds their own variance weighs twice as much.
    assert moderated(Variance(1.0, 4.0), 9.0) == Variance(pytest.approx(22 / 6), 6.0)


def test_without_other_runs_a_variance_is_its_own() -> None:
    assert moderated(Variance(1.0, 2.0), None) == Variance(1.0, 2.0)


def test_other_runs_count_the_same_in_any_order_and_few_do_not_count() -> None:
    variances = [4.0, 1.0, 0.0, 9.0, 2.0, 2.0]
    assert len(variances) == LEAST_RUNS
    assert pooled(variances) == pooled(variances[::-1]) == pytest.approx(3.0)
    assert pooled(variances[1:]) is None


def test_the_weight_of_other_runs_is_the_least_of_any_spread_of_variances() -> None:
    rng = np.random.default_rng(0)
    d = 2
    for spread in (0.3, 1.0, 2.0):
        true = np.exp(spread * rng.normal(size=400_000))
        own = true * rng.chisquare(d, true.size) / d
        # The best line from a variance's estimate to the truth; its slope is d / (d0 + d).
        slope = np.cov(own, true)[0, 1] / own.var()
        assert d / slope - d > 1.99


def test_other_runs_narrow_an_interval_by_their_degrees_of_freedom() -> None:
    own = mean_of_strata([_stratum()])
    same = mean_of_strata([_stratum()], prior_variance=float(SEEDS.var(ddof=1)))
    assert own.estimate.standard_error == pytest.approx(same.estimate.standard_error)
    # The items of all seeds are shared, and their variance is no part of what the seeds tell.
    for found, freedom in ((own, 2), (same, 4)):
        between = 0.02**2 / 3
        shared = found.estimate.standard_error**2 - between
        margin = margin_over_seeds(0.95, freedom, between, shared)
        assert found.estimate.high == pytest.approx(0.32 + margin)
    assert student_quantile(0.95, 4) < student_quantile(0.95, 2)
    assert same.p_value < own.p_value


def test_interval_and_p_come_from_one_variance() -> None:
    found = mean_of_strata([_stratum()], prior_variance=0.01)
    at_p = mean_of_strata([_stratum()], 1 - found.p_value, prior_variance=0.01)
    assert at_p.estimate.low == pytest.approx(0.0, abs=1e-6)


def test_seeds_that_agree_keep_the_spread_of_a_step_where_other_runs_have_none() -> None:
    rng = np.random.default_rng(0)
    wins = np.r_[np.ones(14), -np.ones(6), np.zeros(40)]
    values = np.array([rng.permutation(wins) for _ in range(3)])
    alone = mean_of_strata([Stratum(values)]).estimate
    beside = mean_of_strata([Stratum(values)], prior_variance=0.0).estimate
    assert beside.standard_error == pytest.approx(alone.standard_error)


def test_one_seed_has_nothing_to_be_moderated() -> None:
    one = Stratum(_stratum().values[:1])
    assert mean_of_strata([one], prior_variance=1.0) == mean_of_strata([one])


@pytest.mark.parametrize("apart", [1.0, 5.0])
def test_intervals_hold_and_tests_err_no_more_than_they_may(apart: float) -> None:
    """Six students and two arms, of which one lies `apart` times as far as the other."""
    rng = np.random.default_rng(1)
    studies, held, wrong = 2000, 0, 0
    for _ in range(studies):
        means = 0.01 * rng.normal(size=(2, 6, 3)) * np.array([1.0, apart])[:, None, None]
        prior = pooled(means.var(axis=2, ddof=1).ravel().tolist())
        assert prior is not None
        gains = means[1] - means[0]
        ratios = []
        for gain in gains:
            own = moderated(Variance(float(gain.var(ddof=1)), 2.0), 2 * prior)
            ratios.append(abs(gain.mean()) / np.sqrt(own.value / 3))
        held += sum(ratio < student_quantile(0.95, 4.0) for ratio in ratios)
        wrong += max(ratios) > student_quantile(1 - 0.05 / 6, 4.0)
    assert 0.93 < held / studies / 6 < 0.985
    assert wrong / studies < 0.05
