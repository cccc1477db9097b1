"""A test of a paired difference where McNemar's does not apply: several tasks, clusters, shares."""

import numpy as np

from breakeven.statistics.estimates import FloatArray

BLOCK_SIGNS = 4_000_000


def sign_flip_p(contributions: FloatArray, draws: int = 9_999, seed: int = 0) -> float | None:
    """Two-sided p that the sum of independent contributions differs from zero.

    contributions: one a unit that could as well have had the other sign if the styles did not
    differ (an item, or a cluster of items), weighted as in the statistic. The p is the share of
    random sign patterns with a sum at least as far from zero, the observed one counted (Phipson
    and Smyth 2010), so it is valid at any number of draws. None where every contribution is zero.
    """
    units = contributions[contributions != 0]
    if len(units) == 0:
        return None
    rng = np.random.default_rng(seed)
    # Sums in another order differ in the last bits; a tie must count as at least as far.
    observed = abs(float(units.sum())) - 1e-9 * float(np.abs(units).sum())
    further, block = 0, max(1, BLOCK_SIGNS // len(units))
    for start in range(0, draws, block):
        shape = (min(block, draws - start), len(units))
        signs = rng.integers(0, 2, size=shape, dtype=np.int8).astype(np.float32) * 2 - 1
        further += int(np.sum(np.abs(signs @ units) >= observed))
    return (further + 1) / (draws + 1)
