"""Bootstrap draws of accuracies, for statistics that are not linear in the items.

All cells of a draw share its resampled items, so differences between columns are paired.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breakeven.statistics.estimates import (
    Estimate,
    FloatArray,
    IntArray,
    absent,
    cluster_index,
    require_level,
)
from breakeven.statistics.intervals import Clusters

BLOCK_WEIGHTS = 2_000_000


def bootstrap_means(
    correct: ArrayLike, draws: int, seed: int, clusters: Clusters | None = None
) -> FloatArray:
    """Resampled mean of each cell over the items of one task; see `bootstrap_family_means`."""
    return bootstrap_family_means([correct], draws, seed, [clusters])


def bootstrap_family_means(
    tasks: Sequence[ArrayLike],
    draws: int,
    seed: int,
    clusters: Sequence[Clusters | None] | None = None,
) -> FloatArray:
    """Resampled family score of each cell, (draws, cells): the unweighted mean of its tasks.

    tasks: an array a task, (cells, items) or (cells, seeds, items), the same cells and seeds in
    each. Items are resampled within their task, whole clusters where given; several seeds are
    resampled too, the same ones for all cells and tasks of a draw. Memory is bounded by blocks
    of draws. Raises ValueError on no items, one cluster, one item, or shapes that do not agree.
    """
    arrays = [_cells_seeds_items(task) for task in tasks]
    if len({array.shape[:2] for array in arrays}) != 1:
        raise ValueError("tasks differ in cells or seeds (or there are none); use the same in each")
    labels = clusters if clusters is not None else [None] * len(arrays)
    if len(labels) != len(arrays):
        raise ValueError(f"{len(labels)} cluster lists for {len(arrays)} tasks; use one a task")
    seed_stream, *streams = np.random.SeedSequence(seed).spawn(len(arrays) + 1)
    cells, seeds, _ = arrays[0].shape
    total = np.zeros((draws, cells, seeds))
    for array, label, stream in zip(arrays, labels, streams, strict=True):
        index = None if label is None else cluster_index(label, array.shape[2])
        total += _task_means(array, index, draws, np.random.default_rng(stream))
    seed_weights = _seed_weights(draws, seeds, np.random.default_rng(seed_stream))
    means: FloatArray = np.einsum("dcs,ds->dc", total / len(arrays), seed_weights)
    return means


def percentile_interval(
    value: float | None, draws: FloatArray, items: int, level: float = 0.95
) -> Estimate:
    """Interval between the percentiles of `draws` of one statistic, about its observed `value`.

    Absent where a draw is undefined (not finite) or all draws are equal.
    """
    require_level(level)
    undefined = int(np.sum(~np.isfinite(draws)))
    reason = None
    if value is None:
        reason = "the statistic is undefined on the data"
    elif undefined:
        reason = f"undefined in {undefined} of {len(draws)} resamples"
    elif len(draws) < 2 or np.ptp(draws) == 0:
        reason = "no variation between resamples"
    if reason:
        return absent(reason, method="bootstrap", level=level, items=items, value=value)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=value,
        low=float(low),
        high=float(high),
        standard_error=float(np.std(draws, ddof=1)),
        items=items,
        level=level,
        method="bootstrap",
    )


def _cells_seeds_items(task: ArrayLike) -> NDArray[np.float32]:
    array = np.asarray(task, dtype=np.float32)
    if array.ndim == 2:
        array = array[:, None, :]
    if array.ndim != 3:
        raise ValueError(f"outcomes have {array.ndim} dimensions; use cells, items or seeds too")
    if array.shape[2] < 2:
        raise ValueError(f"{array.shape[2]} items to resample; use at least 2")
    if not np.isfinite(array).all():
        raise ValueError("outcomes hold a value that is not finite; drop that item in all cells")
    return array


def _task_means(
    array: NDArray[np.float32], index: IntArray | None, draws: int, rng: np.random.Generator
) -> FloatArray:
    """(draws, cells, seeds) means of resampled units, an item or a cluster of items each."""
    cells, seeds, items = array.shape
    rows = array.reshape(cells * seeds, items)
    sizes = np.ones(items) if index is None else np.bincount(index).astype(np.float64)
    units = len(sizes)
    if units < 2:
        raise ValueError("one cluster to resample; use at least 2")
    if index is not None:
        rows = np.stack([np.bincount(index, weights=row) for row in rows]).astype(np.float32)
    # A last column of unit sizes: their resampled sum is what the others are divided by.
    columns = np.column_stack([rows.T, sizes.astype(np.float32)])
    means = np.empty((draws, cells * seeds))
    block = max(1, BLOCK_WEIGHTS // units)
    for start in range(0, draws, block):
        count = min(block, draws - start)
        sums = (_resample_counts(count, units, rng) @ columns).astype(np.float64)
        means[start : start + count] = sums[:, :-1] / sums[:, -1:]
    return means.reshape(draws, cells, seeds)


def _resample_counts(draws: int, units: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How often each unit is drawn: multinomial counts, by tallying uniform draws.

    Tallying is several times faster than a multinomial generator with thousands of outcomes.
    """
    drawn = rng.integers(0, units, size=(draws, units), dtype=np.int64)
    drawn += np.arange(draws)[:, None] * units
    counts = np.bincount(drawn.ravel(), minlength=draws * units)
    return counts.reshape(draws, units).astype(np.float32)


def _seed_weights(draws: int, seeds: int, rng: np.random.Generator) -> FloatArray:
    if seeds == 1:
        return np.ones((draws, 1))
    return rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds
