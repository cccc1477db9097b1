"""How inference FLOPs grow with size: a power law by least squares on log-log axes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from breakeven.frontiers.checks import Floats, Numbers, as_costs, as_level


@dataclass(frozen=True)
class PowerLaw:
    """flops = coefficient · size^exponent, in the size unit that was fitted.

    `exponent_error` is the standard error of the exponent; it is None with a `reason` where two
    points leave no degree of freedom.
    """

    coefficient: float
    exponent: float
    exponent_error: float | None
    points: int
    reason: str | None

    def predict(self, sizes: Numbers) -> Floats:
        """FLOPs at `sizes`."""
        flops: Floats = self.coefficient * as_costs(sizes, "sizes") ** self.exponent
        return flops

    def exponent_interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Student t interval of the exponent, points - 2 degrees of freedom; None without error."""
        if self.exponent_error is None:
            return None
        from scipy.stats import t

        reach = float(t.ppf((1 + as_level(level)) / 2, self.points - 2)) * self.exponent_error
        return self.exponent - reach, self.exponent + reach


def fit_power_law(sizes: Numbers, flops: Numbers) -> PowerLaw | None:
    """The power law through (size, flops) points; None below two distinct sizes.

    Raises ValueError on values not above zero or lengths that differ.
    """
    size_array, flop_array = as_costs(sizes, "sizes"), as_costs(flops, "flops")
    if len(size_array) != len(flop_array):
        raise ValueError(
            f"flops: {len(flop_array)} values for {len(size_array)} sizes; use one each"
        )
    if len(np.unique(size_array)) < 2:
        return None
    x, y = np.log(size_array), np.log(flop_array)
    centred = x - x.mean()
    spread = float(centred @ centred)
    exponent = float(centred @ y) / spread
    intercept = float(y.mean() - exponent * x.mean())
    coefficient = float(np.exp(intercept))
    # A line through two points has no residuals to tell its error by.
    if len(x) == 2:
        return PowerLaw(coefficient, exponent, None, 2, "two points leave no degree of freedom")
    residuals = y - intercept - exponent * x
    error = float(np.sqrt(residuals @ residuals / (len(x) - 2) / spread))
    return PowerLaw(coefficient, exponent, error, len(x), None)


def fit_power_laws(
    points: Mapping[tuple[str, str], tuple[Numbers, Numbers]],
) -> dict[tuple[str, str], PowerLaw | None]:
    """A power law for every (family, style), from its (sizes, flops)."""
    return {key: fit_power_law(sizes, flops) for key, (sizes, flops) in points.items()}
