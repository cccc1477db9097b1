"""Differences on the same items: published examples, hand sums, and what is undefined."""

import numpy as np
import pytest

from breakeven.statistics.paired import (
    PairedTask,
    exact_mcnemar,
    family_difference,
    paired_difference,
)
from breakeven.statistics.strata import Stratum, mean_of_strata


def outcomes(both: int, only_first: int, only_second: int, neither: int = 0):
    """Two 0/1 vectors with these counts of pairs."""
    first = [1] * both + [1] * only_first + [0] * only_second + [0] * neither
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return np.array(first), np.array(second)


# Bentur et al. (2009): 21 children, airway hyper-responsiveness before and after a transplant,
# the example of Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33:2850.
def test_small_study_agrees_with_the_published_test_and_interval():
    result = paired_difference(*outcomes(both=1, only_first=1, only_second=7, neither=12))
    assert result.difference.value == pytest.approx(6 / 21)
    assert result.p_value == pytest.approx(0.0703, abs=5e-5)
    assert result.difference.low == pytest.approx(0.013, abs=5e-4)
    assert result.difference.high == pytest.approx(0.508, abs=5e-4)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        (0, 1, 1.0),
        (0, 6, 2 / 64),
        (1, 5, 2 * (1 + 6) / 64),
        (3, 3, 1.0),
    ],
)
def test_exact_mcnemar_sums_binomial_tails(only_first, only_second, p_value):
    assert exact_mcnemar(only_first, only_second).p_value == pytest.approx(p_value)
    assert exact_mcnemar(only_second, only_first).p_value == pytest.approx(p_value)


def test_without_discordant_pairs_p_is_absent_and_the_interval_keeps_its_width():
    result = paired_difference(*outcomes(both=50, only_first=0, only_second=0, neither=48))
    assert result.p_value is None
    assert result.p_reason == "no discordant pairs"
    assert result.difference.value == 0.0
    # √2/100 is the adjusted standard error of 98 concordant pairs.
    assert result.difference.high == pytest.approx(1.95996 * np.sqrt(2) / 100, abs=1e-6)


def test_no_items_is_absent_with_a_reason():
    result = paired_difference([], [])
    assert result.difference.value is None
    assert result.difference.reason == "no items"
    assert (result.p_value, result.p_reason) == (None, "no items")
    assert result.first_accuracy is None
    assert result.discordant_share is None


def test_one_cluster_keeps_the_difference_and_drops_the_interval():
    result = paired_difference([0, 1, 0], [1, 1, 0], clusters=["a", "a", "a"])
    assert result.difference.value == pytest.approx(1 / 3)
    assert result.difference.low is None
    assert result.difference.reason == "one cluster"


def test_counts_and_accuracies_are_those_of_the_pairs():
    result = paired_difference(*outcomes(both=4, only_first=1, only_second=3, neither=2))
    assert (result.first_accuracy, result.second_accuracy) == (0.5, 0.7)
    assert (result.only_first_items, result.only_second_items) == (1, 3)
    assert result.discordant_share == 0.4


def test_swapping_the_cells_flips_the_sign_and_keeps_the_p():
    first, second = outcomes(both=60, only_first=10, only_second=25, neither=5)
    there, back = paired_difference(first, second), paired_difference(second, first)
    assert there.difference.value == -back.difference.value
    assert there.difference.low == pytest.approx(-back.difference.high)
    assert there.p_value == back.p_value


def test_pairing_narrows_the_interval_where_items_are_equally_hard_for_both():
    first, second = outcomes(both=200, only_first=5, only_second=15, neither=180)
    paired = paired_difference(first, second)
    shuffled = paired_difference(np.random.default_rng(0).permutation(first), second)
    assert paired.difference.standard_error < shuffled.difference.standard_error / 2


def test_clusters_that_move_together_widen_the_interval_and_raise_the_p():
    first = np.zeros(100)
    second = np.repeat(np.r_[np.ones(8), np.zeros(12)], 5)
    clusters = np.repeat(np.arange(20), 5)
    plain, clustered = paired_difference(first, second), paired_difference(first, second, clusters)
    assert clustered.difference.standard_error > 1.9 * plain.difference.standard_error
    # Eight clusters gained and none lost: 2/2⁸ when signs are flipped whole.
    assert clustered.p_method == "sign flips of clusters"
    assert clustered.p_value == pytest.approx(2 / 2**8)
    assert plain.p_value < 1e-9


def test_family_difference_weights_tasks_equally_whatever_their_size():
    small = PairedTask(*outcomes(both=0, only_first=0, only_second=10, neither=10))
    large = PairedTask(*outcomes(both=0, only_first=100, only_second=0, neither=900))
    result = family_difference([small, large])
    assert result.difference.value == pytest.approx((0.5 - 0.1) / 2)
    assert result.second_accuracy == pytest.approx(0.25)
    assert result.difference.items == 1020


def test_family_error_is_that_of_independent_tasks():
    tasks = [
        PairedTask(*outcomes(both=10, only_first=5, only_second=12, neither=30)),
        PairedTask(*outcomes(both=40, only_first=2, only_second=9, neither=60)),
    ]
    singles = [family_difference([task]).difference.standard_error for task in tasks]
    family = family_difference(tasks)
    assert family.difference.standard_error == pytest.approx(np.hypot(*singles) / 2)


def test_family_of_equal_tasks_has_the_p_of_exact_mcnemar_on_all_pairs():
    halves = [PairedTask(*outcomes(50, 4, 7, 39)), PairedTask(*outcomes(50, 5, 9, 36))]
    family = family_difference(halves)
    assert family.p_method == "sign flips of items"
    assert family.p_value == pytest.approx(exact_mcnemar(9, 16).p_value)


def test_outcomes_that_are_shares_of_samples_have_a_p():
    rng = np.random.default_rng(8)
    first, second = rng.binomial(4, 0.4, size=200) / 4, rng.binomial(4, 0.6, size=200) / 4
    result = paired_difference(first, second)
    assert result.only_first_items is None
    assert result.p_method == "sign flips of items"
    assert result.p_value < 1e-6


def test_one_seed_says_that_seed_variance_is_not_estimated():
    result = paired_difference([0, 1, 1, 0], [1, 1, 1, 0])
    assert result.seeds == 1
    assert result.seed_standard_deviation is None
    assert result.seed_reason == "one seed: variance between seeds is not estimated"


def test_seeds_that_agree_leave_the_items_interval():
    first, second = outcomes(both=20, only_first=5, only_second=15, neither=60)
    once = paired_difference(first, second)
    thrice = paired_difference(np.tile(first, (3, 1)), np.tile(second, (3, 1)))
    assert thrice.seed_standard_deviation == 0.0
    assert thrice.seed_reason == "seeds differ no more than their items explain"
    assert thrice.difference.standard_error == pytest.approx(once.difference.standard_error)
    assert thrice.difference.low == pytest.approx(once.difference.low)


def test_seeds_that_disagree_widen_the_interval_beyond_their_items():
    # Every item gains in one seed and in none of the other: nothing varies between items.
    result = paired_difference(np.zeros((2, 400)), np.vstack([np.ones(400), np.zeros(400)]))
    assert result.difference.value == 0.5
    assert result.seed_standard_deviation == pytest.approx(np.sqrt(0.5))
    assert (result.difference.low, result.difference.high) == (-1.0, 1.0)
    assert result.given_seeds.high < 0.51
    assert result.p_value > 0.4


def test_p_over_seeds_is_where_the_interval_touches_zero():
    rng = np.random.default_rng(2)
    second = (rng.random((3, 300)) < np.array([[0.52], [0.55], [0.58]])).astype(float)
    first = (rng.random((3, 300)) < 0.48).astype(float)
    p_value = paired_difference(first, second).p_value
    assert 0.01 < p_value < 0.5
    at_p = paired_difference(first, second, level=1 - p_value).difference
    assert at_p.low == pytest.approx(0.0, abs=1e-6)


def test_seed_variance_is_found_at_its_true_size():
    rng = np.random.default_rng(9)
    found = []
    for _ in range(200):
        shift = rng.normal(0, 0.1, size=(8, 1))
        values = rng.normal(0.2, 0.5, size=(1, 300)) + rng.normal(0, 0.6, size=(8, 300)) + shift
        found.append(mean_of_strata([Stratum(values)]).seed_standard_deviation ** 2)
    assert np.mean(found) == pytest.approx(0.1**2, rel=0.15)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1, 0], [1], "pair them first"),
        ([1, 2], [1, 0], r"outside 0\.\.1"),
        ([1, float("nan")], [1, 0], r"outside 0\.\.1"),
    ],
)
def test_outcomes_that_do_not_pair_are_refused(first, second, message):
    with pytest.raises(ValueError, match=message):
        paired_difference(first, second)


def test_tasks_with_different_numbers_of_seeds_are_refused():
    one, two = PairedTask([0, 1], [1, 1]), PairedTask([[0, 1], [0, 1]], [[1, 1], [1, 1]])
    with pytest.raises(ValueError, match="different numbers of seeds"):
        family_difference([one, two])


def test_paired_intervals_cover_and_false_positives_stay_below_five_percent():
    rng = np.random.default_rng(21)
    covered = called = 0
    for _ in range(400):
        hardness = rng.random(150)
        first, second = (rng.random((2, 150)) < hardness).astype(float)
        result = paired_difference(first, second)
        covered += result.difference.low <= 0 <= result.difference.high
        called += result.p_value is not None and result.p_value <= 0.05
    assert 0.92 <= covered / 400 <= 0.98
    assert called / 400 <= 0.05
