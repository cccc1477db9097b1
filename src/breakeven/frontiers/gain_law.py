"""The law of the gain: how the odds that reasoning adds grow with size, serial depth and tokens.

    log-odds of a right answer, reasoning minus IFT = c₀ + c₁·x₁ + c₂·x₂ + c₃·x₃ + cell + size

In log-odds and not in points: a gain in points is bounded by what IFT leaves to be gained, so near
100% it shrinks whatever thinking does. IFT's own log-odds are taken as measured in every cell (a
group of questions of one size, task and depth), so that no curve is assumed for IFT.

It is a meta-regression with random effects (Thompson and Sharp 1999, Statist. Med. 18, 2693): a
cell has the log odds ratio with half an answer added to each count, and its variance (Woolf 1955,
Haldane 1956). Cells depart from the line by more than their answers' luck; the variance τ² of that
is estimated by restricted maximum likelihood and weighs the cells. All cells of a size may depart
together, as one model is behind them: that variance is the mean square of the sizes' mean
residuals on (sizes - 2) degrees of freedom, as a constant and a slope are taken from them (Donald
and Lang 2007, Rev. Econ. Statist. 89, 221). A prediction holds a new cell of a new size (Higgins,
Thompson and Spiegelhalter 2009, J. R. Statist. Soc. A 172, 137).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from breakeven.frontiers.checks import Floats
from breakeven.statistics.bootstrap import resample_counts
from breakeven.statistics.estimates import IntArray, student_p, student_quantile
from breakeven.statistics.moderation import Variance

LEAST_SIZES = 3


class GroupedAnswers(NamedTuple):
    """Right answers of both styles by group: a group is alike in size, depth and tokens.

    `right` is (questions, seeds, 2), IFT first, a fraction of each question's samples; `group` and
    `cluster` are (questions,) numbers, `covariates` (groups, terms) without the constant, the size
    first.
    """

    right: Floats
    group: IntArray
    cluster: IntArray
    covariates: Floats


class FittedTerm(NamedTuple):
    """A weighted sum of the coefficients, or a gain predicted by them, with its 95% interval."""

    value: float
    low: float
    high: float
    standard_error: float
    p_value: float


@dataclass(frozen=True)
class GainLaw:
    """The fitted law.

    `by_seed` is (seeds, 1 + terms), `draws` (draws, seeds, 1 + terms). `pull`, (1 + terms,
    groups), makes coefficients of the groups' log odds ratios; `sizes` numbers the groups' sizes.
    `of_cells` and `of_sizes` are variances of departures from the line, squared log-odds.
    """

    by_seed: Floats
    draws: Floats
    pull: Floats
    sizes: IntArray
    of_cells: Variance
    of_sizes: Variance

    @property
    def coefficients(self) -> Floats:
        """(1 + terms,), the constant first: the mean over seeds."""
        mean: Floats = self.by_seed.mean(axis=0)
        return mean

    def along(self, direction: Floats) -> FittedTerm:
        """A weighted sum of the coefficients, (1 + terms,): what holds in the mean of cells."""
        return self._term(direction, new_cell=0.0)

    def predicted(self, direction: Floats) -> FittedTerm:
        """The log odds ratio of a cell that was not measured, of a size that was not."""
        return self._term(direction, new_cell=1.0)

    def _term(self, direction: Floats, new_cell: float) -> FittedTerm:
        """With an interval over questions, seeds, cells and sizes.

        Seeds and questions as every mean over seeds of this project: spread between the seeds, by
        Student's t, and what resampled questions add that the seeds share (`statistics.strata`).
        """
        seeds = len(self.by_seed)
        each, drawn = self.by_seed @ direction, self.draws @ direction
        of_items = float(np.var(drawn.mean(axis=1), ddof=1))
        # What one seed's answers scatter by themselves is in the spread of the seeds already.
        own = float(np.mean(np.var(drawn - each, axis=1, ddof=1)))
        weights = direction @ self.pull
        by_size = np.bincount(self.sizes, weights)
        parts = (
            Variance(float(np.var(each, ddof=1)) / seeds, seeds - 1),
            Variance(max(of_items - own / seeds, 0.0), np.inf),
            _times(self.of_cells, float(weights @ weights) + new_cell),
            _times(self.of_sizes, float(by_size @ by_size) + new_cell),
        )
        total = sum(part.value for part in parts)
        # Welch and Satterthwaite.
        freedom = total**2 / sum(part.value**2 / part.degrees_of_freedom for part in parts)
        value, error = float(each.mean()), float(np.sqrt(total))
        margin = student_quantile(0.95, freedom) * error
        return FittedTerm(
            value, value - margin, value + margin, error, student_p(value / error, freedom)
        )


class _Cells(NamedTuple):
    """Log odds ratios, (draws, seeds, groups), and their variances."""

    ratios: Floats
    variances: Floats


class _Line(NamedTuple):
    """How coefficients come of the groups' ratios, and the variance τ² between cells."""

    pull: Floats
    weights: Floats
    between: float


def fit_gain_law(answers: GroupedAnswers, draws: int, seed: int = 0) -> GainLaw:
    """Fit the law, and to each seed as measured and on resampled clusters, all cells weighed alike.

    Raises ValueError with fewer than two seeds or clusters, or three sizes.
    """
    seeds = answers.right.shape[1]
    clusters = int(answers.cluster.max()) + 1
    distinct, sizes = np.unique(answers.covariates[:, 0], return_inverse=True)
    if seeds < 2 or clusters < 2 or len(distinct) < LEAST_SIZES:
        raise ValueError(
            f"{seeds} seeds, {clusters} clusters and {len(distinct)} sizes; use at least 2, 2 "
            f"and {LEAST_SIZES}"
        )
    counts = np.vstack(
        [
            np.ones((1, clusters), dtype=np.float32),
            resample_counts(draws, clusters, np.random.default_rng(seed)),
        ]
    )
    cells = _cells(answers, counts)
    design = _design(answers)
    measured, luck = cells.ratios[0].mean(axis=0), cells.variances[0].mean(axis=0)
    line = _line(measured, luck, design)
    fitted = cells.ratios @ line.pull.T
    rest = measured - design @ (line.pull @ measured)
    weight = np.bincount(sizes, line.weights)
    together = np.bincount(sizes, line.weights * rest) / weight
    freedom = len(distinct) - 2
    return GainLaw(
        fitted[0],
        fitted[1:],
        line.pull,
        sizes,
        Variance(line.between, len(design) - design.shape[1]),
        Variance(float(weight @ together**2) / freedom / float(weight.mean()), freedom),
    )


def _times(part: Variance, factor: float) -> Variance:
    return part._replace(value=part.value * factor)


def _design(answers: GroupedAnswers) -> Floats:
    return np.column_stack([np.ones(len(answers.covariates)), answers.covariates])


def _cells(answers: GroupedAnswers, counts: Floats) -> _Cells:
    """Log odds ratios of every group and seed, (draws, seeds, groups).

    `counts`, (draws, clusters), says how often each cluster is taken.
    """
    questions, seeds, _ = answers.right.shape
    clusters, groups = counts.shape[1], len(answers.covariates)
    columns = np.column_stack([answers.right.reshape(questions, -1), np.ones(questions)])
    sums = np.zeros((clusters, groups, seeds * 2 + 1), dtype=np.float32)
    np.add.at(sums, (answers.cluster, answers.group), columns.astype(np.float32))
    whole = (counts @ sums.reshape(clusters, -1)).reshape(len(counts), groups, -1)
    right = whole[..., :-1].astype(np.float64).reshape(len(counts), groups, seeds, 2)
    right = right.swapaxes(1, 2) + 0.5
    wrong = whole[:, None, :, -1:] + 1.0 - right
    odds = np.log(right / wrong)
    return _Cells(odds[..., 1] - odds[..., 0], (1 / right + 1 / wrong).sum(axis=-1))


def _line(ratios: Floats, luck: Floats, design: Floats) -> _Line:
    """The line through the cells, by restricted maximum likelihood."""
    from scipy.optimize import minimize_scalar

    def pull(weights: Floats) -> tuple[Floats, Floats]:
        spread = design.T * weights
        found = np.asarray(np.linalg.solve(spread @ design, spread), dtype=np.float64)
        return found, spread @ design

    def unlikely(between: float) -> float:
        weights = 1 / (luck + between)
        found, information = pull(weights)
        rest = ratios - design @ (found @ ratios)
        return float(weights @ rest**2 - np.log(weights).sum() + np.linalg.slogdet(information)[1])

    # No more than the cells scatter without a line; at the very edge the least is taken as none.
    most = float(np.var(ratios)) * len(ratios) + 1e-9
    inside = float(minimize_scalar(unlikely, bounds=(0, most), method="bounded").x)
    between = inside if unlikely(inside) < unlikely(0.0) else 0.0
    weights = 1 / (luck + between)
    return _Line(pull(weights)[0], weights, between)


class LeftOut(NamedTuple):
    """The law fitted without each size in turn, all seeds together.

    `coefficients` is (sizes, 1 + terms), `misses` (groups,): reasoning's accuracy as the law
    without a group's own size has it, put on IFT's level in the group, minus as measured.
    """

    coefficients: Floats
    misses: Floats


def leave_one_size_out(answers: GroupedAnswers) -> LeftOut:
    """Fit the law to the groups of all values of the first covariate but one."""
    from scipy.special import expit

    cells = _cells(answers, np.ones((1, int(answers.cluster.max()) + 1), dtype=np.float32))
    ratios, luck = cells.ratios[0].mean(axis=0), cells.variances[0].mean(axis=0)
    design = _design(answers)
    asked = np.bincount(answers.group)
    plain, thinking = (
        np.bincount(answers.group, answers.right[..., style].mean(axis=1)) for style in (0, 1)
    )
    level = np.log((plain + 0.5) / (asked - plain + 0.5))
    coefficients, misses = [], np.empty(len(design))
    for size in np.unique(answers.covariates[:, 0]):
        out = answers.covariates[:, 0] == size
        slope = _line(ratios[~out], luck[~out], design[~out]).pull @ ratios[~out]
        coefficients.append(slope)
        misses[out] = expit(level[out] + design[out] @ slope) - (thinking / asked)[out]
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
