"""Answer length: tokens of right and wrong answers, and accuracy under a token limit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breakeven.frontiers.checks import Bools, Floats, Numbers, as_level


@dataclass(frozen=True)
class LengthByCorrectness:
    """Generated tokens of right and wrong answers, over all answers and within questions.

    `paired_ratio` is wrong over right: within each question that has both, the ratio of
    geometric means, then the geometric mean over questions; `paired_low` and `paired_high` are
    its Student t interval over questions. What cannot be had is None and `reason` says why.
    """

    right_answers: int
    wrong_answers: int
    right_tokens: float | None
    wrong_tokens: float | None
    ratio: float | None
    paired_questions: int
    paired_ratio: float | None
    paired_low: float | None
    paired_high: float | None
    reason: str | None


@dataclass(frozen=True)
class TokenLimits:
    """Stored answers re-scored under each token limit; shares are fractions.

    An answer longer than the limit is wrong and truncated. `mean_tokens` is what the answers
    would have cost: the tokens up to the limit.
    """

    limits: tuple[float, ...]
    accuracy: tuple[float, ...]
    truncated_share: tuple[float, ...]
    mean_tokens: tuple[float, ...]


def _answers(tokens: Numbers, correct: ArrayLike) -> tuple[Floats, Bools]:
    token_array = np.asarray(tokens, dtype=np.float64)
    right = np.asarray(correct)
    if token_array.ndim != 1 or right.shape != token_array.shape:
        raise ValueError(
            f"tokens, correct: shapes are {token_array.shape}, {right.shape}; use one value each"
        )
    if not np.all(np.isfinite(token_array)) or np.any(token_array < 0):
        raise ValueError("tokens: a value is negative or not finite; use counts")
    if not np.all((right == 0) | (right == 1)):
        raise ValueError("correct: a value is neither 0 nor 1; use right or wrong")
    return token_array, right.astype(np.bool_)


def _mean_or_none(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def tokens_by_correctness(
    tokens: Numbers,
    correct: ArrayLike,
    questions: ArrayLike,
    level: float = 0.95,
    *,
    clusters: ArrayLike | None = None,
) -> LengthByCorrectness:
    """Length of right and wrong answers; `questions` holds each answer's question id.

    Wrong answers are longer partly because hard questions need more steps; the paired ratio
    compares right and wrong answers (of several samples, seeds or students) to one question.
    Answers without a token count in the paired part as one token. `clusters` holds what questions
    may share, one label an answer: one content in two formats is one piece of evidence.
    Raises ValueError on shapes or values out of range.
    """
    token_array, right = _answers(tokens, correct)
    right_mean, wrong_mean = (_mean_or_none(token_array[mask]) for mask in (right, ~right))
    ratio = None
    if right_mean is not None and right_mean > 0 and wrong_mean is not None:
        ratio = wrong_mean / right_mean
    labels = np.asarray(questions if clusters is None else clusters)
    log_ratios, groups = _log_ratios(
        np.log(np.maximum(token_array, 1)), right, np.asarray(questions), labels
    )
    counts = int(right.sum()), int((~right).sum())
    means = right_mean, wrong_mean, ratio
    if not len(log_ratios):
        reason = "no question has both right and wrong answers"
        return LengthByCorrectness(*counts, *means, 0, None, None, None, reason)
    centre, paired = float(log_ratios.mean()), len(log_ratios)
    reach = _t_reach(log_ratios, groups, as_level(level))
    if reach is None:
        what = "question has" if paired == 1 else "content, in several questions, has"
        reason = f"one {what} both right and wrong answers, so there is no interval"
        value = float(np.exp(centre))
        return LengthByCorrectness(*counts, *means, paired, value, None, None, reason)
    value, low, high = (float(np.exp(centre + shift)) for shift in (0.0, -reach, reach))
    return LengthByCorrectness(*counts, *means, paired, value, low, high, None)


def _log_ratios(
    log_tokens: Floats,
    right: Bools,
    questions: NDArray[np.generic],
    labels: NDArray[np.generic],
) -> tuple[Floats, NDArray[np.int64]]:
    """Mean log tokens of wrong minus right answers of each question that has both; its cluster."""
    for name, array in (("questions", questions), ("clusters", labels)):
        if array.shape != right.shape:
            raise ValueError(f"{name}: shape is {array.shape}; use one an answer")
    _, first, group = np.unique(questions, return_index=True, return_inverse=True)
    counts, sums = [], []
    for mask in (right, ~right):
        counts.append(np.bincount(group[mask], minlength=len(first)))
        sums.append(np.bincount(group[mask], weights=log_tokens[mask], minlength=len(first)))
    both = (counts[0] > 0) & (counts[1] > 0)
    ratios: Floats = sums[1][both] / counts[1][both] - sums[0][both] / counts[0][both]
    numbers = np.unique(labels[first][both], return_inverse=True)[1]
    return ratios, numbers.astype(np.int64)


def _t_reach(values: Floats, clusters: NDArray[np.int64], level: float) -> float | None:
    """Half the interval of the mean by t over clusters; None with fewer than two of them."""
    from breakeven.statistics.clustering import mean_variance
    from breakeven.statistics.estimates import student_quantile

    spread = mean_variance(values, clusters)
    if spread is None:
        return None
    return student_quantile(level, spread.degrees_of_freedom) * float(np.sqrt(spread.variance))


def percentile_limits(
    tokens: Numbers, percentiles: Sequence[float] = (25.0, 50.0, 75.0)
) -> tuple[float, ...]:
    """Token limits at percentiles of the stored lengths, rounded up to whole tokens.

    Raises ValueError where there are no answers.
    """
    array = np.asarray(tokens, dtype=np.float64)
    if not array.size:
        raise ValueError("tokens: no answers; a percentile needs one at least")
    return tuple(float(np.ceil(value)) for value in np.percentile(array, percentiles))


def grid_limits(tokens: Numbers, steps: int = 12) -> tuple[float, ...]:
    """Whole-token limits spread evenly in log from 1 to the longest stored answer.

    Raises ValueError where there are no answers or fewer than two steps.
    """
    array = np.asarray(tokens, dtype=np.float64)
    if not array.size or steps < 2:
        raise ValueError(f"tokens: {array.size} answers, {steps} steps; use 1 or more, 2 or more")
    # geomspace passes a whole number by its last bits, and rounding up would add a token.
    limits = np.geomspace(1, max(1.0, float(array.max())), steps)
    return tuple(float(limit) for limit in np.unique(np.ceil(limits - 1e-9)))


def accuracy_under_limits(
    tokens: Numbers,
    correct: ArrayLike,
    truncated: ArrayLike,
    limits: Sequence[float],
    tasks: ArrayLike | None = None,
) -> TokenLimits:
    """Re-score stored answers as if generation had stopped at each limit.

    An answer longer than the limit is wrong and truncated; one stored as truncated stays so at
    every limit, so limits above the stored one only repeat the stored scores. With `tasks`, an
    id an answer, every number is the unweighted mean over tasks, as a family score is.
    Raises ValueError on shapes or values out of range, and where there are no answers.
    """
    token_array, right = _answers(tokens, correct)
    cut = np.asarray(truncated).astype(np.bool_)
    if cut.shape != right.shape or not len(right):
        raise ValueError(f"truncated: shape is {cut.shape}; use one value an answer, one at least")
    limit_array = np.asarray(limits, dtype=np.float64)
    weights = _task_weights(np.zeros(len(right)) if tasks is None else np.asarray(tasks))
    # An answer that was cut has no end to find under a larger limit.
    over = (token_array[None, :] > limit_array[:, None]) | cut
    parts = (right & ~over) @ weights, over @ weights
    spent = np.minimum(token_array[None, :], limit_array[:, None]) @ weights
    return TokenLimits(*(tuple(map(float, part)) for part in (limit_array, *parts, spent)))


def _task_weights(tasks: NDArray[np.generic]) -> Floats:
    """Weights of the answers that sum to one, each task with the same share."""
    _, group, counts = np.unique(tasks, return_inverse=True, return_counts=True)
    weights: Floats = 1.0 / (counts[group] * len(counts))
    return weights
