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
    if not p_values:
        return {}
    from statsmodels.stats.multitest import multipletests

    filled = [1.0 if p_value is None else p_value for p_value in p_values.values()]
    rejected, corrected, _, _ = multipletests(filled, alpha=alpha, method="holm")
    count = len(filled)
    return {
        name: Adjusted(None, None, False, count, alpha, "no p value for this comparison")
        if p_value is None
        else Adjusted(p_value, float(corrected[row]), bool(rejected[row]), count, alpha)
        for row, (name, p_value) in enumerate(p_values.items())
    }
