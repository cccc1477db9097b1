"""Bootstrap draws of accuracies, for statistics that are not linear in the items.

All cells of a draw share its resampled items, so differences between columns are paired.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breakeven.statistics.clustering import linked_tasks, number_clusters
from breakeven.statistics.estimates import FloatArray, IntArray
from breakeven.statistics.intervals import Clusters

# Counts of units that are held at once, so that memory does not grow with the number of draws.
BLOCK_WEIGHTS = 2_000_000


def bootstrap_family_means(
    tasks: Sequence[ArrayLike],
    draws: int,
    seed: int,
    clusters: Sequence[Clusters | None] | None = None,
    arms: Sequence[str] | None = None,
) -> FloatArray:
    """Resampled family score of each cell, (draws, cells): the unweighted mean of its tasks.

    tasks: an array a task, (cells, items) or (cells, seeds, items), the same cells and seeds in
    each. Items are resampled within their task, whole clusters where given, and what tasks have
    in common (a label that stands in several) moves together in all of them. With several seeds
    each cell also gets what its mean may lack of other training runs' (`_seed_deviations`);
    `arms` names each cell's arm, and cells of one arm share their variance between runs. Memory
    is bounded by blocks of draws. Raises ValueError on no items, one cluster, one item, or shapes
    that do not agree.
    """
    arrays = [_cells_seeds_items(task) for task in tasks]
    if len({array.shape[:2] for array in arrays}) != 1:
        raise ValueError("tasks differ in cells or seeds (or there are none); use the same in each")
    labels = clusters if clusters is not None else [None] * len(arrays)
    if len(labels) != len(arrays):
        raise ValueError(f"{len(labels)} cluster lists for {len(arrays)} tasks; use one a task")
    # Each task has a stream of its own, so that its resamples do not hang on how many items the
    # tasks before it have.
    seed_stream, *streams = np.random.SeedSequence(seed).spawn(len(arrays) + 1)
    cells, seeds, _ = arrays[0].shape
    total = np.zeros((draws, cells, seeds))
    index = number_clusters(labels, [array.shape[2] for array in arrays])
    for block in linked_tasks(index):
        rng = np.random.default_rng(streams[block[0]])
        total += _sum_of_means(
            [arrays[task] for task in block], [index[t] for t in block], draws, rng
        )
    total /= len(arrays)
    means: FloatArray = total.mean(axis=2)
    if seeds == 1:
        return means
    observed = np.mean([array.mean(axis=2) for array in arrays], axis=0)
    pools = np.unique(list(arms) if arms is not None else np.arange(cells), return_inverse=True)[1]
    means += _seed_deviations(total, observed, pools, np.random.default_rng(seed_stream))
    # The deviations of training runs are normal and know nothing of 0 and 1.
    return np.clip(means, 0.0, 1.0)


def _cells_seeds_items(task: ArrayLike) -> NDArray[np.float32]:
    # Sums of 0/1 outcomes are exact in float32 up to 2^24; a product of counts and outcomes takes
    # half the memory.
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


def _sum_of_means(
    arrays: Sequence[NDArray[np.float32]],
    clusters: Sequence[IntArray | None],
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """(draws, cells, seeds) sums of the means of tasks that share the resampled units."""
    cells, seeds, _ = arrays[0].shape
    columns = _unit_columns(arrays, clusters)
    tasks, units, _ = columns.shape
    means = np.empty((draws, cells * seeds))
    block = max(1, BLOCK_WEIGHTS // units)
    for start in range(0, draws, block):
        count = min(block, draws - start)
        counts = _counts_in_every_task(count, columns[:, :, -1], rng)
        sums = [(counts @ columns[task]).astype(np.float64) for task in range(tasks)]
        means[start : start + count] = np.sum([s[:, :-1] / s[:, -1:] for s in sums], axis=0)
    return means.reshape(draws, cells, seeds)


def _unit_columns(
    arrays: Sequence[NDArray[np.float32]], clusters: Sequence[IntArray | None]
) -> NDArray[np.float32]:
    """(tasks, units, cells · seeds + 1): sums over the items of each unit, an item or a cluster.

    The last column holds how many items of the task are in the unit: the resampled sum of these
    is what the others are divided by.
    """
    known = [index for index in clusters if index is not None]
    rows = [array.reshape(-1, array.shape[2]) for array in arrays]
    if not known:
        (own,) = rows
        return np.column_stack([own.T, np.ones(own.shape[1], np.float32)])[None]
    names = np.unique(np.concatenate(known))
    if len(names) < 2:
        raise ValueError("one cluster to resample; use at least 2")
    found = []
    for own, index in zip(rows, known, strict=True):
        places = np.searchsorted(names, index)
        columns = [np.bincount(places, weights=row, minlength=len(names)) for row in own]
        columns.append(np.bincount(places, minlength=len(names)))
        found.append(np.stack(columns, axis=1))
    return np.stack(found).astype(np.float32)


def _counts_in_every_task(
    draws: int, sizes: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """(draws, units) counts; a draw that holds no item of some task is drawn again.

    `sizes` is (tasks, units).
    """
    counts = resample_counts(draws, sizes.shape[1], rng)
    # A draw without an item of some task has no mean there. Leaving the draw out would do the same
    # as drawing it anew, with fewer draws.
    while (empty := (counts @ sizes.T == 0).any(axis=1)).any():
        counts[empty] = resample_counts(int(empty.sum()), sizes.shape[1], rng)
    return counts


def resample_counts(draws: int, units: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How often each unit is drawn: multinomial counts, by tallying uniform draws.

    Tallying is several times faster than a multinomial generator with thousands of outcomes.
    """
    drawn = rng.integers(0, units, size=(draws, units), dtype=np.int64)
    # Each draw counts in a range of its own, so that one bincount serves them all.
    drawn += np.arange(draws)[:, None] * units
    counts = np.bincount(drawn.ravel(), minlength=draws * units)
    return counts.reshape(draws, units).astype(np.float32)


def _seed_deviations(
    drawn: FloatArray, observed: FloatArray, pools: IntArray, rng: np.random.Generator
) -> FloatArray:
    """(draws, cells) normal deviations of the mean over seeds from that over all training runs.

    `drawn` (draws, cells, seeds) are resampled accuracies, `observed` (cells, seeds) those
    measured. The spread of the seeds holds noise of the items too, by which the draws spread
    more still: it is taken off, as resampled items bring it. The variance between runs is pooled
    over a pool's cells and is itself drawn, by the χ² of its degrees of freedom: few seeds give
    tails as wide as Student's t. Resampling the seeds would give (S - 1)/S of the variance, and
    no such tails.
    """
    draws, cells, seeds = drawn.shape
    spread = observed.var(axis=1, ddof=1)
    noise = np.maximum(drawn.var(axis=2, ddof=1).mean(axis=0) - spread, 0.0)
    deviations = rng.normal(size=(draws, cells))
    # Two or three seeds of one cell tell next to nothing of a variance; those of all sizes of an
    # arm together tell something.
    for pool in np.unique(pools):
        own = pools == pool
        freedom = int(own.sum()) * (seeds - 1)
        between = spread[own].mean() * freedom / rng.chisquare(freedom, draws)
        runs = np.maximum(between - noise[own].mean(), 0.0)
        deviations[:, own] *= np.sqrt(runs / seeds)[:, None]
    return deviations
