"""Means over the tasks of a family and over training seeds, with what each adds to the error."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from breakeven.statistics.clustering import (
    Labels,
    MeanVariance,
    laplace_difference,
    linked_tasks,
    mean_variance,
    number_clusters,
    sum_of_means_variance,
)
from breakeven.statistics.estimates import (
    Estimate,
    FloatArray,
    IntArray,
    absent,
    require_level,
    student_p,
    student_quantile,
)
from breakeven.statistics.moderation import Variance, moderated

ONE_SEED = "one seed: variance between seeds is not estimated"


@dataclass(frozen=True)
class Stratum:
    """One task: `values` is (seeds, items); `clusters` labels each item's cluster, if any.

    A label that stands in several tasks is one cluster of all of them.
    """

    values: FloatArray
    clusters: Labels | None = None


class _Task(NamedTuple):
    """A stratum with its clusters numbered together with those of the other tasks."""

    values: FloatArray
    clusters: IntArray | None


@dataclass(frozen=True, kw_only=True)
class SeededMean:
    """A mean over seeds and items, and the same for the seeds at hand only.

    `estimate` speaks of another training run on other items, `given_seeds` of these trained
    models on other items. With one seed both are the latter, and `seed_reason` says so.
    `seed_standard_deviation` is between true means of training runs, noise of items taken off.
    """

    estimate: Estimate
    given_seeds: Estimate
    seeds: int
    seed_standard_deviation: float | None
    seed_reason: str | None
    p_value: float | None


class _Spread(NamedTuple):
    """Of a mean or a sum of means: its centre, variance by items (all seeds; one seed's noise)."""

    centre: float
    item_variance: float
    item_freedom: float
    noise_variance: float


def mean_of_strata(
    strata: Sequence[Stratum],
    level: float = 0.95,
    adjust_differences: bool = False,
    prior_variance: float | None = None,
) -> SeededMean:
    """Unweighted mean over tasks; within a task, over seeds first, then items.

    adjust_differences: values are differences in -1..1, so tasks without clusters get the
    adjustment of `laplace_difference`. With one seed the interval is by t (normal where
    adjusted). With S seeds its squared half-width is t²·s²/S from the S seed means, on S - 1
    degrees of freedom, plus z² times the item variance that seed means share and so do not show.
    prior_variance: what other training runs tell of s², by which it is `moderated`.
    Raises ValueError where tasks differ in their number of seeds.
    """
    require_level(level)
    seeds = _number_of_seeds(strata)
    sizes = [part.values.shape[1] for part in strata]
    numbered = number_clusters([part.clusters for part in strata], sizes)
    tasks = [_Task(part.values, index) for part, index in zip(strata, numbered, strict=True)]
    items = sum(sizes)
    reason = _why_undefined(tasks, seeds)
    value = None if items == 0 or reason == "no items" else _grand_mean(tasks)
    spread = None if reason else _spread(tasks, adjust_differences)
    if value is None or spread is None or spread.item_variance == 0:
        why = reason or ("one item" if spread is None else "no variation between items")
        nothing = absent(why, method="items", level=level, items=items, value=value)
        return _single(nothing, seeds, why, None)
    given = _given_seeds(tasks, value, spread, level)
    if seeds > 1:
        return _over_seeds(tasks, given, spread, prior_variance)
    # The p belongs to the centre of the interval, which the adjustment has moved off the value.
    ratio = spread.centre / float(np.sqrt(spread.item_variance))
    return _single(given, 1, ONE_SEED, student_p(ratio, spread.item_freedom))


def _single(estimate: Estimate, seeds: int, reason: str, p_value: float | None) -> SeededMean:
    """A mean of which nothing is known beyond the seeds at hand."""
    return SeededMean(
        estimate=estimate,
        given_seeds=estimate,
        seeds=seeds,
        seed_standard_deviation=None,
        seed_reason=reason,
        p_value=p_value,
    )


def _over_seeds(
    tasks: Sequence[_Task], given: Estimate, spread: _Spread, prior: float | None
) -> SeededMean:
    """Widen the interval of the seeds at hand to training runs that were not made."""
    seed_means = np.mean([part.values.mean(axis=1) for part in tasks], axis=0)
    seeds = len(seed_means)
    # Below the rounding of sums of shares, seeds agree.
    variance_between = float(np.var(seed_means, ddof=1)) if np.ptp(seed_means) > 1e-12 else 0.0
    # Means of few answers fall on few values, and those of three seeds on one value now and then.
    # Seeds that answer every item alike, as an untrained model does, do have no spread.
    least = min(_step_variance(tasks), spread.noise_variance)
    own = Variance(max(variance_between, least), seeds - 1)
    found = moderated(own, prior)
    between, freedom = max(found.value, least) / seeds, found.degrees_of_freedom
    # What one seed's answers scatter by themselves is in the spread of the seeds already. A
    # variance component cut at zero instead fell to 88 to 93% coverage with two or three seeds
    # (docs/decisions.md).
    shared = max(spread.item_variance - spread.noise_variance / seeds, 0.0)
    margin = margin_over_seeds(given.level, freedom, between, shared)
    excess = variance_between - spread.noise_variance
    estimate = replace(
        given,
        low=spread.centre - margin,
        high=spread.centre + margin,
        standard_error=float(np.sqrt(between + shared)),
        method="seeds then items",
        degrees_of_freedom=freedom * ((between + shared) / between) ** 2 if between else None,
    )
    return SeededMean(
        estimate=estimate,
        given_seeds=given,
        seeds=seeds,
        seed_standard_deviation=float(np.sqrt(max(excess, 0.0))),
        seed_reason=None if excess > 0 else "seeds differ no more than their items explain",
        p_value=p_over_seeds(spread.centre, freedom, between, shared),
    )


def _step_variance(tasks: Sequence[_Task]) -> float:
    """Variance of a mean by the steps that it can take: a twelfth of a squared step (Sheppard).

    Seeds that agree exactly were taken to have no spread at all: of 60 items and three seeds
    without any difference 0.12% had a p below 0.0003, where a report's correction asks for it, and
    none have it now (docs/decisions.md).
    """
    steps = []
    for part in tasks:
        gaps = np.diff(np.unique(part.values))
        # Equal sums of weights may differ in their last bits.
        gaps = gaps[gaps > 1e-9]
        steps.append(float(gaps.min()) / part.values.shape[1] if gaps.size else 0.0)
    return sum(step**2 for step in steps) / 12 / len(tasks) ** 2


def margin_over_seeds(level: float, freedom: float, between: float, shared: float) -> float:
    """Half the interval of a mean over seeds: `between` them, and `shared` by them (variances).

    `freedom` are the degrees of freedom of `between`.
    """
    quantiles = student_quantile(level, freedom), student_quantile(level, np.inf)
    return float(np.sqrt(quantiles[0] ** 2 * between + quantiles[1] ** 2 * shared))


def p_over_seeds(centre: float, freedom: float, between: float, shared: float) -> float:
    """The p whose interval just touches zero (there is no closed form)."""
    from scipy.optimize import brentq

    def gap(p_value: float) -> float:
        return margin_over_seeds(1 - p_value, freedom, between, shared) - abs(centre)

    # brentq needs a change of sign. No correction tells a smaller p from this one.
    smallest = 1e-12
    if gap(smallest) <= 0:
        return smallest
    return 1.0 if gap(1.0) >= 0 else float(brentq(gap, smallest, 1.0))


def _given_seeds(tasks: Sequence[_Task], value: float, spread: _Spread, level: float) -> Estimate:
    error = float(np.sqrt(spread.item_variance))
    margin = student_quantile(level, spread.item_freedom) * error
    clustered = [part.clusters for part in tasks if part.clusters is not None]
    clusters = len(np.unique(np.concatenate(clustered))) if clustered else None
    return Estimate(
        value=value,
        low=spread.centre - margin,
        high=spread.centre + margin,
        standard_error=error,
        items=sum(part.values.shape[1] for part in tasks),
        level=level,
        method="clustered items" if clustered else "items",
        degrees_of_freedom=None if np.isinf(spread.item_freedom) else spread.item_freedom,
        clusters=clusters,
    )


def _spread(tasks: Sequence[_Task], adjust: bool) -> _Spread | None:
    """Add the variances of the tasks, of those that share clusters as one; None where one lacks it.

    A task lacks it with fewer than two clusters.
    """
    blocks = linked_tasks([part.clusters for part in tasks])
    parts = [_block_spread([tasks[task] for task in block], adjust) for block in blocks]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    centres, variances, freedoms, noises = np.array(known).T
    total, count = float(variances.sum()), len(tasks)
    # Welch and Satterthwaite: a task of few clusters counts by its share of the variance.
    by_freedom = float((variances**2 / freedoms).sum())
    return _Spread(
        centre=float(centres.sum()) / count,
        item_variance=total / count**2,
        item_freedom=total**2 / by_freedom if by_freedom > 0 else np.inf,
        noise_variance=float(noises.sum()) / count**2,
    )


def _block_spread(block: Sequence[_Task], adjust: bool) -> _Spread | None:
    """The sum of the means of tasks that share clusters (or of one task)."""
    item_means = [part.values.mean(axis=0) for part in block]
    noise = _noise_variance(block)
    # Bonett and Price adjust unrelated pairs. A cluster is no pair: its errors are taken as they
    # are.
    if adjust and len(block) == 1 and block[0].clusters is None:
        return _Spread(*laplace_difference(item_means[0]), np.inf, noise)
    plain = _variance(item_means, block)
    if plain is None:
        return None
    centre = float(sum(one.mean() for one in item_means))
    return _Spread(centre, plain.variance, plain.degrees_of_freedom, noise)


def _variance(values: Sequence[FloatArray], block: Sequence[_Task]) -> MeanVariance | None:
    clusters = [part.clusters for part in block if part.clusters is not None]
    if len(block) > 1:
        return sum_of_means_variance(values, clusters)
    return mean_variance(values[0], clusters[0] if clusters else None)


def _noise_variance(block: Sequence[_Task]) -> float:
    """Variance of one seed's sum of means by what is neither the seed's nor the items' own."""
    seeds = len(block[0].values)
    if seeds < 2:
        return 0.0
    residuals = [_residuals(part.values) for part in block]
    spreads = [_variance([one[seed] for one in residuals], block) for seed in range(seeds)]
    variances = [spread.variance for spread in spreads if spread is not None]
    # Residuals lack their items' means over the seeds, and with them 1/seeds of their variance.
    return float(np.mean(variances)) * seeds / (seeds - 1) if variances else 0.0


def _residuals(values: FloatArray) -> FloatArray:
    """(seeds, items) less the means of items and of seeds."""
    item_means, seed_means = values.mean(axis=0), values.mean(axis=1, keepdims=True)
    rest: FloatArray = values - item_means - seed_means + values.mean()
    return rest


def _number_of_seeds(strata: Sequence[Stratum]) -> int:
    counts = {len(part.values) for part in strata}
    if len(counts) > 1:
        raise ValueError(f"tasks have different numbers of seeds: {sorted(counts)}")
    return counts.pop() if counts else 0


def _why_undefined(tasks: Sequence[_Task], seeds: int) -> str | None:
    if seeds == 0 or any(part.values.shape[1] == 0 for part in tasks):
        return "no items"
    for part in tasks:
        if part.clusters is not None and len(np.unique(part.clusters)) < 2:
            return "one cluster"
    return None


def _grand_mean(tasks: Sequence[_Task]) -> float:
    return float(np.mean([part.values.mean() for part in tasks]))
