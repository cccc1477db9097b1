"""The size from which reasoning overtakes IFT."""

from dataclasses import dataclass

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
    not ahead at its end; a `reason` then says so. `share_within` is the share of draws that cross
    within the range. Interval and share are None without item-level draws.
    """

    position: Position
    low: Position | None
    high: Position | None
    share_within: float | None
    level: float
    draws: int
    reason: str | None


def _reason(position: Position) -> str | None:
    if position.side == "below":
        return "reasoning is ahead over the whole range of sizes"
    if position.side == "above":
        return "reasoning is not ahead at the largest size"
    return None


def _crossing(axis: Floats, gap: Floats, gaps: Floats | None, level: float) -> Crossing:
    """`gap` (points,) is reasoning minus IFT on an ascending axis; `gaps` its (draws, points)."""
    log_axis = np.log(axis)
    position = as_position(float(last_rise(log_axis, gap[None, :])[0]), axis)
    reason = _reason(position)
    if gaps is None:
        return Crossing(position, None, None, None, as_level(level), 0, reason)
    places = last_rise(log_axis, gaps)
    low, high = position_interval(places, axis, level)
    share = float(np.mean(np.isfinite(places)))
    return Crossing(position, low, high, share, level, len(places), reason)


def _gap_draws(
    ift_draws: Numbers | None, reasoning_draws: Numbers | None, points: int
) -> Floats | None:
    drawn = draws_of_both(ift_draws, reasoning_draws)
    if drawn is None:
        return None
    ift = as_accuracies(drawn[0], points, "ift_draws", dimensions=2)
    reasoning = as_accuracies(drawn[1], points, "reasoning_draws", dimensions=2)
    if len(ift) != len(reasoning):
        raise ValueError(f"draws: {len(ift)} of IFT, {len(reasoning)} of reasoning; use as many")
    return reasoning - ift


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
    return _crossing(axis, gap, _gap_draws(ift_draws, reasoning_draws, points), level)
