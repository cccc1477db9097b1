"""Weighted sums of accuracies with their sampling error: what every verdict is decided by.

The error comes from the items where there are any (paired, so that what cells share cancels).
Otherwise it is bounded from the number of questions of each task (`bounds`). Where there are
several training seeds, their spread is part of the error; with one the contrast says so.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.findings.bounds import bounded_variance, why_unbounded
from breakeven.findings.groups import Group
from breakeven.findings.run_spread import Part, prior_variance
from breakeven.findings.scored_results import (
    ScoredResults,
    TaskScores,
    of_seed,
    shared_seeds,
    task_scores,
)

if TYPE_CHECKING:
    from breakeven.statistics.strata import SeededMean, Stratum

ErrorBasis = Literal["items", "bound", "none"]


class Term(NamedTuple):
    """A group's accuracy times a weight."""

    weight: float
    group: Group


class Contrast(NamedTuple):
    """A weighted sum of accuracies (fractions) with its 95% interval.

    `p_above` is the one-sided p for the sum being above the threshold asked about, `p_below` for
    its being below. All but `value` are None, with a `reason`, where no sampling error can be had.
    `seed_reason` says what the interval lacks where training seeds do not tell.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    p_above: float | None
    p_below: float | None
    basis: ErrorBasis
    reason: str | None = None
    degrees_of_freedom: float = math.inf
    seed_reason: str | None = None

    @property
    def two_sided_p(self) -> float | None:
        """The p of the sum being at the threshold."""
        if self.p_above is None or self.p_below is None:
            return None
        return min(1.0, 2 * min(self.p_above, self.p_below))


def contrast(scored: ScoredResults, terms: Sequence[Term], threshold: float = 0.0) -> Contrast:
    """Judge a weighted sum of accuracies against `threshold`.

    Terms may span families. A family's tasks are weighed equally. What families share, the same
    content in two formats or training runs, is taken into the error where items are known.
    """
    # Claims, tables and figures ask for the same contrasts many times over.
    key = tuple(terms), threshold
    if key not in scored.contrasts:
        scored.contrasts[key] = _contrast(scored, terms, threshold)
    found: Contrast = scored.contrasts[key]
    return found


class SizedContrast(NamedTuple):
    """A difference over the mean of several students, and what it is at each, by its name."""

    mean: Contrast
    by_student: tuple[tuple[str, float], ...]

    @property
    def turns(self) -> bool:
        """Whether it points the other way at some size than it does on average."""
        return any(value * self.mean.value < 0 for _, value in self.by_student)


def mean_difference(scored: ScoredResults, pairs: Iterable[tuple[Group, Group]]) -> SizedContrast:
    """Accuracy of the first minus the second of each pair: families weigh alike, then students."""
    by_student: dict[str, list[list[Term]]] = {}
    for higher, lower in pairs:
        parts = by_student.setdefault(higher.cells[0].student, [])
        parts.append([Term(1.0, higher), Term(-1.0, lower)])
    means = {student: mean_terms(parts) for student, parts in by_student.items()}
    return SizedContrast(
        contrast(scored, mean_terms(means.values())),
        tuple((student, contrast(scored, terms).value) for student, terms in means.items()),
    )


def _contrast(scored: ScoredResults, terms: Sequence[Term], threshold: float) -> Contrast:
    found = _any_contrast(scored, terms, threshold)
    if found.low is None or found.high is None:
        return found
    # No accuracy is below 0 or above 1, however few the trainings are.
    least = sum(min(weight, 0.0) for weight, _ in terms)
    most = sum(max(weight, 0.0) for weight, _ in terms)
    return found._replace(low=max(found.low, least), high=min(found.high, most))


def _any_contrast(scored: ScoredResults, terms: Sequence[Term], threshold: float) -> Contrast:
    mean = _over_items(scored, terms, threshold)
    if mean is not None:
        return _from_items(mean, threshold)
    if scored.tables:
        value = sum(weight * group.accuracy for weight, group in terms)
        return _without_error(value, "no item or no seed that all of these cells share")
    return _from_counts(terms, threshold)


def group_difference(
    scored: ScoredResults, higher: Group, lower: Group, margin: float = 0.0
) -> Contrast:
    """Accuracy of `higher` minus accuracy of `lower`, judged against `margin`."""
    return contrast(scored, [Term(1.0, higher), Term(-1.0, lower)], margin)


def mean_terms(parts: Iterable[Sequence[Term]]) -> list[Term]:
    """The mean of several weighted sums as one, equal groups merged."""
    every = list(parts)
    merged: dict[Group, float] = {}
    for part in every:
        for weight, group in part:
            merged[group] = merged.get(group, 0.0) + weight / len(every)
    return [Term(weight, group) for group, weight in merged.items() if weight]


def slope_terms(sized: Sequence[tuple[float, Sequence[Term]]]) -> list[Term]:
    """Least squares slope per doubling of the size of weighted sums; empty below three sizes.

    `sized` holds sizes in billions of parameters, each with its sum.
    """
    doublings = [(math.log2(size_b), terms) for size_b, terms in sized]
    if len({x for x, _ in doublings}) < 3:
        return []
    centre = sum(x for x, _ in doublings) / len(doublings)
    spread = sum((x - centre) ** 2 for x, _ in doublings)
    return [
        Term(weight * (x - centre) / spread, group)
        for x, terms in doublings
        for weight, group in terms
    ]


def _by_family(terms: Sequence[Term]) -> list[list[Term]]:
    families = dict.fromkeys(term.group.cells[0].family for term in terms)
    return [[t for t in terms if t.group.cells[0].family == name] for name in families]


def _from_counts(terms: Sequence[Term], threshold: float) -> Contrast:
    """By the normal distribution, from the numbers of questions and the spread of the seeds."""
    value = sum(weight * group.accuracy for weight, group in terms)
    parts = _by_family(terms)
    reasons = [why_unbounded([group for _, group in part]) for part in parts]
    if any(reasons):
        return _without_error(value, next(reason for reason in reasons if reason))
    shared = sum(bounded_variance(part) for part in parts)
    seeds = shared_seeds([group for _, group in terms])
    if len(seeds) > 1:
        return _over_seeds(terms, seeds, shared, threshold)
    return _by_normal(value, math.sqrt(shared), threshold)


def _over_seeds(
    terms: Sequence[Term], seeds: Sequence[int], shared: float, threshold: float
) -> Contrast:
    from statistics import mean, variance

    from breakeven.statistics.strata import margin_over_seeds, p_over_seeds

    values = [sum(w * of_seed(group, seed).accuracy for w, group in terms) for seed in seeds]
    value, between = mean(values), variance(values) / len(seeds)
    margin = margin_over_seeds(0.95, len(seeds) - 1, between, shared)
    half = p_over_seeds(value - threshold, len(seeds) - 1, between, shared) / 2
    p_values = (half, 1 - half) if value > threshold else (1 - half, half)
    error = math.sqrt(between + shared)
    # Welch and Satterthwaite: the part that does not come from the seeds is taken as known.
    freedom = (len(seeds) - 1) * (error**2 / between) ** 2 if between else math.inf
    return Contrast(value, error, value - margin, value + margin, *p_values, "bound", None, freedom)


def _by_normal(value: float, error: float, threshold: float) -> Contrast:
    from scipy.special import ndtr

    from breakeven.statistics.strata import ONE_SEED

    ratio = (value - threshold) / error
    low, high = value - 1.96 * error, value + 1.96 * error
    p_values = float(ndtr(-ratio)), float(ndtr(ratio))
    return Contrast(value, error, low, high, *p_values, "bound", seed_reason=ONE_SEED)


def _from_items(mean: "SeededMean", threshold: float) -> Contrast:
    estimate = mean.estimate
    value = threshold if estimate.value is None else estimate.value + threshold
    error, low, high = estimate.standard_error, estimate.low, estimate.high
    if error is None or low is None or high is None or mean.p_value is None:
        return _without_error(value, estimate.reason)
    half = mean.p_value / 2
    # By the interval's middle: the adjustment moves it off the value, and the p is the middle's.
    p_values = (half, 1 - half) if low + high > 0 else (1 - half, half)
    freedom = estimate.degrees_of_freedom
    return Contrast(
        value,
        error,
        low + threshold,
        high + threshold,
        *p_values,
        "items",
        degrees_of_freedom=math.inf if freedom is None else freedom,
        seed_reason=mean.seed_reason,
    )


def _without_error(value: float, reason: str | None) -> Contrast:
    return Contrast(value, None, None, None, None, None, "none", reason)


def _over_items(
    scored: ScoredResults, terms: Sequence[Term], threshold: float
) -> "SeededMean | None":
    """The sum minus the threshold over the items and seeds that all cells share."""
    if not scored.tables:
        return None
    from breakeven.statistics.strata import mean_of_strata

    seeds = shared_seeds([group for _, group in terms])
    parts = _by_family(terms)
    by_family = [task_scores(scored, [group for _, group in part], seeds) for part in parts]
    if not all(by_family):
        return None
    strata = _strata(parts, by_family, threshold)
    # The adjustment is made for a difference of outcomes in -1..1 against zero, and for no other
    # sum.
    pair = sorted(weight for weight, _ in terms) == [-1.0, 1.0] and threshold == 0
    asked = [
        Part(group, task.task, weight / len(family))
        for part, family in zip(parts, by_family, strict=True)
        for weight, group in part
        for task in family
    ]
    return mean_of_strata(
        strata,
        adjust_differences=pair and len(parts) == 1,
        prior_variance=prior_variance(scored, asked),
    )


def _strata(
    parts: Sequence[Sequence[Term]], by_family: Sequence[Sequence[TaskScores]], threshold: float
) -> "list[Stratum]":
    """One stratum a task: its weighted sum for every seed and item, minus the threshold.

    The mean over all strata is the sum over families of the means over their tasks.
    """
    import numpy as np

    from breakeven.statistics.strata import Stratum

    tasks = [task for family in by_family for task in family]
    sums = [
        np.einsum("t,tsi->si", [weight for weight, _ in part], task.correct)
        # mean_of_strata divides by all tasks, a family's mean by its own.
        * (len(tasks) / len(family))
        - threshold
        for part, family in zip(parts, by_family, strict=True)
        for task in family
    ]
    return [Stratum(values, task.clusters) for values, task in zip(sums, tasks, strict=True)]
