"""Power of paired comparisons, correction for many, and accuracy beyond chance."""

import math

import numpy as np
import pytest

from breakeven.statistics import signflip
from breakeven.statistics.chance import chance_corrected
from breakeven.statistics.intervals import wilson
from breakeven.statistics.multiple import holm
from breakeven.statistics.paired import PairedTask, family_difference, paired_difference
from breakeven.statistics.power import (
    McNemarDesign,
    detectable_difference,
    detectable_from_error,
    detectable_in,
)
from breakeven.statistics.signflip import sign_flip_p


def test_power_agrees_with_the_published_example():
    # G*Power 3.1 manual, McNemar: 50 pairs, 40% discordant, odds ratio 0.25 (shares 0.32 and
    # 0.08), one-sided 5%: power 0.839343. Two-sided 10% adds the negligible wrong side.
    assert McNemarDesign(50, 0.4, 0.10).power(0.24) == pytest.approx(0.839343, abs=5e-5)


def test_power_of_six_certain_discordant_pairs_is_a_sum_by_hand():
    # Six discordant pairs reject only at 6:0 (p = 2/64); one side has share 0.75.
    assert McNemarDesign(6, 1.0, 0.05).power(0.5) == pytest.approx(0.75**6 + 0.25**6)


def test_power_agrees_with_simulated_tests():
    rng = np.random.default_rng(0)
    counts = rng.multinomial(120, [0.2, 0.08, 0.72], size=1500)
    from breakeven.statistics.paired import exact_mcnemar

    found = [(exact_mcnemar(int(b), int(c)).p_value or 1) <= 0.05 for b, c, _ in counts]
    assert np.mean(found) == pytest.approx(McNemarDesign(120, 0.28, 0.05).power(0.12), abs=0.035)


def test_power_without_a_difference_stays_below_alpha():
    for items in (10, 50, 400):
        assert McNemarDesign(items, 0.3, 0.05).power(0.0) <= 0.05


def test_detectable_difference_has_the_power_asked_for():
    found = detectable_difference(400, 0.2)
    assert McNemarDesign(400, 0.2, 0.05).power(found.value) == pytest.approx(0.8, abs=1e-4)


def test_detectable_difference_shrinks_with_items_and_agreement():
    base = detectable_difference(400, 0.2).value
    assert detectable_difference(1600, 0.2).value == pytest.approx(base / 2, rel=0.1)
    assert detectable_difference(400, 0.05).value < base


@pytest.mark.parametrize(
    ("items", "share", "reason"),
    [
        (0, 0.2, "no items"),
        (100, 0.0, "no discordant pairs"),
        (20, 0.2, "20 items with 20.0% discordant pairs are too few for any difference"),
    ],
)
def test_a_task_that_can_show_nothing_says_why(items, share, reason):
    assert detectable_difference(items, share)[::4] == (None, reason)


def test_detectable_from_error_is_two_point_eight_errors():
    assert detectable_from_error(0.01).value == pytest.approx(0.01 * (1.95996 + 0.84162), abs=1e-6)
    assert detectable_from_error(0.01, degrees_of_freedom=5).value > 0.034


def test_no_difference_above_one_is_said_to_be_detectable():
    assert detectable_from_error(0.3).value == pytest.approx(0.84, abs=0.01)
    found = detectable_from_error(0.3, degrees_of_freedom=2, alpha=0.001)
    assert found.value is None
    assert "too large for any difference" in found.reason


def test_detectable_in_a_comparison_follows_the_test_it_used():
    first = np.r_[np.ones(120), np.zeros(280)]
    second = np.r_[np.ones(100), np.zeros(20), np.ones(60), np.zeros(220)]
    one = paired_difference(first, second)
    assert detectable_in(one) == detectable_difference(400, 0.2)
    family = family_difference([PairedTask(first, second)] * 2)
    assert detectable_in(family).value == pytest.approx(
        2.80158 * family.difference.standard_error, abs=1e-6
    )
    empty = detectable_in(paired_difference([], []))
    assert (empty.value, empty.reason) == (None, "no items")


def test_holm_agrees_with_a_worked_example():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, made monotone: 0.02, 0.03, 0.06, 0.06.
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    corrected = {name: round(row.adjusted_p_value, 9) for name, row in adjusted.items()}
    assert corrected == {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02}
    assert [name for name, row in adjusted.items() if row.significant] == ["a", "d"]


def test_holm_agrees_with_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(0).random(25) ** 3
    p_values[3] = p_values[7]
    adjusted = holm({str(row): float(p) for row, p in enumerate(p_values)})
    rejected, corrected, _, _ = multipletests(p_values, alpha=0.05, method="holm")
    assert [row.adjusted_p_value for row in adjusted.values()] == pytest.approx(corrected)
    assert [row.significant for row in adjusted.values()] == list(rejected)
    assert any(rejected)


def test_holm_counts_a_comparison_without_a_p_in_its_family():
    adjusted = holm({"a": 0.02, "b": None, "c": None})
    assert adjusted["a"].adjusted_p_value == pytest.approx(0.06)
    assert adjusted["b"].adjusted_p_value is None
    assert not adjusted["b"].significant
    assert adjusted["b"].reason == "no p value for this comparison"


def test_holm_of_no_comparisons_is_empty():
    assert holm({}) == {}


def test_holm_refuses_what_is_not_a_probability():
    with pytest.raises(ValueError, match=r"a: p is 1\.2"):
        holm({"a": 1.2})


@pytest.mark.parametrize(
    ("accuracy", "chance", "corrected"), [(0.25, 0.25, 0.0), (1.0, 0.25, 1.0), (0.4, 0.2, 0.25)]
)
def test_chance_correction_puts_guessing_at_zero_and_perfection_at_one(accuracy, chance, corrected):
    estimate = chance_corrected(wilson(round(accuracy * 100), 100), chance)
    assert estimate.value == pytest.approx(corrected)


def test_chance_correction_carries_interval_and_error():
    raw = wilson(40, 100)
    corrected = chance_corrected(raw, 0.2)
    assert corrected.low == pytest.approx((raw.low - 0.2) / 0.8)
    assert corrected.high == pytest.approx((raw.high - 0.2) / 0.8)
    assert corrected.standard_error == pytest.approx(raw.standard_error / 0.8)


def test_worse_than_chance_is_negative():
    assert chance_corrected(wilson(10, 100), 0.5).value == pytest.approx(-0.8)


def test_an_open_question_has_no_chance_corrected_accuracy():
    estimate = chance_corrected(wilson(40, 100), None)
    assert (estimate.value, estimate.reason) == (None, "no chance level: not multiple choice")


def test_chance_of_an_absent_accuracy_is_absent():
    assert chance_corrected(wilson(0, 0), 0.25).reason == "no items"


def test_chance_of_one_is_refused():
    with pytest.raises(ValueError, match="chance is 1"):
        chance_corrected(wilson(1, 2), 1)


def test_sign_flips_of_equal_units_are_the_binomial_test():
    contributions = np.r_[np.ones(14), -np.ones(6), np.zeros(80)]
    exact = 2 * sum(math.comb(20, k) for k in range(7)) / 2**20
    assert sign_flip_p(contributions / 300) == pytest.approx(exact)


def test_sign_flips_of_three_sizes_are_counted_by_hand():
    # The sums of ±1 ±2 ±4 are ±1, ±3, ±5, ±7: six are as far as 3, four as far as 5.
    assert sign_flip_p(np.array([1.0, -2.0, 4.0])) == pytest.approx(6 / 8)
    assert sign_flip_p(np.array([-1.0, 2.0, 4.0])) == pytest.approx(4 / 8)


def test_random_sign_flips_agree_with_all_of_them(monkeypatch):
    contributions = np.r_[np.full(14, 1.0), np.full(6, -1.0), np.full(9, 0.4), np.full(3, -0.4)]
    exact = sign_flip_p(contributions)
    monkeypatch.setattr(signflip, "EXACT_OUTCOMES", 0)
    assert sign_flip_p(contributions, draws=40_000) == pytest.approx(exact, abs=0.01)


def test_random_sign_flips_are_never_more_certain_than_their_draws():
    shares = np.r_[np.random.default_rng(0).random(60), -np.random.default_rng(1).random(30)]
    assert sign_flip_p(shares, draws=99) >= 1 / 100


def test_a_large_difference_is_bounded_below_what_the_draws_resolve(monkeypatch):
    # 30 units with one sign: two patterns of 2^30 are as far; Hoeffding's bound is 2·exp(-15).
    contributions = np.r_[np.ones(30)]
    exact = sign_flip_p(contributions)
    monkeypatch.setattr(signflip, "EXACT_OUTCOMES", 0)
    bound = sign_flip_p(contributions)
    assert (exact, bound) == (pytest.approx(2 / 2**30), pytest.approx(2 * math.exp(-15)))


def test_random_sign_flips_repeat_with_their_seed():
    shares = np.random.default_rng(0).normal(0.1, 1, size=60)
    assert sign_flip_p(shares, seed=4) == sign_flip_p(shares, seed=4)
    assert sign_flip_p(shares, seed=4) != sign_flip_p(shares, seed=5)


def test_sign_flips_without_a_difference_anywhere_are_absent():
    assert sign_flip_p(np.zeros(10)) is None
