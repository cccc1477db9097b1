"""The difference of two styles on the same items, one task or a family of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from breakeven.statistics.clustering import number_clusters
from breakeven.statistics.estimates import Estimate, FloatArray, IntArray, within
from breakeven.statistics.intervals import Clusters
from breakeven.statistics.signflip import sign_flip_p
from breakeven.statistics.strata import SeededMean, Stratum, mean_of_strata

NO_DISCORDANT_PAIRS = "no discordant pairs"


class McNemar(NamedTuple):
    """Exact McNemar test of paired 0/1 outcomes; `p_value` is None where no pair differs."""

    p_value: float | None
    only_first: int
    only_second: int
    reason: str | None


class PairedTask(NamedTuple):
    """Outcomes in 0..1 of two cells on the same items: (items,) or (seeds, items) each.

    A label in `clusters` that stands in several tasks is one cluster of all of them.
    """

    first: ArrayLike
    second: ArrayLike
    clusters: Clusters | None = None


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """`difference` is second minus first; see `SeededMean` for `given_seeds` and seeds.

    `only_first_items` and `only_second_items` count pairs that one cell alone got right, absent
    where outcomes are not 0 or 1 or there are several seeds.
    """

    difference: Estimate
    given_seeds: Estimate
    first_accuracy: float | None
    second_accuracy: float | None
    only_first_items: int | None
    only_second_items: int | None
    p_value: float | None
    p_method: str
    p_reason: str | None
    seeds: int
    seed_standard_deviation: float | None
    seed_reason: str | None

    @property
    def discordant_share(self) -> float | None:
        """Share of the items that one cell alone got right."""
        if self.only_first_items is None or self.only_second_items is None:
            return None
        items = self.difference.items
        return (self.only_first_items + self.only_second_items) / items if items else None


def exact_mcnemar(only_first: int, only_second: int) -> McNemar:
    """Two-sided binomial test of the discordant pairs (McNemar 1947, exact form)."""
    if only_first < 0 or only_second < 0:
        raise ValueError(f"counts are {only_first} and {only_second}; use counts of pairs")
    if only_first + only_second == 0:
        return McNemar(None, 0, 0, NO_DISCORDANT_PAIRS)
    from scipy.stats import binomtest

    p_value = float(binomtest(only_first, only_first + only_second).pvalue)
    return McNemar(p_value, only_first, only_second, None)


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Clusters | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> PairedDifference:
    """Difference of two cells on the items of one task; see `family_difference`."""
    return family_difference([PairedTask(first, second, clusters)], level, seed)


def family_difference(
    tasks: Sequence[PairedTask],
    level: float = 0.95,
    seed: int = 0,
    prior_variance: float | None = None,
) -> PairedDifference:
    """Unweighted mean over tasks of second minus first, with interval and p.

    The p is exact McNemar's for one task of 0/1 outcomes, one seed and no clusters; by flipping
    the signs of items (of clusters, where given) for other cases with one seed, `seed` being that
    test's; and the p at which the interval touches zero with several seeds, of which
    `prior_variance` is what other training runs tell (`mean_of_strata`). Raises ValueError on
    arrays that do not pair or hold values outside 0..1.
    """
    pairs = [_pair(task) for task in tasks]
    sizes = [first.shape[1] for first, _ in pairs]
    clusters = number_clusters([task.clusters for task in tasks], sizes)
    strata = [
        Stratum(second - first, index)
        for (first, second), index in zip(pairs, clusters, strict=True)
    ]
    # Without the adjustment two cells that agree on every item would have an interval of no width.
    mean = mean_of_strata(strata, level, True, prior_variance)
    counts = _discordant_counts(pairs) if mean.seeds == 1 else None
    p_value, p_method, p_reason = _test(mean, strata, clusters, counts, seed)
    return PairedDifference(
        difference=within(mean.estimate, -1.0, 1.0),
        given_seeds=within(mean.given_seeds, -1.0, 1.0),
        first_accuracy=_family_accuracy([first for first, _ in pairs]),
        second_accuracy=_family_accuracy([second for _, second in pairs]),
        only_first_items=None if counts is None else counts[0],
        only_second_items=None if counts is None else counts[1],
        p_value=p_value,
        p_method=p_method,
        p_reason=p_reason,
        seeds=mean.seeds,
        seed_standard_deviation=mean.seed_standard_deviation,
        seed_reason=mean.seed_reason,
    )


def _test(
    mean: SeededMean,
    strata: Sequence[Stratum],
    clusters: Sequence[IntArray | None],
    counts: tuple[int, int] | None,
    seed: int,
) -> tuple[float | None, str, str | None]:
    """The p value, how it was had, and why it is absent if it is."""
    if mean.seeds > 1:
        reason = mean.seed_reason if mean.p_value is None else None
        return mean.p_value, "seeds then items", reason
    if mean.seeds == 0 or any(part.values.shape[1] == 0 for part in strata):
        return None, "none", "no items"
    clustered = any(index is not None for index in clusters)
    if counts is not None and len(strata) == 1 and not clustered:
        # Sign flips of unrelated 0/1 items come to the same p; this one is a formula, and has a
        # name.
        test = exact_mcnemar(*counts)
        return test.p_value, "exact McNemar", test.reason
    p_value = sign_flip_p(_contributions(strata, clusters), seed=seed)
    method = "sign flips of clusters" if clustered else "sign flips of items"
    return p_value, method, NO_DISCORDANT_PAIRS if p_value is None else None


def _contributions(strata: Sequence[Stratum], clusters: Sequence[IntArray | None]) -> FloatArray:
    """What each item, or cluster (over all its tasks), adds to the family's difference."""
    parts: list[FloatArray] = []
    units = max((int(index.max()) + 1 for index in clusters if index is not None), default=0)
    by_cluster = np.zeros(units)
    for part, index in zip(strata, clusters, strict=True):
        differences = part.values[0] / (part.values.shape[1] * len(strata))
        if index is None:
            parts.append(differences)
        else:
            by_cluster += np.bincount(index, weights=differences, minlength=units)
    return np.concatenate([*parts, by_cluster])


def _pair(task: PairedTask) -> tuple[FloatArray, FloatArray]:
    first = np.atleast_2d(np.asarray(task.first, dtype=np.float64))
    second = np.atleast_2d(np.asarray(task.second, dtype=np.float64))
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(f"outcomes have shapes {first.shape} and {second.shape}; pair them first")
    for outcomes in (first, second):
        if not ((outcomes >= 0) & (outcomes <= 1)).all():
            raise ValueError("outcomes hold a value outside 0..1; use 0, 1 or a share of samples")
    return first, second


def _discordant_counts(
    pairs: Sequence[tuple[FloatArray, FloatArray]],
) -> tuple[int, int] | None:
    only_first = only_second = 0
    for first, second in pairs:
        if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
            return None
        only_first += int(np.sum(first > second))
        only_second += int(np.sum(second > first))
    return only_first, only_second


def _family_accuracy(outcomes: Sequence[FloatArray]) -> float | None:
    if not outcomes or any(part.size == 0 for part in outcomes):
        return None
    return float(np.mean([part.mean() for part in outcomes]))
