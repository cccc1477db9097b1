"""Linear interpolation of accuracy in log cost, as weights, so that all draws go at once."""

import numpy as np

from breakeven.frontiers.checks import Floats


def log_weights(costs: Floats, at_costs: Floats) -> Floats:
    """(at_costs, points) weights: `weights @ accuracies` interpolates linearly in log cost.

    `costs` are ascending and every one of `at_costs` lies within them; ValueError otherwise.
    """
    # A cost that went through a logarithm and back comes out a few last bits beside itself.
    edge = 1 + 1e-12
    if np.any(at_costs * edge < costs[0]) or np.any(at_costs > costs[-1] * edge):
        raise ValueError(
            f"at_costs: {at_costs.tolist()} leave {costs[0]:g}..{costs[-1]:g}; extrapolate by a fit"
        )
    # The weights of a point are the curve that is 1 there and 0 at every other: one product then
    # interpolates all draws.
    columns = [np.interp(np.log(at_costs), np.log(costs), unit) for unit in np.eye(len(costs))]
    return np.stack(columns, axis=1)


def within(costs: Floats, at_cost: float) -> bool:
    """Whether a cost lies within the measured costs, up to rounding."""
    edge = 1 + 1e-12
    return bool(costs.min() <= at_cost * edge and at_cost <= costs.max() * edge)
