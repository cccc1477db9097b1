"""Bootstrap draws: their spread, their pairing, their strata, and that they repeat."""

import time

import numpy as np
import pytest

from breakeven.statistics import bootstrap
from breakeven.statistics.bootstrap import (
    bootstrap_family_means,
)


def bootstrap_means(correct, draws, seed, clusters=None):
    return bootstrap_family_means([correct], draws, seed, [clusters])


def test_draws_centre_on_the_accuracy_with_the_binomial_spread():
    correct = np.r_[np.ones(120), np.zeros(280)][None, :]
    draws = bootstrap_means(correct, draws=4000, seed=0)
    assert draws.shape == (4000, 1)
    assert draws.mean() == pytest.approx(0.3, abs=0.002)
    assert draws.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 400), rel=0.05)


def test_counts_of_a_draw_are_multinomial():
    counts = bootstrap.resample_counts(3000, 7, np.random.default_rng(0))
    assert (counts.sum(axis=1) == 7).all()
    assert counts.mean() == 1.0
    assert counts.var(axis=0) == pytest.approx(np.full(7, 6 / 7), rel=0.1)
    assert np.corrcoef(counts[:, 0], counts[:, 1])[0, 1] == pytest.approx(-1 / 6, abs=0.05)


def test_cells_of_a_draw_share_their_items():
    correct = np.random.default_rng(1).random(200) < 0.5
    draws = bootstrap_means(np.stack([correct, correct, ~correct]), draws=100, seed=3)
    assert np.array_equal(draws[:, 0], draws[:, 1])
    assert draws[:, 0] + draws[:, 2] == pytest.approx(np.ones(100))


def test_the_same_seed_gives_the_same_draws_whatever_the_block_size(monkeypatch):
    correct = np.random.default_rng(2).random((3, 50)) < 0.4
    whole = bootstrap_means(correct, draws=64, seed=11)
    monkeypatch.setattr(bootstrap, "BLOCK_WEIGHTS", 50 * 7)
    assert np.array_equal(bootstrap_means(correct, draws=64, seed=11), whole)
    assert not np.array_equal(bootstrap_means(correct, draws=64, seed=12), whole)


def test_whole_clusters_are_drawn():
    # Clusters of 1 and 3 items: a draw takes a, b or both, so its mean is 1, 0 or 1/4.
    draws = bootstrap_means([[1, 0, 0, 0]], draws=500, seed=0, clusters=["a", "b", "b", "b"])
    assert set(np.round(draws[:, 0], 6)) == {0.0, 0.25, 1.0}


def test_clustered_spread_agrees_with_the_clustered_standard_error():
    from breakeven.statistics.intervals import mean_interval

    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(60), 5)
    correct = (rng.random(300) < rng.beta(1, 1, size=60)[clusters]).astype(float)
    draws = bootstrap_means(correct[None, :], draws=4000, seed=1, clusters=clusters)
    error = mean_interval(correct, clusters).standard_error
    assert draws.std() == pytest.approx(error, rel=0.05)


def test_family_draws_weight_tasks_equally_and_resample_within_each():
    tasks = [np.ones((1, 30)), np.zeros((1, 900))]
    draws = bootstrap_family_means(tasks, draws=50, seed=0)
    assert draws == pytest.approx(np.full((50, 1), 0.5))


def test_family_spread_adds_the_tasks_variances():
    rng = np.random.default_rng(6)
    tasks = [(rng.random((1, 100)) < 0.5), (rng.random((1, 400)) < 0.3)]
    draws = bootstrap_family_means(tasks, draws=4000, seed=0)
    expected = np.sqrt(sum(task.var() / task.size for task in tasks)) / 2
    assert draws.std() == pytest.approx(expected, rel=0.05)


def test_a_task_added_at_the_end_leaves_the_others_draws():
    rng = np.random.default_rng(7)
    first, second = rng.random((2, 40)) < 0.5, rng.random((2, 40)) < 0.5
    alone = bootstrap_family_means([first], draws=20, seed=5)
    zeros = bootstrap_family_means([first, np.zeros_like(second)], draws=20, seed=5)
    assert zeros * 2 == pytest.approx(alone)


def test_draws_spread_by_training_runs_as_much_as_by_items():
    # Five sizes of one arm whose runs differ by 4 points, and a base that no run changes.
    rng = np.random.default_rng(5)
    runs = np.concatenate([rng.normal(0.5, 0.04, (5, 3)), np.full((1, 3), 0.3)])
    task = np.repeat(runs[:, :, None], 50, axis=2)
    draws = bootstrap_family_means([task], 8000, 0, arms=[*["ift"] * 5, "base"])
    # χ² with 5 · 2 degrees of freedom, as of Student's t.
    expected = np.sqrt(runs[:5].var(axis=1, ddof=1).mean() / 3 * 10 / 8)
    assert draws[:, :5].std(axis=0) == pytest.approx(np.full(5, expected), rel=0.05)
    assert draws[:, 5].std() < 1e-6
    assert abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < 0.05


def test_two_runs_of_one_cell_leave_its_accuracy_open():
    task = np.repeat(np.array([[[0.45], [0.55]]]), 50, axis=2)
    draws = bootstrap_family_means([task], 8000, 0)
    low, high = np.quantile(draws, [0.025, 0.975])
    assert low < 0.15
    assert high > 0.85


def test_runs_that_differ_no_more_than_their_items_add_little():
    rng = np.random.default_rng(6)
    likely = rng.beta(1, 1, size=2000)
    task = (rng.random((4, 3, 2000)) < likely).astype(float)
    draws = bootstrap_family_means([task], 4000, 0, arms=["ift"] * 4)
    alone = bootstrap_family_means([task.mean(axis=1)], 4000, 0)
    assert draws.std(axis=0) == pytest.approx(alone.std(axis=0), rel=0.2)


def test_shares_of_samples_keep_their_mean_in_single_precision():
    shares = np.full((1, 1000), 0.1)
    draws = bootstrap_means(shares, draws=10, seed=0)
    # A thousand sums in single precision: some kernels come out two units in the last place off.
    assert draws == pytest.approx(np.full((10, 1), 0.1), rel=1e-5)


@pytest.mark.parametrize(
    ("tasks", "clusters", "message"),
    [
        ([], None, "there are none"),
        ([np.zeros((2, 0))], None, "0 items"),
        ([np.zeros((2, 3))], [["a", "a", "a"]], "one cluster"),
        ([np.zeros((2, 3)), np.zeros((3, 3))], None, "differ in cells"),
        ([np.full((1, 3), np.nan)], None, "not finite"),
        ([np.zeros(3)], None, "1 dimensions"),
        ([np.zeros((1, 3))], [None, None], "2 cluster lists"),
    ],
)
def test_what_cannot_be_resampled_is_refused(tasks, clusters, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_family_means(tasks, draws=10, seed=0, clusters=clusters)


def test_ten_cells_of_ten_thousand_items_take_seconds():
    # Measured 0.4 s on one thread (docs/statistics.md); the bound is what a study can wait for.
    correct = np.random.default_rng(0).random((10, 10_000)) < 0.5
    start = time.process_time()
    draws = bootstrap_means(correct, draws=2000, seed=0)
    assert time.process_time() - start < 10
    assert draws.std(axis=0) == pytest.approx(np.full(10, 0.005), rel=0.1)
