"""A test of a paired difference where McNemar's does not apply: several tasks, clusters, shares."""

import math

import numpy as np

from breakeven.statistics.estimates import FloatArray, IntArray

# Sums that are enumerated at most: two arrays of 16 MB.
EXACT_OUTCOMES = 2_000_000


def sign_flip_p(contributions: FloatArray, draws: int = 9_999, seed: int = 0) -> float | None:
    """Two-sided p that the sum of independent contributions differs from zero.

    contributions: one a unit that could as well have had the other sign if the styles did not
    differ (an item, or a cluster of items), weighted as in the statistic. The p is the
    probability, over all patterns of signs, of a sum at least as far from zero. With units of
    equal size it is exact McNemar's. Exact while the patterns are few; otherwise the share among
    `draws` random ones, the observed one counted (Phipson and Smyth 2010), so that it stays
    valid. Where Hoeffding's bound on the tail (1963) is below what the draws can resolve, it is
    that bound, so that a large difference stays visible after correction for many comparisons.
    None where every contribution is zero.
    """
    units = contributions[contributions != 0]
    if len(units) == 0:
        return None
    # Units of one size are exchangeable: only how many of them keep their sign matters. Rounding
    # merges sizes that differ in their last bits, and a tie must count as at least as far.
    scale = float(np.abs(units).max())
    sizes, counts = np.unique(np.round(np.abs(units) / scale, 12), return_counts=True)
    observed = abs(float(units.sum())) / scale - 1e-9
    if np.prod(counts + 1.0) <= EXACT_OUTCOMES:
        return min(1.0, _exact_tail(sizes, counts, observed))
    # Random signs cannot show a p below 1 in 10,000, which Holm over a few hundred tests turns into
    # nothing (docs/decisions.md).
    bound = 2 * math.exp(-(observed**2) / (2 * float(counts @ sizes**2)))
    if bound < 1 / (draws + 1):
        return bound
    rng = np.random.default_rng(seed)
    kept = rng.binomial(counts, 0.5, size=(draws, len(counts)))
    further = int(np.sum(np.abs((2 * kept - counts) @ sizes) >= observed))
    return (further + 1) / (draws + 1)


def _exact_tail(sizes: FloatArray, counts: IntArray, observed: float) -> float:
    """Probability that the sum is at least `observed` from zero, over all counts of signs kept."""
    from scipy.stats import binom

    sums, shares = np.zeros(1), np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        kept = np.arange(count + 1)
        sums = np.add.outer(sums, (2 * kept - count) * size).ravel()
        shares = np.multiply.outer(shares, binom.pmf(kept, count, 0.5)).ravel()
    return float(shares[np.abs(sums) >= observed].sum())
