"""Weighted sums of accuracies with their sampling error: what every verdict is decided by.

The error comes from the items where there are any (paired, so that what cells share cancels).
Otherwise it is bounded from the number of questions: cells of one family are then taken as
uncorrelated between opposite signs and as fully correlated within a sign, which is the worst case
for accuracies that do not correlate negatively.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.analysis.aggregate import ItemTable, align, item_tables
from breakeven.analysis.published_tables import benchmarks
from breakeven.analysis.results import CellResult, Results
from breakeven.verdicts.groups import Group

if TYPE_CHECKING:
    from breakeven.statistics.strata import SeededMean, Stratum

Basis = Literal["items", "bound", "none"]


class Sample(NamedTuple):
    """Results with their score matrices by family, made once for many contrasts."""

    results: Results
    tables: dict[str, ItemTable]


class Term(NamedTuple):
    """A group's accuracy times a weight."""

    weight: float
    group: Group


class Contrast(NamedTuple):
    """A weighted sum of accuracies (fractions) with its 95% interval.

    `p_above` is the one-sided p for the sum being above the threshold asked about, `p_below` for
    its being below. All but `value` are None, with a `reason`, where no sampling error can be had.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    p_above: float | None
    p_below: float | None
    basis: Basis
    reason: str | None = None


def sample_of(results: Results) -> Sample:
    """Results made ready for contrasts."""
    return Sample(results, item_tables(results))


def contrast(sample: Sample, terms: Sequence[Term], threshold: float = 0.0) -> Contrast:
    """Judge a weighted sum of accuracies against `threshold`.

    Terms may span families. A family's tasks are weighed equally; families are added with their
    errors in squares where they share nothing, and linearly where they share clusters or seeds.
    """
    families = dict.fromkeys(term.group.cells[0].family for term in terms)
    by_family = [[t for t in terms if t.group.cells[0].family == name] for name in families]
    if len(by_family) == 1:
        return _one_family(sample, by_family[0], threshold)
    parts = [_one_family(sample, part, 0.0) for part in by_family]
    errors = [part.standard_error for part in parts]
    known = [error for error in errors if error is not None]
    value = sum(part.value for part in parts)
    if len(known) < len(parts):
        reason = next(part.reason for part in parts if part.standard_error is None)
        return _without_error(value, reason)
    linear = parts[0].basis == "items" and _families_are_related(sample, terms)
    error = sum(known) if linear else math.hypot(*known)
    return _by_normal(value, error, threshold, parts[0].basis)


def difference(sample: Sample, higher: Group, lower: Group, margin: float = 0.0) -> Contrast:
    """Accuracy of `higher` minus accuracy of `lower`, judged against `margin`."""
    return contrast(sample, [Term(1.0, higher), Term(-1.0, lower)], margin)


def mean_terms(parts: Iterable[Sequence[Term]]) -> list[Term]:
    """The mean of several weighted sums as one, equal groups merged."""
    every = list(parts)
    merged: dict[Group, float] = {}
    for part in every:
        for weight, group in part:
            merged[group] = merged.get(group, 0.0) + weight / len(every)
    return [Term(weight, group) for group, weight in merged.items() if weight]


def _one_family(sample: Sample, terms: Sequence[Term], threshold: float) -> Contrast:
    value = sum(weight * group.accuracy for weight, group in terms)
    mean = _over_items(sample, terms, threshold)
    if mean is not None:
        return _from_items(mean, threshold)
    errors = [_bound(sample, group) for _, group in terms]
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        reason = "neither item-level answers nor the number of questions are known"
        return _without_error(value, reason)
    signed = [weight * error for (weight, _), error in zip(terms, known, strict=True)]
    above, below = sum(s for s in signed if s > 0), sum(s for s in signed if s < 0)
    return _by_normal(value, math.hypot(above, below), threshold, "bound")


def _by_normal(value: float, error: float, threshold: float, basis: Basis) -> Contrast:
    from scipy.special import ndtr

    if error == 0:
        return _without_error(value, "no variation between items")
    ratio = (value - threshold) / error
    low, high = value - 1.96 * error, value + 1.96 * error
    return Contrast(value, error, low, high, float(ndtr(-ratio)), float(ndtr(ratio)), basis)


def _from_items(mean: "SeededMean", threshold: float) -> Contrast:
    estimate = mean.estimate
    value = (estimate.value or 0.0) + threshold
    error, low, high = estimate.standard_error, estimate.low, estimate.high
    if error is None or low is None or high is None or mean.p_value is None:
        return _without_error(value, estimate.reason)
    half = mean.p_value / 2
    p_values = (half, 1 - half) if low + high > 0 else (1 - half, half)
    return Contrast(value, error, low + threshold, high + threshold, *p_values, "items")


def _without_error(value: float, reason: str | None) -> Contrast:
    return Contrast(value, None, None, None, None, None, "none", reason)


def _over_items(sample: Sample, terms: Sequence[Term], threshold: float) -> "SeededMean | None":
    """The sum minus the threshold over the items and seeds that all cells share."""
    if not sample.tables:
        return None
    from breakeven.statistics.strata import mean_of_strata

    seeds = sorted(set.intersection(*({c.seed for c in g.cells} for _, g in terms)))
    strata = _strata(sample, terms, seeds, threshold)
    if not strata:
        return None
    pair = sorted(weight for weight, _ in terms) == [-1.0, 1.0] and threshold == 0
    return mean_of_strata(strata, adjust_differences=pair)


def _strata(
    sample: Sample, terms: Sequence[Term], seeds: Sequence[int], threshold: float
) -> "list[Stratum]":
    """One stratum a task: the weighted sum of every seed and item, minus the threshold."""
    import numpy as np

    from breakeven.statistics.strata import Stratum

    cells = [_of_seed(group, seed) for seed in seeds for _, group in terms]
    aligned = align(sample.tables, cells)
    if aligned is None:
        return []
    stacked = aligned.correct.reshape(len(seeds), len(terms), -1)
    sums = np.einsum("t,sti->si", [weight for weight, _ in terms], stacked) - threshold
    strata = []
    for task in np.unique(aligned.task):
        here = aligned.task == task
        strata.append(Stratum(sums[:, here], aligned.cluster[here]))
    return strata


def _of_seed(group: Group, seed: int) -> CellResult:
    return next(cell for cell in group.cells if cell.seed == seed)


def _bound(sample: Sample, group: Group) -> float | None:
    """The largest standard error that a cell's accuracy can have, None where n is unknown.

    Published cells: the tasks' public sizes and a variance of 1/4 an item, as the accuracy of a
    single task is not published. Others: binomial with two successes and failures added.
    """
    cell = group.cells[0]
    if sample.results.source == "published":
        sizes = [task.items for task in benchmarks() if task.family == cell.family]
        return math.sqrt(sum(0.25 / size for size in sizes)) / len(sizes) if sizes else None
    items = cell.items
    if items is None:
        return None
    share = (cell.accuracy * items + 2) / (items + 4)
    return math.sqrt(share * (1 - share) / items)


def _families_are_related(sample: Sample, terms: Sequence[Term]) -> bool:
    """Whether families share clusters (the same content in two formats) or training seeds."""
    if any(len(term.group.cells) > 1 for term in terms):
        return True
    items = sample.results.items
    return items is not None and "cluster" in items.columns
