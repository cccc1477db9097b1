"""The study's saturating fit of accuracy against cost, and how little a few points pin it down.

accuracy(x) = α + β(1 - exp(-γ x^δ)) with α, β, γ > 0, α + β <= the teacher's accuracy and
0 < δ <= 1, at the least mean absolute error (arXiv 2509.22193). Five points hardly identify four
parameters, so the range over all curves that fit about as well is part of every answer.
The limits α = 0 and β = 0 are allowed: they are the edge of the open set that the study names.
"""

from dataclasses import dataclass

import numpy as np

from breakeven.frontiers.checks import Floats, Numbers, as_accuracies, as_costs, as_level
from breakeven.frontiers.lad import best_lines, extremes
from breakeven.frontiers.shapes import (
    CostScale,
    Effort,
    across,
    cost_scale,
    gamma_and_delta,
    least_by_profile,
    profile,
    rise,
)

# As many as the curve has parameters.
LEAST_POINTS = 4
# Curves within 10% of the least error, or within 0.25 points of it, count as fitting as well. The
# floor is a quarter of the standard error of an accuracy over 2,000 items: without it four points
# fit exactly and look certain. 5% would call 14B reasoning ahead on open math, which the points do
# not support (docs/frontiers.md).
RELATIVE_TOLERANCE = 0.10
ABSOLUTE_TOLERANCE = 0.0025

_REFINEMENTS = 4
_POSITIONS = 21
# On the 16 published curves a grid of 160 × 80 shapes finds no better fit than this search.
_SEARCH = Effort(positions=48, deltas=32, rounds=6, starts=4)
_DRAW_SEARCH = Effort(positions=16, deltas=12, rounds=3, starts=2)


@dataclass(frozen=True)
class SaturatingCurve:
    """α + β(1 - exp(-γ (x / largest_cost)^δ)), accuracies as fractions.

    γ belongs to costs divided by `largest_cost`; the study's γ is `gamma / largest_cost**delta`.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    largest_cost: float

    def predict(self, costs: Numbers) -> Floats:
        """Accuracy at `costs` (same unit as those fitted)."""
        scaled = as_costs(costs) / self.largest_cost
        accuracy: Floats = self.alpha + self.beta * -np.expm1(-self.gamma * scaled**self.delta)
        return accuracy


@dataclass(frozen=True)
class SaturationFit:
    """The best curve, its mean absolute error, and the error up to which fits count as good.

    `curve`, `error` and `tolerated_error` are None with a `reason` where no fit is made; the
    points are kept either way, so that they can be drawn.
    """

    costs: tuple[float, ...]
    accuracies: tuple[float, ...]
    ceiling: float
    curve: SaturatingCurve | None
    error: float | None
    tolerated_error: float | None
    reason: str | None


@dataclass(frozen=True)
class Range:
    """Lowest and highest accuracy at each of `costs`."""

    costs: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class LeftOut:
    """Absolute error at each size when the curve is fitted to the others, and their mean.

    Both are None with a `reason` where too few sizes remain. The first and the last size are
    extrapolated to; the others are interpolated.
    """

    errors: tuple[float, ...] | None
    mean_error: float | None
    reason: str | None


def _too_few(points: int) -> str:
    plural = "" if points == 1 else "s"
    return f"{points} size{plural}; the curve has four parameters, so a fit needs {LEAST_POINTS}"


def _checked(costs: Numbers, accuracies: Numbers, ceiling: float) -> tuple[Floats, Floats]:
    cost_array = as_costs(costs)
    if not 0 < ceiling <= 1:
        raise ValueError(f"ceiling: value is {ceiling}; use an accuracy above 0, at most 1")
    return cost_array, as_accuracies(accuracies, len(cost_array))


def _best_curve(
    costs: Floats, targets: Floats, ceiling: float, scale: CostScale
) -> tuple[SaturatingCurve, float]:

    def error(shapes: Floats) -> Floats:
        return best_lines(rise(shapes, costs, scale), targets, ceiling).error

    shape = least_by_profile(error, _SEARCH)
    line = best_lines(rise(shape, costs, scale), targets, ceiling)
    gamma, delta = gamma_and_delta(shape, scale)
    parameters = (line.floor[0], line.gain[0], gamma[0], delta[0], scale.largest)
    return SaturatingCurve(*map(float, parameters)), float(line.error[0])


def fit_saturation(
    costs: Numbers,
    accuracies: Numbers,
    ceiling: float,
    relative_tolerance: float = RELATIVE_TOLERANCE,
    absolute_tolerance: float = ABSOLUTE_TOLERANCE,
) -> SaturationFit:
    """The curve of least mean absolute error; `curve` is None with a reason below four sizes.

    `ceiling` is the teacher's accuracy. A fit counts as good if its mean absolute error is within
    `relative_tolerance` of the best error or within `absolute_tolerance` (a fraction) of it,
    whichever is more: the second keeps an exact fit of few points from looking certain.
    The search has no randomness. Raises ValueError on costs, accuracies or a ceiling outside
    their ranges.
    """
    cost_array, targets = _checked(costs, accuracies, ceiling)
    points = tuple(map(float, cost_array)), tuple(map(float, targets))
    sizes = len(np.unique(cost_array))
    if sizes < LEAST_POINTS:
        return SaturationFit(*points, ceiling, None, None, None, _too_few(sizes))
    curve, error = _best_curve(cost_array, targets, ceiling, cost_scale(cost_array))
    tolerated = error + max(relative_tolerance * error, absolute_tolerance)
    return SaturationFit(*points, ceiling, curve, error, tolerated, None)


def ambiguity_range(fit: SaturationFit, at_costs: Numbers) -> Range:
    """Lowest and highest accuracy at each cost over all curves that fit within tolerance.

    For a grid of δ, then for finer ones around those that gave an extreme, γ runs from end to
    end of where some curve is within tolerance, and each such shape's extremes over α and β are
    exact. Raises ValueError if there is no fit.
    """
    if fit.curve is None or fit.tolerated_error is None:
        raise ValueError(f"fit: no curve ({fit.reason}); draw the points only")
    at_array = as_costs(at_costs)
    best = fit.curve.predict(at_array)
    low, high = best.copy(), best.copy()
    deltas, step = np.linspace(0, 1, _SEARCH.deltas), 1 / (_SEARCH.deltas - 1)
    for _ in range(_REFINEMENTS):
        tried, lows, highs = _extremes_by_delta(fit, deltas, at_array)
        if not len(tried):
            break
        low, high = np.minimum(low, lows.min(axis=0)), np.maximum(high, highs.max(axis=0))
        chosen = tried[np.unique([lows.argmin(axis=0), highs.argmax(axis=0)])]
        near = np.clip(chosen[:, None] + step * np.linspace(-1, 1, 5), 0, 1)
        deltas, step = np.unique(near.round(9)), step / 3
    return _as_range(at_array, low, high)


def _extremes_by_delta(
    fit: SaturationFit, deltas: Floats, at_costs: Floats
) -> tuple[Floats, Floats, Floats]:
    """The δ coordinates with a curve within tolerance, and their (deltas, at_costs) extremes."""
    costs, targets = np.array(fit.costs), np.array(fit.accuracies)
    scale, limit = cost_scale(costs), float(fit.tolerated_error or 0.0)

    def error(shapes: Floats) -> Floats:
        return best_lines(rise(shapes, costs, scale), targets, fit.ceiling).error

    best, errors = profile(error, deltas, _SEARCH)
    best = best[errors <= limit]
    shapes = across(error, best, limit, _POSITIONS).reshape(-1, 2)
    rises = rise(shapes, costs, scale), rise(shapes, at_costs, scale)
    low, high = extremes(*rises, targets, fit.ceiling, limit)
    by_delta = (len(best), _POSITIONS, len(at_costs))
    return best[:, 1], low.reshape(by_delta).min(axis=1), high.reshape(by_delta).max(axis=1)


def _as_range(costs: Floats, low: Floats, high: Floats) -> Range:
    return Range(*(tuple(map(float, part)) for part in (costs, low, high)))


def predict_draws(
    costs: Numbers, accuracy_draws: Numbers, ceiling: float, at_costs: Numbers
) -> Floats:
    """(draws, at_costs): the best fit of every bootstrap draw, at the costs asked about.

    `accuracy_draws` is (draws, points). The search is coarser than that of `fit_saturation`.
    Raises ValueError below four sizes.
    """
    cost_array, at_array = as_costs(costs), as_costs(at_costs, "at_costs")
    draws = as_accuracies(accuracy_draws, len(cost_array), "accuracy_draws", dimensions=2)
    sizes = len(np.unique(cost_array))
    if sizes < LEAST_POINTS:
        raise ValueError(_too_few(sizes))
    scale = cost_scale(cost_array)
    predictions = np.empty((len(draws), len(at_array)))
    for number, targets in enumerate(draws):

        def error(shapes: Floats, targets: Floats = targets) -> Floats:
            return best_lines(rise(shapes, cost_array, scale), targets, ceiling).error

        shape = least_by_profile(error, _DRAW_SEARCH)
        line = best_lines(rise(shape, cost_array, scale), targets, ceiling)
        predictions[number] = line.floor + line.gain * rise(shape, at_array, scale)[0]
    return predictions


def bootstrap_band(
    costs: Numbers,
    accuracy_draws: Numbers,
    ceiling: float,
    at_costs: Numbers,
    level: float = 0.95,
) -> Range:
    """Pointwise percentile band of the curve over draws: sampling error, not fit ambiguity.

    The ends are the order statistics that hold the level on average however few draws there are.
    What the draws hold (items, and training runs where there are several) the band holds.
    Raises ValueError as `predict_draws` does, and on a level outside 0..1.
    """
    tail = (1 - as_level(level)) / 2
    predictions = predict_draws(costs, accuracy_draws, ceiling, at_costs)
    # weibull's ends hold the level in the mean with 100 draws too, where numpy's own are too
    # narrow.
    low, high = np.quantile(predictions, [tail, 1 - tail], axis=0, method="weibull")
    return _as_range(as_costs(at_costs), low, high)


def leave_one_size_out(costs: Numbers, accuracies: Numbers, ceiling: float) -> LeftOut:
    """How far the curve misses each size when it is fitted to the others."""
    cost_array, targets = _checked(costs, accuracies, ceiling)
    if len(cost_array) <= LEAST_POINTS:
        return LeftOut(None, None, f"without one size: {_too_few(max(0, len(cost_array) - 1))}")
    errors = []
    for left_out, cost in enumerate(cost_array):
        fit = fit_saturation(np.delete(cost_array, left_out), np.delete(targets, left_out), ceiling)
        if fit.curve is None:
            return LeftOut(None, None, f"without one size: {fit.reason}")
        errors.append(abs(float(fit.curve.predict([cost])[0] - targets[left_out])))
    return LeftOut(tuple(errors), float(np.mean(errors)), None)


def extrapolation_factor(cost: float, costs: Numbers) -> float:
    """How many times `cost` lies outside the range of `costs`; 1.0 within it."""
    fitted = as_costs(costs)
    return float(max(1.0, cost / fitted.max(), fitted.min() / cost))
