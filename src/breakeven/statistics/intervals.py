"""Intervals of one accuracy, one mean, and the unweighted mean of several tasks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breakeven.statistics.clustering import mean_variance
from breakeven.statistics.estimates import (
    Estimate,
    absent,
    cluster_index,
    finite_vector,
    require_level,
    student_quantile,
    within,
)

Clusters = Sequence[Any] | NDArray[Any]


def wilson(correct_items: int, items: int, level: float = 0.95) -> Estimate:
    """Accuracy with its Wilson score interval (Wilson 1927).

    Raises ValueError unless 0 <= correct_items <= items.
    """
    require_level(level)
    if not 0 <= correct_items <= items:
        raise ValueError(f"{correct_items} of {items} correct; use 0 <= correct_items <= items")
    if items == 0:
        return absent("no items", method="wilson", level=level, items=0)
    return wilson_share(correct_items / items, items, level)


def wilson_share(value: float, items: int, level: float = 0.95) -> Estimate:
    """The same from a share: where it is rounded, or stands for fewer unrelated items.

    Raises ValueError unless 0 <= value <= 1 and there is an item.
    """
    require_level(level)
    if not 0 <= value <= 1 or items < 1:
        raise ValueError(f"a share of {value} of {items} items; use 0..1 of at least one")
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(value * items, items, alpha=1 - level, method="wilson")
    return Estimate(
        value=value,
        # Both ends are exact at a share of 0 or 1, where the library leaves its rounding.
        low=0.0 if value == 0 else max(0.0, float(low)),
        high=1.0 if value == 1 else min(1.0, float(high)),
        standard_error=float(np.sqrt(value * (1 - value) / items)),
        items=items,
        level=level,
        method="wilson",
    )


def mean_interval(
    values: ArrayLike, clusters: Clusters | None = None, level: float = 0.95
) -> Estimate:
    """Mean of one value an item; interval by Student's t on clusters - 1 degrees of freedom.

    clusters: a label an item, equal where items share a template or passage. Absent interval
    (the mean stays) with one cluster, or where nothing varies. Raises ValueError on values that
    are not finite or on clusters of another length.
    """
    require_level(level)
    vector = finite_vector(values, "values")
    index = None if clusters is None else cluster_index(clusters, len(vector))
    method = "t" if index is None else "clustered t"
    if len(vector) == 0:
        return absent("no items", method=method, level=level, items=0)
    value, spread = float(vector.mean()), mean_variance(vector, index)
    if spread is None or spread.variance == 0:
        one = "one item" if index is None else "one cluster"
        reason = one if spread is None else "no variation between items"
        return absent(reason, method=method, level=level, items=len(vector), value=value)
    error = float(np.sqrt(spread.variance))
    margin = student_quantile(level, spread.degrees_of_freedom) * error
    return Estimate(
        value=value,
        low=value - margin,
        high=value + margin,
        standard_error=error,
        items=len(vector),
        level=level,
        method=method,
        degrees_of_freedom=spread.degrees_of_freedom,
        clusters=None if index is None else spread.clusters,
    )


def accuracy_interval(
    correct: ArrayLike, clusters: Clusters | None = None, level: float = 0.95
) -> Estimate:
    """Accuracy over items in 0..1: Wilson where items are 0 or 1 and unrelated, else by t.

    An interval by t is cut at 0 and 1. Raises ValueError on values outside 0..1.
    """
    vector = finite_vector(correct, "correct")
    if ((vector < 0) | (vector > 1)).any():
        raise ValueError("correct holds a value outside 0..1; use the share of samples correct")
    if clusters is None and np.isin(vector, (0, 1)).all():
        return wilson(int(vector.sum()), len(vector), level)
    return within(mean_interval(vector, clusters, level), 0.0, 1.0)


def mean_of_estimates(estimates: Sequence[Estimate]) -> Estimate:
    """Unweighted mean of independent estimates: a family score from its tasks.

    Each side's margins add in squares (Zou and Donner 2008), so the family interval keeps the
    asymmetry of its tasks' and stays inside their bounds. Absent where any part is. Raises
    ValueError where the levels differ.
    """
    if not estimates:
        return absent("no tasks", method="mean of tasks", level=0.95, items=0)
    level, method = estimates[0].level, f"mean of tasks by {estimates[0].method}"
    if any(estimate.level != level for estimate in estimates):
        raise ValueError("the estimates have different levels; use one level for a family")
    items = sum(estimate.items for estimate in estimates)
    rows = [_complete(estimate) for estimate in estimates]
    missing = [e.reason for e, row in zip(estimates, rows, strict=True) if row is None]
    if missing:
        values = [estimate.value for estimate in estimates if estimate.value is not None]
        value = float(np.mean(values)) if len(values) == len(estimates) else None
        reason = f"{len(missing)} of {len(estimates)} tasks without an interval: {missing[0]}"
        return absent(reason, method=method, level=level, items=items, value=value)
    value, low, high, error = np.array([row for row in rows if row is not None]).T
    count = len(estimates)
    return Estimate(
        value=float(value.mean()),
        low=float(value.mean() - np.sqrt(np.sum((value - low) ** 2)) / count),
        high=float(value.mean() + np.sqrt(np.sum((high - value) ** 2)) / count),
        standard_error=float(np.sqrt(np.sum(error**2)) / count),
        items=items,
        level=level,
        method=method,
    )


def _complete(estimate: Estimate) -> tuple[float, float, float, float] | None:
    parts = (estimate.value, estimate.low, estimate.high, estimate.standard_error)
    present = tuple(part for part in parts if part is not None)
    return present if len(present) == 4 else None
