import numpy as np
import pytest
from scipy.stats import linregress

from breakeven.frontiers.exponents import fit_power_law, fit_power_laws


def test_published_power_laws_are_recovered_from_their_own_points(published):
    """math-open of arXiv 2509.22193: 2.67e13·x^0.77 reasoning, 2.89e12·x^0.87 IFT."""
    curves = {
        ("math-open", style): published("general", "math-open", style)
        for style in ("ift", "reasoning")
    }
    laws = fit_power_laws(
        {key: (curve.sizes_b, curve.inference_flops) for key, curve in curves.items()}
    )
    assert laws["math-open", "reasoning"].coefficient == pytest.approx(2.67e13)
    assert laws["math-open", "reasoning"].exponent == pytest.approx(0.77)
    assert laws["math-open", "ift"].exponent == pytest.approx(0.87)
    assert laws["math-open", "ift"].exponent_error == pytest.approx(0, abs=1e-6)
    assert laws["math-open", "ift"].predict([14.0])[0] == pytest.approx(2.89e12 * 14**0.87)


def test_noisy_law_agrees_with_a_library_and_its_interval_holds_the_truth():
    rng = np.random.default_rng(0)
    sizes = np.array([0.5, 1.5, 3, 7, 14, 32])
    flops = 3e12 * sizes**0.8 * np.exp(rng.normal(0, 0.1, 6))
    law = fit_power_law(sizes, flops)
    expected = linregress(np.log(sizes), np.log(flops))
    assert law.exponent == pytest.approx(expected.slope)
    assert law.exponent_error == pytest.approx(expected.stderr)
    low, high = law.exponent_interval()
    assert low < 0.8 < high


def test_two_points_give_an_exponent_without_an_error():
    law = fit_power_law([1, 10], [1e9, 1e11])
    assert law.exponent == pytest.approx(2.0)
    assert (law.exponent_error, law.exponent_interval()) == (None, None)
    assert "degree of freedom" in law.reason


def test_one_size_gives_no_law():
    assert fit_power_law([3, 3], [1e9, 2e9]) is None


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="use one each"):
        fit_power_law([1, 2], [1e9])
