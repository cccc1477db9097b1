"""What a reasoning cell is worth in IFT: the IFT size, and the IFT accuracy at its FLOPs."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from breakeven.frontiers.checks import (
    Floats,
    Numbers,
    as_accuracies,
    as_costs,
    as_level,
    ascending,
    draws_of_both,
)
from breakeven.frontiers.interpolation import log_weights, within
from breakeven.frontiers.positions import Position, as_position, first_reach, position_interval
from breakeven.frontiers.saturation import (
    SaturationFit,
    ambiguity_range,
    extrapolation_factor,
)

EquivalentMethod = Literal["interpolated", "fitted"]

# At a measured cost the neighbour's weight is rounding, and it is no neighbour.
_NO_WEIGHT = 1e-9


class _Fitted(NamedTuple):
    """What the fitted curve says at one cost: its best, and the range over good fits."""

    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class EquivalentSize:
    """The IFT size with a reasoning cell's accuracy, and its interval where there are draws.

    `low` and `high` may lie beyond the measured sizes; they are None with a `reason` where there
    are no item-level draws.
    """

    position: Position
    low: Position | None
    high: Position | None
    level: float
    draws: int
    reason: str | None

    @property
    def is_informative(self) -> bool:
        """Whether the interval leaves out a part of the measured sizes.

        One from below the smallest to above the largest tells nothing; none tells no more.
        """
        if self.low is None or self.high is None:
            return False
        return not (self.low.side == "below" and self.high.side == "above")


@dataclass(frozen=True)
class EquivalentAccuracy:
    """The accuracy that IFT reaches at a cost, with the range over equally good fits.

    Within the measured costs it is interpolated; beyond them it is `extrapolated` by the fit.
    All three accuracies are None with a `reason` where there is nothing to extrapolate with.
    """

    cost: float
    accuracy: float | None
    low: float | None
    high: float | None
    method: EquivalentMethod | None
    extrapolation_factor: float
    reason: str | None

    @property
    def extrapolated(self) -> bool:
        """Whether the cost lies outside the measured ones."""
        return self.method != "interpolated"


def equivalent_size_draws(sizes: Numbers, ift_draws: Numbers, target_draws: Numbers) -> Floats:
    """(draws,) natural log of the equivalent size; infinite beyond the measured sizes.

    `ift_draws` is (draws, sizes), `target_draws` (draws,), both from the same resampled items.
    """
    axis = ascending(as_costs(sizes, "sizes"), "sizes")
    ift = as_accuracies(ift_draws, len(axis), "ift_draws", dimensions=2)
    targets = as_accuracies(target_draws, len(ift), "target_draws")
    return first_reach(np.log(axis), ift - targets[:, None])


def equivalent_size(
    sizes: Numbers,
    ift: Numbers,
    reasoning: float,
    *,
    ift_draws: Numbers | None = None,
    reasoning_draws: Numbers | None = None,
    level: float = 0.95,
) -> EquivalentSize:
    """The smallest size at which IFT, interpolated in log size, reaches accuracy `reasoning`.

    `sizes` ascend; `ift` holds the accuracy at each. The interval comes from paired bootstrap
    draws, (draws, sizes) and (draws,). Raises ValueError on shapes or values out of range, or if
    only one of the two kinds of draws is given.
    """
    axis = ascending(as_costs(sizes, "sizes"), "sizes")
    as_level(level)
    accuracies = as_accuracies(ift, len(axis), "ift")
    place = equivalent_size_draws(axis, accuracies[None, :], [reasoning])
    position = as_position(float(place[0]), axis)
    drawn = draws_of_both(ift_draws, reasoning_draws)
    if drawn is None:
        return EquivalentSize(position, None, None, level, 0, "no item-level draws")
    places = equivalent_size_draws(axis, *drawn)
    low, high = position_interval(places, axis, level)
    return EquivalentSize(position, low, high, level, len(places), None)


def equivalent_accuracies(
    ift_fit: SaturationFit, at_costs: Numbers
) -> tuple[EquivalentAccuracy, ...]:
    """The accuracy that IFT reaches at each cost, from its points and its fit.

    Within the measured IFT costs the points are interpolated linearly in log cost, and the range
    holds that value and the fits within tolerance, as far as they lie between the accuracies of
    the two neighbouring points (all between them where there is no fit). Beyond those costs the
    fitted curve is used, with the range over all fits within tolerance.
    Raises ValueError if two IFT points have the same cost.
    """
    cost_array = as_costs(at_costs)
    if ift_fit.curve is None:
        fitted: tuple[_Fitted | None, ...] = (None,) * len(cost_array)
    else:
        spread = ambiguity_range(ift_fit, cost_array)
        best = ift_fit.curve.predict(cost_array)
        fitted = tuple(
            _Fitted(float(value), min(low, float(value)), max(high, float(value)))
            for value, low, high in zip(best, spread.low, spread.high, strict=True)
        )
    return tuple(
        _interpolated(ift_fit, cost, one) or _extrapolated(ift_fit, cost, one)
        for cost, one in zip(map(float, cost_array), fitted, strict=True)
    )


def _interpolated(
    fit: SaturationFit, cost: float, fitted: _Fitted | None
) -> EquivalentAccuracy | None:
    order = np.argsort(fit.costs)
    costs, accuracies = ascending(np.array(fit.costs)[order]), np.array(fit.accuracies)[order]
    if not within(costs, cost):
        return None
    weights = log_weights(costs, np.array([cost]))[0]
    value = float(weights @ accuracies)
    neighbours = accuracies[weights > _NO_WEIGHT]
    floor, top = float(neighbours.min()), float(neighbours.max())
    low, high = (floor, top) if fitted is None else (fitted.low, fitted.high)
    # Between two points, the line and the curve are both readings of IFT: the range holds both.
    # Read as a line alone, a lead of 0.1 points had been called one (docs/decisions.md).
    low, high = min(value, max(low, floor)), max(value, min(high, top))
    return EquivalentAccuracy(cost, value, low, high, "interpolated", 1.0, None)


def _extrapolated(fit: SaturationFit, cost: float, fitted: _Fitted | None) -> EquivalentAccuracy:
    factor = extrapolation_factor(cost, fit.costs)
    if fitted is None:
        reason = f"{factor:.2g}x outside the IFT costs, and no fit: {fit.reason}"
        return EquivalentAccuracy(cost, None, None, None, None, factor, reason)
    return EquivalentAccuracy(cost, *fitted, "fitted", factor, None)
