"""The law of the gain: how the odds that reasoning adds grow with size, serial depth and tokens.

    log-odds of a right answer, reasoning minus IFT = c₀ + c₁·x₁ + c₂·x₂ + c₃·x₃

In log-odds and not in points: a gain in points is bounded by what IFT leaves to be gained, so near
100% it shrinks whatever thinking does. The log-odds of IFT itself are free in every group of
questions, so that no curve is assumed for IFT; the coefficients alone are shared. This is the
binomial regression with a level for each group, solved by Newton's steps in which the levels, that
touch one group each, are eliminated. Right and wrong answers are counted, so a group without any of
either needs no correction.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.frontiers.checks import Floats
from breakeven.statistics.bootstrap import resample_counts
from breakeven.statistics.estimates import IntArray
from breakeven.statistics.strata import margin_over_seeds, p_over_seeds

# Levels of groups are held to about ±10 log-odds: without any right answer one would run away.
LEVEL_PENALTY = 0.01
STEPS = 60
# Half of all logistic steps of Newton; larger ones overshoot from a bad start.
LARGEST_STEP = 2.0


class GroupedAnswers(NamedTuple):
    """Right answers of both styles by group: a group is alike in size, depth and tokens.

    `right` is (questions, seeds, 2), IFT first, a fraction of each question's samples; `group` and
    `cluster` are (questions,) numbers, `covariates` (groups, terms) without the constant.
    """

    right: Floats
    group: IntArray
    cluster: IntArray
    covariates: Floats


class FittedTerm(NamedTuple):
    """One coefficient with its 95% interval over questions and training seeds."""

    value: float
    low: float
    high: float
    standard_error: float
    p_value: float


@dataclass(frozen=True)
class GainLaw:
    """The fitted law. `by_seed` is (seeds, 1 + terms), `draws` (draws, seeds, 1 + terms)."""

    by_seed: Floats
    draws: Floats

    @property
    def coefficients(self) -> Floats:
        """(1 + terms,), the constant first: the mean over seeds."""
        mean: Floats = self.by_seed.mean(axis=0)
        return mean

    def along(self, direction: Floats) -> FittedTerm:
        """A weighted sum of the coefficients, (1 + terms,), with its interval.

        As every mean over seeds of this project: spread between the seeds, by Student's t, and
        what resampled questions add that the seeds share and so do not show (`statistics.strata`).
        """
        seeds = len(self.by_seed)
        each, drawn = self.by_seed @ direction, self.draws @ direction
        between = float(np.var(each, ddof=1)) / seeds
        of_items = float(np.var(drawn.mean(axis=1), ddof=1))
        # What one seed's answers scatter by themselves is in the spread of the seeds already.
        own = float(np.mean(np.var(drawn - each, axis=1, ddof=1)))
        shared = max(of_items - own / seeds, 0.0)
        value = float(each.mean())
        margin = margin_over_seeds(0.95, seeds - 1, between, shared)
        return FittedTerm(
            value,
            value - margin,
            value + margin,
            float(np.sqrt(between + shared)),
            p_over_seeds(value, seeds - 1, between, shared),
        )


def fit_gain_law(answers: GroupedAnswers, draws: int, seed: int = 0) -> GainLaw:
    """Fit the law to each seed, as measured and on resampled clusters.

    Raises ValueError with fewer than two seeds or clusters.
    """
    seeds = answers.right.shape[1]
    clusters = int(answers.cluster.max()) + 1
    if seeds < 2 or clusters < 2:
        raise ValueError(f"{seeds} seeds and {clusters} clusters; use at least 2 of each")
    sums = _sums(answers, clusters)
    counts = np.vstack(
        [
            np.ones((1, clusters), dtype=np.float32),
            resample_counts(draws, clusters, np.random.default_rng(seed)),
        ]
    )
    groups = len(answers.covariates)
    whole = (counts @ sums.reshape(clusters, -1)).reshape(len(counts), groups, seeds * 2 + 1)
    right = whole[..., :-1].reshape(len(counts), groups, seeds, 2).swapaxes(1, 2)
    asked = np.broadcast_to(whole[:, None, :, -1], right.shape[:-1])
    fitted = _newton(
        right.reshape(-1, groups, 2).astype(np.float64),
        asked.reshape(-1, groups).astype(np.float64),
        np.column_stack([np.ones(groups), answers.covariates]),
    ).reshape(len(counts), seeds, -1)
    return GainLaw(fitted[0], fitted[1:])


def _sums(answers: GroupedAnswers, clusters: int) -> NDArray[np.float32]:
    """(clusters, groups, seeds · 2 + 1): right answers by cluster, and how many were asked."""
    questions, seeds, _ = answers.right.shape
    columns = np.column_stack([answers.right.reshape(questions, -1), np.ones(questions)])
    sums = np.zeros((clusters, len(answers.covariates), seeds * 2 + 1), dtype=np.float32)
    np.add.at(sums, (answers.cluster, answers.group), columns.astype(np.float32))
    return sums


def _newton(right: Floats, asked: Floats, design: Floats) -> Floats:
    """(fits, terms) coefficients; `right` is (fits, groups, 2), `asked` (fits, groups)."""
    fits, terms = len(right), design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(-1, terms * terms)
    level = np.log((right[..., 0] + 0.5) / (asked - right[..., 0] + 0.5))
    slope = np.zeros((fits, terms))
    for _ in range(STEPS):
        plain = _logistic(level)
        thinking = _logistic(level + slope @ design.T)
        weights = asked * plain * (1 - plain), asked * thinking * (1 - thinking)
        # Gradient and curvature; of the levels the curvature has a diagonal only.
        missed = right[..., 1] - asked * thinking
        of_level = right[..., 0] - asked * plain + missed - LEVEL_PENALTY * level
        stiff = weights[0] + weights[1] + LEVEL_PENALTY
        kept = weights[1] * (1 - weights[1] / stiff)
        curvature = (kept @ products).reshape(fits, terms, terms) + 1e-9 * np.eye(terms)
        pull = (missed - weights[1] / stiff * of_level) @ design
        step = np.linalg.solve(curvature, pull[..., None])[..., 0]
        shift = (of_level - weights[1] * (step @ design.T)) / stiff
        largest = np.maximum(np.abs(shift).max(axis=1), np.abs(step).max(axis=1))
        damped = np.minimum(1.0, LARGEST_STEP / np.maximum(largest, 1e-300))[:, None]
        slope += damped * step
        level += damped * shift
        if largest.max() < 1e-8:
            break
    return slope


def _logistic(values: Floats) -> Floats:
    from scipy.special import expit

    chances: Floats = expit(values)
    return chances


class LeftOut(NamedTuple):
    """The law fitted without each size in turn, all seeds together.

    `coefficients` is (sizes, 1 + terms), `misses` (groups,): reasoning's accuracy as the law
    without a group's own size has it, put on IFT's level in the group, minus as measured.
    """

    coefficients: Floats
    misses: Floats


def leave_one_size_out(answers: GroupedAnswers) -> LeftOut:
    """Fit the law to the groups of all values of the first covariate but one."""
    clusters = int(answers.cluster.max()) + 1
    whole = _sums(answers, clusters).sum(axis=0).astype(np.float64)
    groups, seeds = len(whole), answers.right.shape[1]
    right = whole[:, :-1].reshape(groups, seeds, 2).mean(axis=1)
    asked = whole[:, -1]
    design = np.column_stack([np.ones(groups), answers.covariates])
    level = np.log((right[:, 0] + 0.5) / (asked - right[:, 0] + 0.5))
    coefficients, misses = [], np.empty(groups)
    for size in np.unique(answers.covariates[:, 0]):
        out = answers.covariates[:, 0] == size
        slope = _newton(right[None, ~out], asked[None, ~out], design[~out])[0]
        coefficients.append(slope)
        misses[out] = _logistic(level[out] + design[out] @ slope) - right[out, 1] / asked[out]
    return LeftOut(np.stack(coefficients), misses)


def variance_inflation(covariates: Floats, weight: Floats) -> Floats:
    """(terms,) factors by which each term's variance grows because it moves with the others.

    1 / (1 − R²) of a term on the others; infinite where it is their sum, or does not vary.
    """
    centred = covariates - np.average(covariates, axis=0, weights=weight)
    scaled = centred * np.sqrt(weight / weight.sum())[:, None]
    spread = np.sqrt((scaled**2).sum(axis=0))
    if (spread < 1e-12).any():
        return np.where(spread < 1e-12, np.inf, 1.0)
    likeness = (scaled / spread).T @ (scaled / spread)
    if np.linalg.cond(likeness) > 1e12:
        return np.full(covariates.shape[1], np.inf)
    factors: Floats = np.diag(np.linalg.inv(likeness)).copy()
    return factors
