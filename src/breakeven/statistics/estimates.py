"""The result every interval is reported as, and the quantiles that make one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its interval; whatever could not be had is None and `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    items: int
    level: float
    method: str
    degrees_of_freedom: float | None = None
    clusters: int | None = None
    reason: str | None = None


def absent(
    reason: str,
    *,
    method: str,
    level: float,
    items: int,
    value: float | None = None,
    clusters: int | None = None,
) -> Estimate:
    """An estimate without an interval, and without a value unless one is given."""
    return Estimate(
        value=value,
        low=None,
        high=None,
        standard_error=None,
        items=items,
        level=level,
        method=method,
        clusters=clusters,
        reason=reason,
    )


def within(estimate: Estimate, lowest: float, highest: float) -> Estimate:
    """Cut the interval at the bounds that the quantity itself has."""
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(lowest, estimate.low), high=min(highest, estimate.high))


def require_level(level: float) -> None:
    """Raise ValueError unless `level` lies strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; use a share between 0 and 1, such as 0.95")


def finite_vector(values: ArrayLike, name: str) -> FloatArray:
    """`values` as a float vector; raises ValueError on another shape, NaN or infinity."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ValueError(f"{name} has {vector.ndim} dimensions; use one value an item")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name} holds a value that is not finite; drop that item in both arms")
    return vector


def cluster_index(clusters: Sequence[object] | NDArray[np.generic], items: int) -> IntArray:
    """Number each item's cluster 0, 1, …; raises ValueError unless there is one label an item."""
    labels = np.asarray(clusters)
    if labels.shape != (items,):
        raise ValueError(f"clusters has shape {labels.shape}; use one label for each of {items}")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def student_quantile(level: float, degrees_of_freedom: float) -> float:
    """The two-sided quantile of Student's t; 1.96 at 0.95 on infinite degrees of freedom."""
    # scipy.special: scipy.stats takes three times as long to import for the same number.
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, 0.5 + level / 2))


def student_p(ratio: float, degrees_of_freedom: float) -> float:
    """Two-sided p of an estimate `ratio` standard errors away from zero."""
    from scipy.special import stdtr

    return float(2 * stdtr(degrees_of_freedom, -abs(ratio)))
