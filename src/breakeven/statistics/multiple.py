"""Many comparisons at once: Holm's correction within a declared family."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Adjusted:
    """One comparison of a declared family, after Holm's correction."""

    p_value: float | None
    adjusted_p_value: float | None
    significant: bool
    comparisons: int
    alpha: float
    reason: str | None = None


def holm(p_values: Mapping[str, float | None], alpha: float = 0.05) -> dict[str, Adjusted]:
    """Correct a family's p values so that a false positive in any has probability <= alpha.

    Holm (1979). A comparison without a p (no discordant pairs) keeps its place in the family,
    so that what the data hold does not change how many comparisons were declared. Raises
    ValueError on a p outside 0..1.
    """
    for name, p_value in p_values.items():
        if p_value is not None and not 0 <= p_value <= 1:
            raise ValueError(f"{name}: p is {p_value}; use a value in 0..1")
    corrected = _holm_corrected([1.0 if p is None else p for p in p_values.values()])
    return {
        name: _adjusted(p_value, adjusted, len(p_values), alpha)
        for (name, p_value), adjusted in zip(p_values.items(), corrected, strict=True)
    }


def _holm_corrected(p_values: list[float]) -> list[float]:
    """The smallest p times their number, the next times one fewer, …, never decreasing."""
    # statsmodels has this too, with a second of import and a garbage collection every call.
    count, largest = len(p_values), 0.0
    corrected = [0.0] * count
    for rank, row in enumerate(sorted(range(count), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (count - rank) * p_values[row]))
        corrected[row] = largest
    return corrected


def _adjusted(p_value: float | None, adjusted: float, count: int, alpha: float) -> Adjusted:
    if p_value is None:
        return Adjusted(None, None, False, count, alpha, "no p value for this comparison")
    return Adjusted(p_value, adjusted, adjusted <= alpha, count, alpha)
