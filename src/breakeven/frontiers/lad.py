"""Least absolute deviations in two parameters, by walking the arrangement of lines.

For a fixed shape u of the saturating curve the error sum|y - floor - gain·u| is convex and
piecewise linear in (floor, gain), and so are its limits floor >= 0, gain >= 0,
floor + gain <= ceiling. A minimum therefore lies where two of the lines meet: the lines on which
one residual is zero and the three limits. With n points that is (n+3)(n+2)/2 places, so all
shapes of a grid are solved exactly at once, without a linear program for each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.frontiers.checks import Bools, Floats

Ints = NDArray[np.intp]

# Below this determinant lines count as parallel; corners on a limit miss it by rounding.
_PARALLEL = 1e-12
_SLACK = 1e-9


class Corners(NamedTuple):
    """Where pairs of each shape's lines meet, all (shapes, pairs).

    `error` is the mean absolute error there, infinite where the lines are parallel or meet
    outside the limits; `along` orders the points of a pair's first line.
    """

    floor: Floats
    gain: Floats
    error: Floats
    along: Floats


def _lines(shapes: Floats, targets: Floats, ceiling: float) -> tuple[Floats, Floats, Floats]:
    """Coefficients a·floor + b·gain = c of the residual lines, then of the three limits."""
    count, points = shapes.shape
    a = np.concatenate([np.ones(points), [1.0, 0.0, 1.0]])
    limits = np.broadcast_to(np.array([0.0, 1.0, 1.0]), (count, 3))
    c = np.concatenate([targets, [0.0, 0.0, ceiling]])
    return a, np.concatenate([shapes, limits], axis=1), c


def _corners(shapes: Floats, targets: Floats, ceiling: float, pairs: tuple[Ints, Ints]) -> Corners:
    """The corners of each shape, (shapes, points), where the lines of each pair meet."""
    first, second = pairs
    a, b, c = _lines(shapes, targets, ceiling)
    det = a[first] * b[:, second] - a[second] * b[:, first]
    parallel = np.abs(det) < _PARALLEL
    safe = np.where(parallel, 1.0, det)
    floor = (c[first] * b[:, second] - c[second] * b[:, first]) / safe
    gain = (a[first] * c[second] - a[second] * c[first]) / safe
    outside = (floor < -_SLACK) | (gain < -_SLACK) | (floor + gain > ceiling + _SLACK)
    error = np.zeros_like(floor)
    for point, target in enumerate(targets):
        error += np.abs(floor + gain * shapes[:, point, None] - target)
    error /= len(targets)
    error[parallel | outside] = np.inf
    return Corners(floor, gain, error, floor * b[:, first] - gain * a[first])


class BestLines(NamedTuple):
    """The best (floor, gain) of each shape and its mean absolute error, all (shapes,)."""

    floor: Floats
    gain: Floats
    error: Floats


def best_lines(shapes: Floats, targets: Floats, ceiling: float) -> BestLines:
    """The constrained least-absolute-deviations fit of every shape."""
    # Each pair of lines once, here; `extremes` walks along every line and needs both orders.
    first, second = np.triu_indices(len(targets) + 3, k=1)
    found = _corners(shapes, targets, ceiling, (first, second))
    index = np.arange(len(shapes)), found.error.argmin(axis=1)
    # Corners may lie outside the limits by the slack.
    floor, gain = np.maximum(found.floor[index], 0.0), np.maximum(found.gain[index], 0.0)
    return BestLines(floor, gain, found.error[index])


def extremes(
    shapes: Floats, shapes_at: Floats, targets: Floats, ceiling: float, max_error: float
) -> tuple[Floats, Floats]:
    """Lowest and highest floor + gain·u that a fit of each shape reaches within `max_error`.

    `shapes_at` is (shapes, costs): u at the costs asked about. Returns two (shapes, costs)
    arrays, infinite (low) and minus infinite (high) where no fit of the shape is good enough.
    The fits within an error form a convex polygon whose corners lie on the lines, so the
    extremes are at corners of the arrangement or where the error passes `max_error` on a line.
    """
    lines = len(targets) + 3
    first, second = (index.ravel() for index in np.indices((lines, lines)))
    found = _corners(shapes, targets, ceiling, (first, second))
    by_line = (len(shapes), lines, lines)
    along = np.where(np.isfinite(found.error), found.along, np.inf).reshape(by_line)
    # Along a line the error is convex, so what is good is one stretch between neighbours.
    order = np.argsort(along, axis=2)
    floor, gain, error = (
        np.take_along_axis(part.reshape(by_line), order, axis=2) for part in found[:3]
    )
    low = np.full(shapes_at.shape, np.inf)
    high = np.full(shapes_at.shape, -np.inf)
    for line in range(lines):
        points = _polygon_points(floor[:, line], gain[:, line], error[:, line], max_error)
        _widen(low, high, points, shapes_at)
    return low, high


def _polygon_points(
    floor: Floats, gain: Floats, error: Floats, max_error: float
) -> tuple[Floats, Floats, Bools]:
    """Good corners on one line, and the points between them where the error is `max_error`."""
    good = error <= max_error + 1e-12
    ends = np.isfinite(error[:, :-1]) & np.isfinite(error[:, 1:])
    passes = ends & (good[:, :-1] != good[:, 1:])
    step = np.where(passes, error[:, 1:], 1.0) - np.where(passes, error[:, :-1], 0.0)
    share = (max_error - np.where(passes, error[:, :-1], 0.0)) / np.where(passes, step, 1.0)
    share = np.clip(share, 0.0, 1.0)
    floors = np.concatenate([floor, floor[:, :-1] + share * np.diff(floor, axis=1)], axis=1)
    gains = np.concatenate([gain, gain[:, :-1] + share * np.diff(gain, axis=1)], axis=1)
    return floors, gains, np.concatenate([good, passes], axis=1)


def _widen(
    low: Floats, high: Floats, points: tuple[Floats, Floats, Bools], shapes_at: Floats
) -> None:
    floors, gains, valid = points
    rows = np.flatnonzero(valid.any(axis=1))
    floors, gains, valid = floors[rows], gains[rows], valid[rows]
    for column in range(shapes_at.shape[1]):
        values = floors + gains * shapes_at[rows, column, None]
        low[rows, column] = np.minimum(
            low[rows, column], np.where(valid, values, np.inf).min(axis=1)
        )
        high[rows, column] = np.maximum(
            high[rows, column], np.where(valid, values, -np.inf).max(axis=1)
        )
