"""Token counts as the formulas take them: whole numbers stay exact, arrays become float64."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Counts = TypeVar("Counts", float, Array)


def checked(name: str, counts: Counts) -> Counts:
    """The counts, arrays in float64 (int64 would overflow in a sum over a corpus).

    Raises ValueError where one is negative or not a number.
    """
    if isinstance(counts, (int, float)):
        if not counts >= 0:
            raise ValueError(f"{name}: value is {counts}; use counts of at least 0")
        return counts
    values = np.asarray(counts, dtype=np.float64)
    if not (values >= 0).all():
        raise ValueError(f"{name}: holds a negative count or NaN; use counts of at least 0")
    return values


def checked_array(name: str, counts: ArrayLike) -> Array:
    """The counts of many sequences as a flat float64 array; raises ValueError as `checked`."""
    return checked(name, np.atleast_1d(np.asarray(counts, dtype=np.float64)))


def running_sum(counts: Counts, window: int | None = None) -> Counts:
    """min(1, w) + min(2, w) + … + min(n, w) for each n: pairs of query and key under a causal mask.

    Without a window the sum is n·(n + 1)/2.
    """
    if window is None:
        return _halved(counts * (counts + 1))
    value: Any = counts
    reached = min(value, window) if isinstance(value, int) else np.minimum(value, window)
    return _halved(reached * (reached + 1)) + window * (value - reached)


def _halved(counts: Counts) -> Counts:
    """Half of each count; half of an even whole number is a whole number."""
    value: Any = counts
    half: Any = value // 2 if isinstance(value, int) and value % 2 == 0 else value / 2
    return half
