"""The non-dominated set of (cost, accuracy), its hull, and how sure a cell's place is.

The frontier is of cells: steps. A query that goes to one of two cells at random has on average a
cost and an accuracy on the chord between them (Provost and Fawcett 2001, arXiv cs/0009007, of
classifiers), so that a cell below a chord is beaten by a mix of two others: the hull is what is
left. This holds where costs add up over queries, as what a query costs does; two trained students
cost both trainings, however seldom one of them is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from breakeven.frontiers.checks import Bools, Floats, Numbers, as_accuracies, as_costs

# (draws, cells, cells) truth values that are held at once, 4 MB an array.
_COMPARISONS_A_BLOCK = 4_000_000


@dataclass(frozen=True)
class Frontier:
    """Which cells are on the frontier, as measured and over bootstrap draws.

    `members` are cell indices in order of cost, `hull` those of them that no mix of two others
    beats. `probability` and `hull_probability` hold one value a cell, or are None with a `reason`
    where there are no draws.
    """

    members: tuple[int, ...]
    hull: tuple[int, ...]
    probability: tuple[float, ...] | None
    hull_probability: tuple[float, ...] | None
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


def _below_a_chord(costs: Floats, accuracies: Floats) -> Bools:
    """(draws, cells): a chord from a cheaper to a dearer cell passes above.

    It does where the steepest rise to a dearer cell exceeds the flattest rise from a cheaper one.
    """
    mine, other = (slice(None), slice(None), None), (slice(None), None, slice(None))
    run = costs[other] - costs[mine]
    slope = np.divide(
        accuracies[other] - accuracies[mine], run, out=np.zeros(run.shape), where=run != 0
    )
    onwards = np.where(run > 0, slope, -np.inf).max(axis=2)
    up_to = np.where(run < 0, slope, np.inf).min(axis=2)
    # Cells on one line may be off it in their last bits, and none of them is beaten.
    with np.errstate(invalid="ignore"):
        below: Bools = onwards - up_to > 1e-9 * np.maximum(np.abs(onwards), np.abs(up_to))
    return below & np.isfinite(onwards) & np.isfinite(up_to)


def on_frontier(costs: Numbers, accuracies: Numbers) -> Bools:
    """True for every cell that no other cell dominates: (cells,), or (draws, cells) for draws.

    A cell dominates another if it costs no more, is no less accurate, and is strictly better in
    one of the two. So at equal accuracy only the cheapest stays, at equal cost only the most
    accurate, and exact duplicates stay together. Costs are (cells,) or (draws, cells).
    Raises ValueError on shapes that do not match, costs not above zero, accuracies not fractions.
    """
    return _unbeaten(costs, accuracies, (_dominated,))


def on_hull(costs: Numbers, accuracies: Numbers) -> Bools:
    """True for every cell of the frontier that no chord between two others passes above.

    Shapes and errors are those of `on_frontier`. A cell on a chord stays: a mix is as good, and no
    better.
    """
    return _unbeaten(costs, accuracies, (_dominated, _below_a_chord))


def _unbeaten(
    costs: Numbers, accuracies: Numbers, beaten_by: Sequence[Callable[[Floats, Floats], Bools]]
) -> Bools:
    given = np.asarray(accuracies, dtype=np.float64)
    rows = np.atleast_2d(given)
    matrix = as_accuracies(rows, rows.shape[-1], dimensions=2)
    cost_matrix = _as_draw_costs(costs, matrix.shape)
    block = max(1, _COMPARISONS_A_BLOCK // max(1, matrix.shape[1] ** 2))
    mask = np.ones(matrix.shape, dtype=np.bool_)
    for start in range(0, len(matrix), block):
        rows_here = slice(start, start + block)
        for beaten in beaten_by:
            mask[rows_here] &= ~beaten(cost_matrix[rows_here], matrix[rows_here])
    result: Bools = mask.reshape(given.shape)
    return result


def share_of_draws(
    place: Callable[[Numbers, Numbers], Bools], costs: Numbers, accuracy_draws: Numbers
) -> Floats:
    """Share of the (draws, cells) draws in which each cell is `on_frontier` or `on_hull`."""
    draws = np.asarray(accuracy_draws, dtype=np.float64)
    if draws.ndim != 2 or not len(draws):
        raise ValueError(f"accuracy_draws: shape is {draws.shape}; use (draws, cells), draws >= 1")
    share: Floats = np.mean(place(costs, draws), axis=0)
    return share


def frontier(
    costs: Numbers, accuracies: Numbers, accuracy_draws: Numbers | None = None
) -> Frontier:
    """Frontier and hull of the measured cells, with the P of each place where there are draws.

    Raises ValueError as `on_frontier` does.
    """
    cost_array = as_costs(costs)
    checked = as_accuracies(accuracies, len(cost_array))
    # Duplicates stay together on the frontier: their order is that of the cells.
    order = np.lexsort((np.arange(len(cost_array)), cost_array))

    def in_order(mask: Bools) -> tuple[int, ...]:
        return tuple(int(cell) for cell in order if mask[cell])

    def shares(place: Callable[[Numbers, Numbers], Bools]) -> tuple[float, ...] | None:
        if accuracy_draws is None:
            return None
        return tuple(map(float, share_of_draws(place, cost_array, accuracy_draws)))

    return Frontier(
        in_order(on_frontier(cost_array, checked)),
        in_order(on_hull(cost_array, checked)),
        shares(on_frontier),
        shares(on_hull),
        0 if accuracy_draws is None else len(np.asarray(accuracy_draws)),
        "no item-level answers, so no bootstrap draws" if accuracy_draws is None else None,
    )
