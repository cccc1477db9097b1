"""The variance of a mean when items may share a template or a passage."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.statistics.estimates import FloatArray, IntArray, cluster_index

Labels = Sequence[Any] | NDArray[Any]


class MeanVariance(NamedTuple):
    """The variance of a mean and what it rests on."""

    variance: float
    degrees_of_freedom: float
    clusters: int


def mean_variance(values: FloatArray, clusters: IntArray | None) -> MeanVariance | None:
    """Variance of the mean of `values`, robust to any dependence inside a cluster.

    Residuals are summed in each of G clusters, squared, and scaled by G/(G - 1) (Liang and Zeger
    1986; Miller 2024 for evaluations of language models). Without clusters every item is its
    own, which gives the usual s²/n. None with fewer than two clusters.
    """
    items = len(values)
    residuals = values - values.mean() if items else values
    sums = residuals if clusters is None else np.bincount(clusters, weights=residuals)
    groups = len(sums)
    if groups < 2:
        return None
    variance = groups / (groups - 1) * float(sums @ sums) / items**2
    return MeanVariance(variance, groups - 1.0, groups)


def number_clusters(labels: Sequence[Labels | None], items: Sequence[int]) -> list[IntArray | None]:
    """Number the clusters of several tasks together: a label is one cluster wherever it stands.

    So a content that is asked in two formats is one cluster of both tasks. None for a task
    without labels, and for one whose labels each stand at a single item of all tasks. Raises
    ValueError unless a task has one label an item.
    """
    known = {task: np.asarray(one) for task, one in enumerate(labels) if one is not None}
    # Labels of several tasks are sorted together, which numbers and texts cannot be.
    if not all(np.issubdtype(one.dtype, np.integer) for one in known.values()):
        known = {task: one.astype(str) for task, one in known.items()}
    for task, one in known.items():
        cluster_index(one, items[task])
    found: list[IntArray | None] = [None] * len(items)
    if not known:
        return found
    numbers, counts = np.unique(
        np.concatenate(list(known.values())), return_inverse=True, return_counts=True
    )[1:]
    ends = np.cumsum([len(one) for one in known.values()])[:-1]
    for task, part in zip(known, np.split(numbers.astype(np.int64), ends), strict=True):
        # Where no label stands twice, items are unrelated, and the exact test for those applies.
        found[task] = part if (counts[part] > 1).any() else None
    return found


def linked_tasks(clusters: Sequence[IntArray | None]) -> list[list[int]]:
    """Tasks in blocks that share no cluster with another block; `clusters` as numbered together."""
    blocks: list[tuple[list[int], set[int]]] = []
    for task, index in enumerate(clusters):
        own = set() if index is None else set(map(int, index))
        # A task may join blocks that had nothing in common before it came.
        touched = [block for block in blocks if block[1] & own]
        blocks = [block for block in blocks if block not in touched]
        members = sorted([task, *(one for block in touched for one in block[0])])
        blocks.append((members, own.union(*(block[1] for block in touched))))
    return sorted(members for members, _ in blocks)


def sum_of_means_variance(
    values: Sequence[FloatArray], clusters: Sequence[IntArray]
) -> MeanVariance | None:
    """Variance of the sum of several tasks' means, whose clusters are numbered together.

    As `mean_variance`: each item adds its residual over its task's items, summed by cluster.
    """
    residuals = np.concatenate([(one - one.mean()) / len(one) for one in values])
    numbers = np.unique(np.concatenate(list(clusters)), return_inverse=True)[1]
    sums = np.bincount(numbers, weights=residuals)
    groups = len(sums)
    if groups < 2:
        return None
    return MeanVariance(groups / (groups - 1) * float(sums @ sums), groups - 1.0, groups)


def laplace_difference(differences: FloatArray) -> tuple[float, float]:
    """Centre and variance of a mean difference after adding one +1 and one -1.

    For values in -1..1. With 0/1 outcomes this is the adjustment of Bonett and Price (2012),
    recommended by Fagerland, Lydersen and Laake (2014): the interval keeps its coverage with few
    discordant pairs and its width with none.
    """
    padded = len(differences) + 2
    centre = float(differences.sum()) / padded
    mean_square = (float(differences @ differences) + 2) / padded
    return centre, (mean_square - centre**2) / padded
