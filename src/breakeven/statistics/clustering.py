"""The variance of a mean when items may share a template or a passage."""

from typing import NamedTuple

import numpy as np

from breakeven.statistics.estimates import FloatArray, IntArray


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
