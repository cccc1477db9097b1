import numpy as np
import pytest

from breakeven.frontiers.equivalents import equivalent_accuracies, equivalent_size
from breakeven.frontiers.saturation import fit_saturation

EQUIVALENT_SIZES = {
    "general-open": ["1.8", "9.4", "12.7", ">14", ">14"],
    "math-open": ["1.1", "5.6", ">14", ">14", ">14"],
    "general-mc": ["<0.5", "1.5", "4.6", ">14", ">14"],
    "math-mc": ["0.6", "2.6", "10.4", ">14", ">14"],
}


@pytest.mark.parametrize("family", EQUIVALENT_SIZES)
def test_published_general_corpus_gives_the_known_equivalent_sizes(published, family):
    """Derived from the accuracy table of arXiv 2509.22193 by log-size interpolation."""
    ift, reasoning = (published("general", family, style) for style in ("ift", "reasoning"))
    found = [
        equivalent_size(ift.sizes_b, ift.accuracy, accuracy).position.label()
        for accuracy in reasoning.accuracy
    ]
    assert found == EQUIVALENT_SIZES[family]


def test_equivalent_size_is_half_way_in_log_size():
    assert equivalent_size([1, 4], [0.2, 0.6], 0.4).position.value == pytest.approx(2.0)


def test_equivalent_size_of_a_curve_that_dips_is_where_it_is_first_reached():
    found = equivalent_size([1, 2, 4, 8], [0.2, 0.6, 0.3, 0.9], 0.5)
    assert found.position.value == pytest.approx(2**0.75)


def test_interval_without_draws_is_absent_with_a_reason():
    found = equivalent_size([1, 4], [0.2, 0.6], 0.4)
    assert (found.low, found.high, found.draws) == (None, None, 0)
    assert "draws" in found.reason


def test_interval_of_a_known_noise_has_the_width_it_should():
    """IFT is exact; reasoning ±0.1 (two standard errors) is a factor 4^±0.25 in size."""
    rng = np.random.default_rng(0)
    reasoning = 0.4 + rng.normal(0, 0.05, 20_000)
    ift = np.tile([0.0, 0.4, 0.8], (20_000, 1))
    found = equivalent_size(
        [1, 4, 16], [0.0, 0.4, 0.8], 0.4, ift_draws=ift, reasoning_draws=reasoning
    )
    assert found.position.value == pytest.approx(4.0)
    assert found.low.value == pytest.approx(4 * 4 ** (-0.098 / 0.4), rel=0.03)
    assert found.high.value == pytest.approx(4 * 4 ** (0.098 / 0.4), rel=0.03)


def test_interval_can_end_beyond_the_largest_size():
    rng = np.random.default_rng(0)
    reasoning = np.clip(0.79 + rng.normal(0, 0.05, 500), 0, 1)
    ift = np.tile([0.0, 0.4, 0.8], (500, 1))
    found = equivalent_size(
        [1, 4, 16], [0.0, 0.4, 0.8], 0.79, ift_draws=ift, reasoning_draws=reasoning
    )
    assert found.high.label() == ">16"
    assert found.position.side == "within"


def test_draws_of_one_style_only_are_refused():
    with pytest.raises(ValueError, match="only one of the styles"):
        equivalent_size([1, 4], [0.2, 0.6], 0.4, ift_draws=[[0.2, 0.6]])


def test_sizes_out_of_order_are_refused():
    with pytest.raises(ValueError, match="ascending"):
        equivalent_size([4, 1], [0.2, 0.6], 0.4)


def test_equivalent_accuracy_is_interpolated_within_and_fitted_beyond_the_costs():
    costs = np.array([1e9, 1e10, 1e11, 1e12])
    fit = fit_saturation(costs, [0.2, 0.4, 0.5, 0.6], 0.9)
    within, beyond = equivalent_accuracies(fit, [np.sqrt(1e19), 4e12])
    assert (within.method, within.extrapolated) == ("interpolated", False)
    assert within.accuracy == pytest.approx(0.3)
    assert 0.2 <= within.low <= 0.3 <= within.high <= 0.4
    assert (beyond.method, beyond.extrapolated) == ("fitted", True)
    assert beyond.extrapolation_factor == pytest.approx(4.0)
    assert beyond.low <= beyond.accuracy <= beyond.high
    assert beyond.accuracy == pytest.approx(fit.curve.predict([4e12])[0])


def test_equivalent_accuracy_at_a_measured_cost_is_the_measured_one():
    fit = fit_saturation(np.geomspace(1e9, 1e12, 5), [0.2, 0.5, 0.3, 0.9, 0.6], 0.9)
    (at_point,) = equivalent_accuracies(fit, [1e9 * 10**0.75])
    assert at_point.low == at_point.accuracy == at_point.high == pytest.approx(0.5)


def test_without_a_fit_ift_may_lie_anywhere_between_its_neighbours():
    fit = fit_saturation([1e9, 1e11], [0.2, 0.6], 0.9)
    (between,) = equivalent_accuracies(fit, [1e10])
    assert (between.low, between.accuracy, between.high) == (0.2, pytest.approx(0.4), 0.6)


def test_equivalent_accuracy_beyond_too_few_sizes_is_absent_with_a_reason():
    fit = fit_saturation([1e9, 1e10, 1e11], [0.2, 0.4, 0.5], 0.9)
    within, beyond = equivalent_accuracies(fit, [1e10, 1e12])
    assert within.accuracy == pytest.approx(0.4)
    assert (beyond.accuracy, beyond.low, beyond.high, beyond.method) == (None,) * 4
    assert "3 sizes" in beyond.reason
    assert beyond.extrapolated
