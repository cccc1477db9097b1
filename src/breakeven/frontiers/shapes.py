"""Shapes of the saturating curve, u(x) = 1 - exp(-γ x^δ), and the search over them.

A shape is a point of the unit square: how far the curve has saturated, and δ. Costs are divided
by the largest fitted one, so that 1e9 and 1e18 FLOPs are searched alike; log10 γ then runs from
a curve that has risen by 0.1% at the largest cost to one that is flat from the smallest cost on.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from breakeven.frontiers.checks import Floats

# δ = 0 is a constant, whatever γ is.
_LEAST_DELTA = 0.01
_LEAST_LOG10_GAMMA = -3.0
_FLAT_LOG10_GAMMA = 1.3
# To 6e-8 of the square's side.
_BISECTIONS = 24

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


def rise(shapes: Floats, costs: Floats, scale: CostScale) -> Floats:
    """(shapes, costs): 1 - exp(-γ x^δ)."""
    gamma, delta = gamma_and_delta(shapes, scale)
    share: Floats = -np.expm1(-gamma[:, None] * (costs / scale.largest) ** delta[:, None])
    return share


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


def across(objective: Objective, best: Floats, limit: float, steps: int) -> Floats:
    """Shapes from one end to the other of where the objective is within `limit`, at each δ.

    `best` is (deltas, 2), each within the limit. Returns (deltas, steps, 2): even steps between
    the two ends, which are found by bisection from the best position outwards.
    """
    ends = [_end(objective, best, limit, edge) for edge in (0.0, 1.0)]
    shares = np.linspace(0, 1, steps)[None, :]
    positions = ends[0][:, None] * (1 - shares) + ends[1][:, None] * shares
    return np.stack([positions, np.broadcast_to(best[:, 1:], positions.shape)], axis=2)


def _end(objective: Objective, best: Floats, limit: float, edge: float) -> Floats:
    inside, outside = best[:, 0].copy(), np.full(len(best), edge)
    middle = outside
    for _ in range(_BISECTIONS):
        good = objective(np.column_stack([middle, best[:, 1]])) <= limit
        inside, outside = np.where(good, middle, inside), np.where(good, outside, middle)
        middle = (inside + outside) / 2
    return inside
