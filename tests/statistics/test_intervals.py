"""Intervals of accuracies and means, against published numbers and sums done by hand."""

import numpy as np
import pytest

from breakeven.statistics.estimates import Estimate
from breakeven.statistics.intervals import (
    accuracy_interval,
    mean_interval,
    mean_of_estimates,
    wilson,
)


# Newcombe (1998), Statistics in Medicine 17:857, table I, method 3 (score without continuity).
@pytest.mark.parametrize(
    ("correct", "items", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_agrees_with_published_examples(correct, items, low, high):
    estimate = wilson(correct, items)
    assert estimate.value == correct / items
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_of_zero_successes_starts_at_zero():
    assert {wilson(0, items).low for items in (20, 250)} == {0.0}


def test_wilson_interval_of_all_successes_ends_at_one():
    assert {wilson(items, items).high for items in (20, 250)} == {1.0}


def test_wilson_of_no_items_is_absent_with_a_reason():
    estimate = wilson(0, 0)
    assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
    assert estimate.reason == "no items"


def test_wilson_refuses_more_correct_than_items():
    with pytest.raises(ValueError, match="5 of 4 correct"):
        wilson(5, 4)


def test_plain_mean_has_the_textbook_standard_error():
    estimate = mean_interval([1.0, 2.0, 3.0, 4.0])
    # s² = 5/3, so s/√n = √(5/12); t on 3 degrees of freedom is 3.18245.
    assert estimate.value == 2.5
    assert estimate.standard_error == pytest.approx(np.sqrt(5 / 12))
    assert estimate.high == pytest.approx(2.5 + 3.18245 * np.sqrt(5 / 12), abs=1e-4)


def test_clustered_error_of_two_clusters_that_disagree():
    # Residual sums are +1 and -1: 2/(2-1) · (1 + 1) / 4² = 0.25; t on 1 degree of freedom 12.706.
    estimate = mean_interval([1, 1, 0, 0], clusters=["a", "a", "b", "b"])
    assert estimate.standard_error == pytest.approx(0.5)
    assert estimate.degrees_of_freedom == 1
    assert estimate.clusters == 2
    assert estimate.high == pytest.approx(0.5 + 12.7062 * 0.5, abs=1e-3)


def test_clustered_error_agrees_with_a_regression_on_a_constant():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    clusters = rng.integers(0, 17, size=200)
    values = rng.normal(size=200) + rng.normal(size=17)[clusters]
    fit = sm.OLS(values, np.ones(200)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    estimate = mean_interval(values, clusters)
    assert estimate.standard_error == pytest.approx(fit.bse[0], rel=1e-9)


def test_clusters_of_one_item_change_nothing():
    values = np.random.default_rng(0).normal(size=30)
    plain, clustered = mean_interval(values), mean_interval(values, clusters=range(30))
    assert clustered.standard_error == pytest.approx(plain.standard_error)
    assert clustered.low == pytest.approx(plain.low)


def test_items_copied_within_clusters_add_no_certainty():
    values = np.random.default_rng(1).normal(size=40)
    once = mean_interval(values)
    copied = mean_interval(np.repeat(values, 5), clusters=np.repeat(np.arange(40), 5))
    assert copied.standard_error == pytest.approx(once.standard_error)


@pytest.mark.parametrize(
    ("values", "clusters", "value", "reason"),
    [
        ([], None, None, "no items"),
        ([0.5], None, 0.5, "one item"),
        ([0.2, 0.4], ["a", "a"], 0.3, "one cluster"),
        ([0.5, 0.5, 0.5], None, 0.5, "no variation between items"),
        ([1, 1, 1, 1], ["a", "a", "b", "b"], 1.0, "no variation between items"),
    ],
)
def test_an_interval_that_cannot_be_had_is_absent_with_a_reason(values, clusters, value, reason):
    estimate = mean_interval(values, clusters)
    assert estimate.value == (None if value is None else pytest.approx(value))
    assert (estimate.low, estimate.high, estimate.standard_error) == (None, None, None)
    assert estimate.reason == reason


def test_a_missing_outcome_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        mean_interval([1.0, float("nan")])


def test_clusters_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"clusters has shape \(1,\)"):
        mean_interval([1.0, 0.0], clusters=["a"])


def test_accuracy_of_unrelated_right_and_wrong_items_is_wilson():
    assert accuracy_interval([1, 0, 0, 1]) == wilson(2, 4)


def test_accuracy_of_shares_of_samples_is_by_t_and_stays_in_bounds():
    estimate = accuracy_interval([1.0, 1.0, 0.5])
    assert estimate.method == "t"
    assert estimate.high == 1.0


def test_accuracy_outside_bounds_is_refused():
    with pytest.raises(ValueError, match=r"outside 0\.\.1"):
        accuracy_interval([0.2, 80.0])


def test_family_interval_of_equal_tasks_shrinks_with_their_number():
    task = wilson(30, 100)
    family = mean_of_estimates([task] * 4)
    assert family.value == 0.3
    assert family.items == 400
    # Four equal margins m give √(4m²)/4 = m/2 on each side.
    assert 0.3 - family.low == pytest.approx((0.3 - task.low) / 2)
    assert family.high - 0.3 == pytest.approx((task.high - 0.3) / 2)


def test_family_of_tasks_that_got_nothing_right_stays_at_or_above_zero():
    family = mean_of_estimates([wilson(0, 20), wilson(0, 30)])
    assert (family.value, family.low) == (0.0, 0.0)
    assert family.high > 0


def test_family_with_a_task_without_interval_keeps_the_value_only():
    family = mean_of_estimates([wilson(5, 10), mean_interval([0.2, 0.4], ["a", "a"])])
    assert family.value == pytest.approx(0.4)
    assert family.low is None
    assert family.reason == "1 of 2 tasks without an interval: one cluster"


def test_family_without_tasks_is_absent():
    assert mean_of_estimates([]).reason == "no tasks"


def test_family_refuses_mixed_levels():
    with pytest.raises(ValueError, match="different levels"):
        mean_of_estimates([wilson(1, 2, 0.95), wilson(1, 2, 0.9)])


def _covered(estimate: Estimate, truth: float) -> bool:
    return estimate.low is not None and estimate.low <= truth <= estimate.high


def test_clustered_interval_covers_and_an_unclustered_one_does_not():
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(40), 10)
    clustered = plain = 0
    for _ in range(400):
        share = rng.beta(1.5, 1.5, size=40)[clusters]
        correct = (rng.random(400) < share).astype(float)
        clustered += _covered(accuracy_interval(correct, clusters), 0.5)
        plain += _covered(accuracy_interval(correct), 0.5)
    assert 0.92 <= clustered / 400 <= 0.98
    assert plain / 400 < 0.85
