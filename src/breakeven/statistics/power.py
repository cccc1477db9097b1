"""What a comparison can show: the smallest detectable difference."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from breakeven.statistics.estimates import FloatArray, IntArray, student_quantile
from breakeven.statistics.paired import NO_DISCORDANT_PAIRS, PairedDifference

# The tails of the number of discordant pairs that are left out of the power, each side.
NEGLIGIBLE = 1e-10
TOO_WIDE = "the error is too large for any difference to show"


class Detectable(NamedTuple):
    """The smallest true difference that comes out significant with probability `power`."""

    value: float | None
    power: float
    alpha: float
    method: str
    reason: str | None = None


@dataclass(frozen=True)
class McNemarDesign:
    """The power of the exact McNemar test on so many items, of which a share is discordant.

    The test's conditional power, summed over the binomial number of discordant pairs.
    """

    items: int
    discordant_share: float
    alpha: float

    @cached_property
    def rejections(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Numbers of discordant pairs, how likely each is, and the rarer side's critical count.

        Only numbers at which the test can reject are kept: it does when the rarer side counts at
        most that, since twice that tail is at most alpha.
        """
        import numpy as np
        from scipy.stats import binom

        pairs = binom(self.items, self.discordant_share)
        ends = (int(pairs.ppf(tail)) for tail in (NEGLIGIBLE, 1 - NEGLIGIBLE))
        discordant = np.arange(next(ends), next(ends) + 1, dtype=np.int64)
        critical = binom.ppf(self.alpha / 2, discordant, 0.5)
        # ppf is the first count whose tail reaches alpha/2: where the tail passes it, one fewer
        # still rejects.
        critical -= binom.cdf(critical, discordant, 0.5) > self.alpha / 2
        able = critical >= 0
        return discordant[able], pairs.pmf(discordant[able]), critical[able]

    def power(self, difference: float) -> float:
        """Probability of rejecting at this true difference."""
        from scipy.special import bdtr, bdtrc

        discordant, likely, critical = self.rejections
        # The chance that a discordant pair speaks for the better cell; only rounding takes it past
        # 1.
        share = min(0.5 + difference / (2 * self.discordant_share), 1.0)
        low = bdtr(critical, discordant, share)
        high = bdtrc(discordant - critical - 1, discordant, share)
        return float((likely * (low + high)).sum())


def detectable_difference(
    items: int, discordant_share: float, power: float = 0.8, alpha: float = 0.05
) -> Detectable:
    """Smallest difference that exact McNemar finds with `power`, at this share of discordant pairs.

    Absent where even all discordant pairs on one side would be found less often than that.
    """
    method = "exact McNemar"
    if items == 0 or discordant_share == 0:
        reason = "no items" if items == 0 else NO_DISCORDANT_PAIRS
        return Detectable(None, power, alpha, method, reason)
    design = McNemarDesign(items, discordant_share, alpha)
    if design.power(discordant_share) < power:
        share = f"{discordant_share:.1%} discordant pairs"
        reason = f"{items} items with {share} are too few for any difference"
        return Detectable(None, power, alpha, method, reason)
    from scipy.optimize import brentq

    # The power of a discrete test jumps with the number of items, not with the difference: it rises
    # steadily here.
    value = brentq(lambda d: design.power(d) - power, 0.0, discordant_share, xtol=1e-6)
    return Detectable(float(value), power, alpha, method)


def detectable_from_error(
    standard_error: float,
    degrees_of_freedom: float = math.inf,
    power: float = 0.8,
    alpha: float = 0.05,
) -> Detectable:
    """Smallest detectable difference from a standard error, about 2.8 of them at 80% and 5%.

    Accuracies do not differ by more than 1: where that would have to be, there is none.
    """
    quantiles = (
        student_quantile(1 - alpha, degrees_of_freedom),
        # The power is one-sided and the quantile two-sided: 80% of one side is 60% of both.
        student_quantile(2 * power - 1, degrees_of_freedom),
    )
    value = sum(quantiles) * standard_error
    if value > 1:
        return Detectable(None, power, alpha, "standard error", TOO_WIDE)
    return Detectable(value, power, alpha, "standard error")


def detectable_in(result: PairedDifference, power: float = 0.8, alpha: float = 0.05) -> Detectable:
    """Smallest difference that a comparison like `result` can show.

    From its number of items and share of discordant pairs where exact McNemar was the test, from
    its standard error otherwise.
    """
    share, estimate = result.discordant_share, result.difference
    if result.p_method == "exact McNemar" and share is not None:
        return detectable_difference(estimate.items, share, power, alpha)
    if estimate.standard_error is None:
        return Detectable(None, power, alpha, "standard error", estimate.reason)
    freedom = estimate.degrees_of_freedom
    return detectable_from_error(
        estimate.standard_error, math.inf if freedom is None else freedom, power, alpha
    )
