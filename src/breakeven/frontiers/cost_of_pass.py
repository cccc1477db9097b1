"""What a right answer costs: the cost of a query over the chance that its answer is right.

Who asks until an answer is right needs 1/accuracy tries on average, at what each costs: the cost of
pass (Erol et al. 2025, arXiv 2504.13359). Their frontier is the least of it over the models at
hand, and what a kind of model is worth is how far that rises without it. Tries are taken as
independent and a right answer as recognised; where one question is hopeless and the next sure, the
mean over questions of 1/accuracy is larger than this.
"""

from collections.abc import Sequence

import numpy as np

from breakeven.frontiers.checks import Floats, Numbers, as_accuracies, as_costs


def cost_of_pass(costs: Numbers, accuracies: Numbers) -> Floats:
    """Cost of a right answer, in the unit of `costs` (cells,); infinite where none is right.

    Accuracies are (cells,), or (draws, cells) for draws. Raises ValueError as `on_frontier`.
    """
    given = np.asarray(accuracies, dtype=np.float64)
    rows = np.atleast_2d(given)
    cost_array = as_costs(costs)
    matrix = as_accuracies(rows, len(cost_array), dimensions=2)
    found = np.full(matrix.shape, np.inf)
    np.divide(cost_array, matrix, out=found, where=matrix > 0)
    result: Floats = found.reshape(given.shape)
    return result


def dearer_without(costs: Numbers, accuracies: Numbers, kinds: Sequence[str], kind: str) -> Floats:
    """How many times dearer a right answer gets where no cell of a kind may be asked.

    `kinds` names each cell's. 1 where another kind is the cheapest anyway, infinite where no other
    has a right answer; of (draws, cells) one value a draw. NaN where nobody has one.
    Raises ValueError where no other kind is there, or as `cost_of_pass`.
    """
    others = np.array([one != kind for one in kinds])
    if len(kinds) != len(as_costs(costs)) or not others.any():
        raise ValueError(f"kinds are {list(kinds)}; use one a cell, and others than {kind!r}")
    passes = cost_of_pass(costs, accuracies)
    least, least_of_others = passes.min(axis=-1), passes[..., others].min(axis=-1)
    with np.errstate(invalid="ignore"):
        ratio: Floats = np.asarray(least_of_others / least)
    return ratio
