import numpy as np
import pytest
from scipy.optimize import linprog

from breakeven.frontiers.lad import best_lines, extremes


def _error_rows(shape, targets):
    """|y - floor - gain·u| <= residual as rows over (floor, gain, residuals)."""
    points = len(targets)
    design = np.column_stack([np.ones(points), shape])
    rows = np.vstack([np.hstack([sign * design, -np.eye(points)]) for sign in (1, -1)])
    return rows, np.concatenate([targets, -targets])


def _least_error(shape, targets, ceiling):
    rows, bounds = _error_rows(shape, targets)
    cap = np.concatenate([[1, 1], np.zeros(len(targets))])
    objective = np.concatenate([[0, 0], np.full(len(targets), 1 / len(targets))])
    found = linprog(objective, np.vstack([rows, cap]), np.append(bounds, ceiling))
    return found.fun


def _extreme(shape, at, targets, limits, sign):
    ceiling, max_error = limits
    rows, bounds = _error_rows(shape, targets)
    points = len(targets)
    cap = np.concatenate([[1, 1], np.zeros(points)])
    total = np.concatenate([[0, 0], np.full(points, 1 / points)])
    objective = sign * np.concatenate([[1, at], np.zeros(points)])
    found = linprog(
        objective, np.vstack([rows, cap, total]), np.concatenate([bounds, [ceiling, max_error]])
    )
    return sign * found.fun if found.success else None


def _case(seed):
    rng = np.random.default_rng(seed)
    shape = np.sort(rng.uniform(0, 1, 5))
    return shape, rng.uniform(0, 0.9, 5), rng.uniform(0.4, 1.0), rng


@pytest.mark.parametrize("seed", range(25))
def test_best_line_has_the_error_that_a_linear_program_finds(seed):
    shape, targets, ceiling, _ = _case(seed)
    best = best_lines(shape[None], targets, ceiling)
    assert best.error[0] == pytest.approx(_least_error(shape, targets, ceiling), abs=1e-9)
    assert best.floor[0] >= 0
    assert best.gain[0] >= 0
    assert best.floor[0] + best.gain[0] <= ceiling + 1e-9
    fitted = best.floor[0] + best.gain[0] * shape
    assert np.mean(np.abs(fitted - targets)) == pytest.approx(best.error[0], abs=1e-8)


@pytest.mark.parametrize("seed", range(25))
def test_extremes_are_those_that_a_linear_program_finds(seed):
    shape, targets, ceiling, rng = _case(seed)
    at = rng.uniform(0, 1)
    max_error = 1.3 * _least_error(shape, targets, ceiling)
    low, high = extremes(shape[None], np.array([[at]]), targets, ceiling, max_error)
    for found, sign in ((low[0, 0], 1), (high[0, 0], -1)):
        expected = _extreme(shape, at, targets, (ceiling, max_error), sign)
        assert found == pytest.approx(expected, abs=1e-7)


def test_a_shape_that_no_line_fits_within_the_error_has_no_extremes():
    low, high = extremes(
        np.array([[0.1, 0.2, 0.3]]), np.array([[0.5]]), np.array([0.9, 0.1, 0.9]), 1.0, 0.01
    )
    assert (low[0, 0], high[0, 0]) == (np.inf, -np.inf)


def test_flat_shape_is_fitted_by_the_median():
    best = best_lines(np.full((1, 3), 1.0), np.array([0.2, 0.3, 0.7]), 1.0)
    assert best.floor[0] + best.gain[0] == pytest.approx(0.3)
    assert best.error[0] == pytest.approx(0.5 / 3)
