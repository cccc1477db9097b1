"""Shapes of the saturating curve, u(x) = 1 - exp(-γ x^δ), and the search over them.

A shape is a point of the unit square: how far the curve has saturated, and δ. Costs are divided
by the largest fitted one, so that 1e9 and 1e18 FLOPs are searched alike; log10 γ then runs from
a curve that has risen by 0.1% at the largest cost to one that is flat from the smallest cost on.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from breakeven.frontiers.checks import Floats

_LEAST_DELTA = 0.01
_LEAST_LOG10_GAMMA = -3.0
_FLAT_LOG10_GAMMA = 1.3

Objective = Callable[[Floats], Floats]


class CostScale(NamedTuple):
    """The largest fitted cost, and the decades between the smallest and the largest."""

    largest: float
    decades: float


def cost_scale(costs: Floats) -> CostScale:
    """The scale of a set of fitted costs."""
    return CostScale(float(costs.max()), float(np.log10(costs.max() / costs.min())))


def gamma_and_delta(shapes: Floats, scale: CostScale) -> tuple[Floats, Floats]:
    """γ (of costs divided by the largest) and δ of (shapes, 2) points of the unit square."""
    delta = _LEAST_DELTA + (1 - _LEAST_DELTA) * shapes[:, 1]
    span = _FLAT_LOG10_GAMMA + delta * scale.decades - _LEAST_LOG10_GAMMA
    return 10.0 ** (_LEAST_LOG10_GAMMA + shapes[:, 0] * span), delta


def shape_of(gamma: float, delta: float, scale: CostScale) -> Floats:
    """The (1, 2) shape of γ and δ: the inverse of `gamma_and_delta`."""
    span = _FLAT_LOG10_GAMMA + delta * scale.decades - _LEAST_LOG10_GAMMA
    position = (np.log10(gamma) - _LEAST_LOG10_GAMMA) / span
    return np.array([[position, (delta - _LEAST_DELTA) / (1 - _LEAST_DELTA)]])


def rise(shapes: Floats, costs: Floats, scale: CostScale) -> Floats:
    """(shapes, costs): 1 - exp(-γ x^δ)."""
    gamma, delta = gamma_and_delta(shapes, scale)
    share: Floats = -np.expm1(-gamma[:, None] * (costs / scale.largest) ** delta[:, None])
    return share


def shape_grid(positions: int, deltas: int) -> Floats:
    """An even grid over the unit square of shapes: (positions·deltas, 2)."""
    first, second = np.meshgrid(np.linspace(0, 1, positions), np.linspace(0, 1, deltas))
    return np.column_stack([first.ravel(), second.ravel()])


class Effort(NamedTuple):
    """How finely the shapes are searched: the first grid, then rounds around its best places."""

    positions: int
    deltas: int
    rounds: int
    starts: int


def profile(objective: Objective, deltas: Floats, effort: Effort) -> tuple[Floats, Floats]:
    """The best shape for each δ coordinate, (deltas, 2), and its objective, (deltas,).

    One dimension at a time, because the error has a narrow, bent valley across the two.
    """
    rows = np.arange(len(deltas))
    tried = np.tile(np.linspace(0, 1, effort.positions), (len(deltas), 1))
    step = 1 / (effort.positions - 1)
    for _ in range(effort.rounds):
        shapes = np.stack([tried, np.broadcast_to(deltas[:, None], tried.shape)], axis=2)
        values = objective(shapes.reshape(-1, 2)).reshape(tried.shape)
        best = rows, values.argmin(axis=1)
        tried = np.clip(tried[best][:, None] + step * np.linspace(-1, 1, 9), 0, 1)
        step /= 4
    return shapes[best], values[best]


def least_by_profile(objective: Objective, effort: Effort) -> Floats:
    """The shape of least objective, (1, 2): the profile over δ, refined around its best places.

    `objective` maps (shapes, 2) to (shapes,).
    """
    tried = np.linspace(0, 1, effort.deltas)
    step = 1 / (effort.deltas - 1)
    best, least = np.zeros((1, 2)), np.inf
    for _ in range(effort.rounds):
        shapes, values = profile(objective, tried, effort)
        order = np.argsort(values, kind="stable")
        if values[order[0]] < least:
            best, least = shapes[order[:1]], float(values[order[0]])
        starts = tried[order[: effort.starts]]
        tried = np.unique(np.clip(starts[:, None] + step * np.linspace(-1, 1, 7), 0, 1))
        step /= 3
    return best


def around(starts: Floats, step: float, side: int) -> Floats:
    """(starts, side·side, 2): a small grid of half-width `step` around each start, clipped."""
    offsets = step * (2 * shape_grid(side, side) - 1)
    return np.clip(starts[:, None, :] + offsets[None], 0.0, 1.0)
