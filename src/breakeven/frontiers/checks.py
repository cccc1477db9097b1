"""Checks of the arrays that every module of this package takes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = Sequence[float] | ArrayLike


def as_costs(costs: Numbers, name: str = "costs") -> Floats:
    """One-dimensional positive, finite costs (or sizes); raises ValueError otherwise."""
    array = np.asarray(costs, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name}: shape is {array.shape}; use one dimension")
    if not len(array):
        raise ValueError(f"{name}: there are none; use one value at least")
    if not np.all(np.isfinite(array)) or np.any(array <= 0):
        raise ValueError(f"{name}: values are {array.tolist()}; use finite numbers above zero")
    return array


def as_accuracies(
    accuracies: Numbers, cells: int, name: str = "accuracies", dimensions: int = 1
) -> Floats:
    """Accuracies as fractions, the last axis of length `cells`; raises ValueError otherwise.

    A small overshoot of 0..1 is rounding and is kept; percent is refused.
    """
    array = np.asarray(accuracies, dtype=np.float64)
    if array.ndim != dimensions or array.shape[-1] != cells:
        raise ValueError(
            f"{name}: shape is {array.shape}; use {dimensions} dimension(s), the last of {cells}"
        )
    if not np.all(np.isfinite(array)) or np.any(array < -1e-9) or np.any(array > 1 + 1e-9):
        raise ValueError(f"{name}: a value is outside 0..1 or not finite; use fractions")
    return array


def ascending(costs: Floats, name: str = "costs") -> Floats:
    """The costs if each is above the one before it; raises ValueError otherwise."""
    if np.any(np.diff(costs) <= 0):
        raise ValueError(f"{name}: values are {costs.tolist()}; use distinct, ascending values")
    return costs


def draws_of_both(
    ift_draws: Numbers | None, reasoning_draws: Numbers | None
) -> tuple[Numbers, Numbers] | None:
    """The draws of IFT and reasoning, None without; raises ValueError where one alone has them."""
    if ift_draws is None and reasoning_draws is None:
        return None
    if ift_draws is None or reasoning_draws is None:
        raise ValueError("draws: only one of the styles has them; give both or neither")
    return ift_draws, reasoning_draws


def as_level(level: float) -> float:
    """A two-sided level strictly within 0..1; raises ValueError otherwise."""
    if not 0 < level < 1:
        raise ValueError(f"level: value is {level}; use a number between 0 and 1, such as 0.95")
    return level
