"""The size or cost from which reasoning overtakes IFT."""

from dataclasses import dataclass

import numpy as np

from breakeven.frontiers.checks import (
    Floats,
    Numbers,
    as_accuracies,
    as_costs,
    as_level,
    ascending,
)
from breakeven.frontiers.interpolation import log_weights
from breakeven.frontiers.positions import (
    Position,
    as_position,
    last_rise,
    position_interval,
)


@dataclass(frozen=True)
class Crossing:
    """Where reasoning overtakes IFT and stays ahead up to the end of the measured range.

    `position` lies `below` the range if reasoning is ahead throughout, `above` it if reasoning is
    not ahead at its end; a `reason` then says so. It is None, with a reason, where the two styles
    share no range. `share_within` is the share of draws that cross within the range. Interval and
    share are None without item-level draws.
    """

    position: Position | None
    low: Position | None
    high: Position | None
    share_within: float | None
    level: float
    draws: int
    reason: str | None


def _reason(position: Position, what: str) -> str | None:
    if position.side == "below":
        return f"reasoning is ahead over the whole range of {what}s"
    if position.side == "above":
        return f"reasoning is not ahead at the largest {what}"
    return None


def _crossing(axis: Floats, gap: Floats, gaps: Floats | None, level: float, what: str) -> Crossing:
    """`gap` (points,) is reasoning minus IFT on an ascending axis; `gaps` its (draws, points)."""
    log_axis = np.log(axis)
    position = as_position(float(last_rise(log_axis, gap[None, :])[0]), axis)
    reason = _reason(position, what)
    if gaps is None:
        return Crossing(position, None, None, None, as_level(level), 0, reason)
    places = last_rise(log_axis, gaps)
    low, high = position_interval(places, axis, level)
    share = float(np.mean(np.isfinite(places)))
    return Crossing(position, low, high, share, level, len(places), reason)


def _paired_draws(
    ift_draws: Numbers | None, reasoning_draws: Numbers | None, cells: tuple[int, int]
) -> tuple[Floats, Floats] | None:
    if ift_draws is None and reasoning_draws is None:
        return None
    if ift_draws is None or reasoning_draws is None:
        raise ValueError("draws: only one of the styles has them; give both or neither")
    ift = as_accuracies(ift_draws, cells[0], "ift_draws", dimensions=2)
    reasoning = as_accuracies(reasoning_draws, cells[1], "reasoning_draws", dimensions=2)
    if len(ift) != len(reasoning):
        raise ValueError(f"draws: {len(ift)} of IFT, {len(reasoning)} of reasoning; use as many")
    return ift, reasoning


def crossing_size(
    sizes: Numbers,
    ift: Numbers,
    reasoning: Numbers,
    *,
    ift_draws: Numbers | None = None,
    reasoning_draws: Numbers | None = None,
    level: float = 0.95,
) -> Crossing:
    """The size from which reasoning is ahead, the difference interpolated in log size.

    `sizes` ascend; draws are (draws, sizes) of each style from the same resampled items.
    Raises ValueError on shapes or values out of range, or if only one kind of draws is given.
    """
    axis = ascending(as_costs(sizes, "sizes"), "sizes")
    points = len(axis)
    gap = as_accuracies(reasoning, points, "reasoning") - as_accuracies(ift, points, "ift")
    drawn = _paired_draws(ift_draws, reasoning_draws, (points, points))
    return _crossing(axis, gap, None if drawn is None else drawn[1] - drawn[0], level, "size")


def crossing_cost(
    ift_costs: Numbers,
    ift: Numbers,
    reasoning_costs: Numbers,
    reasoning: Numbers,
    *,
    ift_draws: Numbers | None = None,
    reasoning_draws: Numbers | None = None,
    level: float = 0.95,
) -> Crossing:
    """The cost from which reasoning is ahead at equal cost, within the costs both styles cover.

    Both curves are interpolated linearly in log cost, never extrapolated; costs ascend.
    Raises ValueError as `crossing_size` does.
    """
    first, second = as_costs(ift_costs, "ift_costs"), as_costs(reasoning_costs, "reasoning_costs")
    first, second = ascending(first, "ift_costs"), ascending(second, "reasoning_costs")
    ift_points = as_accuracies(ift, len(first), "ift")
    reasoning_points = as_accuracies(reasoning, len(second), "reasoning")
    drawn = _paired_draws(ift_draws, reasoning_draws, (len(first), len(second)))
    start, end = max(first[0], second[0]), min(first[-1], second[-1])
    if start >= end:
        reason = (
            f"no common cost: IFT {first[0]:g}..{first[-1]:g}, "
            f"reasoning {second[0]:g}..{second[-1]:g}"
        )
        return Crossing(None, None, None, None, as_level(level), 0, reason)
    knots = np.unique(np.concatenate([first, second]))
    axis = knots[(knots >= start) & (knots <= end)]
    ift_weights, reasoning_weights = log_weights(first, axis), log_weights(second, axis)
    gap = reasoning_weights @ reasoning_points - ift_weights @ ift_points
    gaps = None
    if drawn is not None:
        gaps = drawn[1] @ reasoning_weights.T - drawn[0] @ ift_weights.T
    return _crossing(axis, gap, gaps, level, "cost")
