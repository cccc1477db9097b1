import numpy as np
import pytest

from breakeven.frontiers.matched import compare_at_equal_cost, pool, verdict_of
from breakeven.frontiers.saturation import fit_saturation

FAMILIES = ("general-open", "general-mc", "math-open", "math-mc")


def _published_comparison(published, family):
    ift, reasoning = (published("general", family, style) for style in ("ift", "reasoning"))
    fit = fit_saturation(ift.inference_flops, ift.accuracy, ift.teacher)
    return compare_at_equal_cost(fit, reasoning.inference_flops, reasoning.accuracy)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.2, "ahead"),
        (-0.2, -0.01, "behind"),
        (-0.1, 0.1, "undecidable"),
        (0, 0, "undecidable"),
    ],
)
def test_verdict_needs_the_whole_interval_on_one_side(low, high, verdict):
    assert verdict_of(low, high) == verdict


def test_published_14b_math_open_is_undecidable_at_equal_inference_flops(published):
    largest = _published_comparison(published, "math-open")[-1]
    assert largest.verdict == "undecidable"
    assert largest.extrapolated
    assert largest.ift.extrapolation_factor == pytest.approx(7.1, abs=0.05)
    assert largest.low < 0 < largest.high
    assert "no item-level draws" in largest.reason


@pytest.mark.parametrize("family", FAMILIES)
def test_published_ift_is_ahead_below_7b_at_equal_inference_flops(published, family):
    pooled = pool(_published_comparison(published, family)[:3])
    assert (pooled.cells, pooled.verdict) == (3, "behind")


@pytest.mark.parametrize(
    ("family", "verdicts"),
    [
        ("general-mc", ["behind", "behind", "behind"]),
        ("math-mc", ["behind", "behind", "behind"]),
        # 60.5 against 60.4 between the 7B and the 14B point
        ("general-open", ["behind", "undecidable", "behind"]),
        # 55.4 against 58, and at least 55.2, by a fit extrapolated 2.2x
        ("math-open", ["behind", "behind", "undecidable"]),
    ],
)
def test_published_cells_below_7b_one_by_one_leave_two_of_twelve_open(published, family, verdicts):
    below_7b = _published_comparison(published, family)[:3]
    assert [one.verdict for one in below_7b] == verdicts


def test_difference_within_the_costs_is_taken_from_the_interpolated_points():
    fit = fit_saturation([1e9, 1e11], [0.2, 0.6], 0.9)
    near, far = compare_at_equal_cost(fit, [1e10, 1e10], [0.45, 0.65])
    assert near.difference == pytest.approx(0.05)
    assert (near.verdict, near.sampled, near.extrapolated) == ("undecidable", False, False)
    assert (far.verdict, far.low) == ("ahead", pytest.approx(0.05))


def test_sampling_error_can_make_the_same_difference_undecidable():
    rng = np.random.default_rng(0)
    fit = fit_saturation([1e9, 1e10], [0.2, 0.4], 0.9)
    noise = rng.normal(0, 0.04, 4000)
    (bare,) = compare_at_equal_cost(fit, [1e10], [0.45])
    assert bare.verdict == "ahead"
    ift = np.tile([0.2, 0.4], (4000, 1))
    (one,) = compare_at_equal_cost(
        fit, [1e10], [0.45], ift_draws=ift, reasoning_draws=(0.45 + noise)[:, None]
    )
    assert (one.verdict, one.sampled, one.reason) == ("undecidable", True, None)
    assert one.low == pytest.approx(0.05 - 1.96 * 0.04, abs=0.006)
    assert one.high == pytest.approx(0.05 + 1.96 * 0.04, abs=0.006)


def test_noise_that_both_styles_share_cancels():
    rng = np.random.default_rng(0)
    fit = fit_saturation([1e9, 1e10], [0.2, 0.4], 0.9)
    shared = rng.normal(0, 0.04, (1000, 1))
    (one,) = compare_at_equal_cost(
        fit, [1e10], [0.45], ift_draws=np.array([0.2, 0.4]) + shared, reasoning_draws=0.45 + shared
    )
    assert (one.low, one.high) == (pytest.approx(0.05), pytest.approx(0.05))


def test_interval_beyond_the_costs_holds_sampling_and_fit_together():
    rng = np.random.default_rng(0)
    costs, accuracies = np.geomspace(1e9, 1e12, 5), np.array([0.18, 0.24, 0.40, 0.45, 0.54])
    fit = fit_saturation(costs, accuracies, 0.92)
    noise = rng.normal(0, 0.01, (60, 6))
    (bare,) = compare_at_equal_cost(fit, [4e12], [0.7])
    (sampled,) = compare_at_equal_cost(
        fit, [4e12], [0.7], ift_draws=accuracies + noise[:, :5], reasoning_draws=0.7 + noise[:, 5:]
    )
    assert sampled.low < bare.low < bare.high < sampled.high


def test_order_of_the_ift_points_does_not_matter():
    rng = np.random.default_rng(0)
    costs, accuracies = np.array([1e9, 1e10, 1e11]), np.array([0.2, 0.3, 0.6])
    draws = accuracies + rng.normal(0, 0.02, (200, 3))
    results = []
    for order in ([0, 1, 2], [2, 0, 1]):
        fit = fit_saturation(costs[order], accuracies[order], 0.9)
        results.append(
            compare_at_equal_cost(
                fit,
                [2e10],
                [0.5],
                ift_draws=draws[:, order],
                reasoning_draws=np.full((200, 1), 0.5),
            )
        )
    assert results[0] == results[1]


def test_cell_beyond_too_few_sizes_is_undecidable_with_a_reason_and_left_out_of_the_pool():
    fit = fit_saturation([1e9, 1e11], [0.2, 0.6], 0.9)
    comparisons = compare_at_equal_cost(
        fit,
        [1e11, 1e12],
        [0.3, 0.9],
        ift_draws=np.tile([0.2, 0.6], (10, 1)),
        reasoning_draws=np.tile([0.3, 0.9], (10, 1)),
    )
    assert comparisons[1].difference is None
    assert comparisons[1].verdict == "undecidable"
    assert "2 sizes" in comparisons[1].reason
    pooled = pool(comparisons)
    assert (pooled.cells, pooled.absent, pooled.verdict) == (1, 1, "behind")
    assert pooled.difference == pytest.approx(-0.3)
    assert pooled.largest_extrapolation == pytest.approx(10.0)


def test_pool_of_nothing_has_no_difference():
    pooled = pool([])
    assert (pooled.difference, pooled.verdict) == (None, "undecidable")
    assert pooled.reason
