"""The non-dominated set of (cost, accuracy), and how sure a cell's place in it is."""

from dataclasses import dataclass

import numpy as np

from breakeven.frontiers.checks import Bools, Floats, Numbers, as_accuracies, as_costs

# (draws, cells, cells) truth values that are held at once, 4 MB an array.
_COMPARISONS_A_BLOCK = 4_000_000


@dataclass(frozen=True)
class Frontier:
    """Which cells are on the frontier, as measured and over bootstrap draws.

    `members` are cell indices in order of cost. `probability` holds one value a cell, or is None
    with a `reason` where there are no draws.
    """

    members: tuple[int, ...]
    probability: tuple[float, ...] | None
    draws: int
    reason: str | None


def _as_draw_costs(costs: Numbers, shape: tuple[int, ...]) -> Floats:
    array = np.asarray(costs, dtype=np.float64)
    if array.ndim not in (1, 2) or array.shape[-1] != shape[-1]:
        raise ValueError(f"costs: shape is {array.shape}; use (cells,) or (draws, cells) = {shape}")
    as_costs(array.ravel())
    return np.broadcast_to(array, shape)


def _dominated(costs: Floats, accuracies: Floats) -> Bools:
    """(draws, cells): some other cell is no dearer, no worse, and better in one of the two."""
    mine, other = (slice(None), slice(None), None), (slice(None), None, slice(None))
    no_dearer = costs[other] <= costs[mine]
    no_worse = accuracies[other] >= accuracies[mine]
    better = (costs[other] < costs[mine]) | (accuracies[other] > accuracies[mine])
    dominated: Bools = np.any(no_dearer & no_worse & better, axis=2)
    return dominated


def on_frontier(costs: Numbers, accuracies: Numbers) -> Bools:
    """True for every cell that no other cell dominates: (cells,), or (draws, cells) for draws.

    A cell dominates another if it costs no more, is no less accurate, and is strictly better in
    one of the two. So at equal accuracy only the cheapest stays, at equal cost only the most
    accurate, and exact duplicates stay together. Costs are (cells,) or (draws, cells).
    Raises ValueError on shapes that do not match, costs not above zero, accuracies not fractions.
    """
    given = np.asarray(accuracies, dtype=np.float64)
    rows = np.atleast_2d(given)
    matrix = as_accuracies(rows, rows.shape[-1], dimensions=2)
    cost_matrix = _as_draw_costs(costs, matrix.shape)
    block = max(1, _COMPARISONS_A_BLOCK // max(1, matrix.shape[1] ** 2))
    mask = np.empty(matrix.shape, dtype=np.bool_)
    for start in range(0, len(matrix), block):
        rows_here = slice(start, start + block)
        mask[rows_here] = ~_dominated(cost_matrix[rows_here], matrix[rows_here])
    result: Bools = mask.reshape(given.shape)
    return result


def frontier_probability(costs: Numbers, accuracy_draws: Numbers) -> Floats:
    """Share of the (draws, cells) draws in which each cell is on the frontier: (cells,)."""
    draws = np.asarray(accuracy_draws, dtype=np.float64)
    if draws.ndim != 2 or not len(draws):
        raise ValueError(f"accuracy_draws: shape is {draws.shape}; use (draws, cells), draws >= 1")
    share: Floats = np.mean(on_frontier(costs, draws), axis=0)
    return share


def frontier(
    costs: Numbers, accuracies: Numbers, accuracy_draws: Numbers | None = None
) -> Frontier:
    """The frontier of the measured cells, with P(on the frontier) where there are draws.

    Raises ValueError as `on_frontier` does.
    """
    cost_array = as_costs(costs)
    mask = on_frontier(cost_array, as_accuracies(accuracies, len(cost_array)))
    # Duplicates stay together on the frontier: their order is that of the cells.
    order = np.lexsort((np.arange(len(mask)), cost_array))
    members = tuple(int(cell) for cell in order if mask[cell])
    if accuracy_draws is None:
        return Frontier(members, None, 0, "no item-level answers, so no bootstrap draws")
    shares = frontier_probability(cost_array, accuracy_draws)
    return Frontier(members, tuple(map(float, shares)), len(np.asarray(accuracy_draws)), None)
