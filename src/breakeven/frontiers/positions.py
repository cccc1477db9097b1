"""Where a piecewise-linear curve on a log axis crosses zero, with ends that may lie off the axis.

Shared by equivalent sizes (where IFT reaches an accuracy) and crossings (where reasoning overtakes
IFT). Inside, a position off the axis is minus or plus infinity, so that bootstrap draws on either
side still count in the order statistics of an interval.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breakeven.frontiers.checks import Bools, Floats, as_level

Side = Literal["below", "within", "above"]


@dataclass(frozen=True)
class Position:
    """A size or cost, or the end of the measured range that it lies beyond.

    Within the range `value` is set and `bound` is None; beyond it `bound` is that end.
    """

    value: float | None
    bound: float | None
    side: Side

    def label(self, decimals: int = 1) -> str:
        """`1.8`, `<0.5` or `>14`."""
        if self.value is not None:
            return f"{self.value:.{decimals}f}"
        return f"{'<' if self.side == 'below' else '>'}{self.bound:g}"


def as_position(log_value: float, axis: Floats) -> Position:
    """The position of a natural-log value on an ascending axis; infinite values are off it."""
    if log_value == -np.inf:
        return Position(None, float(axis[0]), "below")
    if log_value == np.inf:
        return Position(None, float(axis[-1]), "above")
    return Position(float(np.exp(log_value)), None, "within")


def _crossing_before(log_axis: Floats, gaps: Floats, index: NDArray[np.intp]) -> Floats:
    """Zero of each row between axis points index - 1 and index, where its sign changes."""
    rows = np.arange(len(gaps))
    # Rows that do not cross get some place too, which the callers write over.
    right = np.clip(index, min(1, len(log_axis) - 1), len(log_axis) - 1)
    before, after = gaps[rows, right - 1], gaps[rows, right]
    rise = np.where(after == before, 1.0, after - before)
    start: Floats = log_axis[right - 1]
    crossing: Floats = start - before / rise * (log_axis[right] - start)
    return crossing


def first_reach(log_axis: Floats, gaps: Floats) -> Floats:
    """First place where each (draws, points) row reaches zero from below: (draws,).

    Minus infinity where the row starts above zero, plus infinity where it never reaches it.
    """
    reached: Bools = gaps >= 0
    index = reached.argmax(axis=1)
    place = np.where(index > 0, _crossing_before(log_axis, gaps, index), log_axis[0])
    place[gaps[:, 0] > 0] = -np.inf
    place[~reached.any(axis=1)] = np.inf
    return place


def last_rise(log_axis: Floats, gaps: Floats) -> Floats:
    """Place from which each (draws, points) row stays above zero up to the last point: (draws,).

    Minus infinity where the row is above zero throughout, plus infinity where it ends at or below.
    """
    points = gaps.shape[1]
    below: Bools = gaps <= 0
    last_below = points - 1 - below[:, ::-1].argmax(axis=1)
    place = _crossing_before(log_axis, gaps, np.minimum(last_below + 1, points - 1))
    place[~below.any(axis=1)] = -np.inf
    place[below[:, -1]] = np.inf
    return place


def position_interval(places: Floats, axis: Floats, level: float) -> tuple[Position, Position]:
    """Percentile interval of places that may be infinite, by order statistics, rounded outwards."""
    tail = (1 - as_level(level)) / 2
    ordered = np.sort(places)
    last = len(ordered) - 1
    # Order statistics as they are: between a number and an infinite place there is nothing to
    # interpolate.
    low = ordered[int(np.floor(tail * last))]
    high = ordered[int(np.ceil((1 - tail) * last))]
    return as_position(float(low), axis), as_position(float(high), axis)
