"""Scores of a learned router, each from a model that has not seen the question or its like."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.frontiers.checks import Floats, Numbers

FOLDS = 5
# The parts of a cross-fit are no independent trials: each is in what the others are fitted to. By
# Nadeau and Bengio (2003, "Inference for the generalization error") the variance of their mean is
# 1 + (scored / fitted) · FOLDS times that of independent ones. Without it a router with random
# features showed a gain in 8.5% of 200 draws, at a level of 2.5%.
ERROR_FACTOR = float(np.sqrt(1 + FOLDS / (FOLDS - 1)))


class CrossFitted(NamedTuple):
    """Predicted gain and fold of every question: (questions,)."""

    scores: Floats
    folds: NDArray[np.int64]


def cross_fitted_gains(
    features: Floats,
    plain_correct: Numbers,
    dear_correct: Numbers,
    *,
    clusters: Numbers,
    weight: Numbers,
    seed: int = 0,
) -> CrossFitted | None:
    """How much likelier the dearer way is to be right, predicted for each question.

    Two logistic regressions say how likely each way is to be right, and the score is their
    difference. `features` is (questions, features), the rest (questions,). Questions are fitted in
    FOLDS parts by cluster, and each is scored by the models of the other parts: questions of one
    cluster never stand on both sides. Features are scaled by the questions that are fitted. None
    with fewer clusters than folds.
    """
    from sklearn.model_selection import GroupKFold

    labels, parts = np.asarray(clusters), np.asarray(weight, dtype=np.float64)
    if len(np.unique(labels)) < FOLDS:
        return None
    outcomes = [np.asarray(one, dtype=np.float64) for one in (plain_correct, dear_correct)]
    scores, folds = np.empty(len(labels)), np.empty(len(labels), dtype=np.int64)
    split = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(features, groups=labels)
    for number, (known, asked) in enumerate(split):
        plain, dear = (
            _chance_of_right(features[known], one[known], parts[known], features[asked])
            for one in outcomes
        )
        scores[asked], folds[asked] = dear - plain, number
    return CrossFitted(scores, folds)


def _chance_of_right(known: Floats, correct: Floats, weight: Floats, asked: Floats) -> Floats:
    """Fitted to known questions, predicted for the others."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    # An item's samples may be right in part: it is then right and wrong, with these weights.
    labels = np.repeat([1, 0], len(correct))
    shares = np.concatenate([correct, 1 - correct]) * np.tile(weight, 2)
    used = shares > 0
    labels, shares = labels[used], shares[used]
    if len(np.unique(labels)) < 2:
        # All of them are right, or none: so will the others be.
        return np.full(len(asked), float(labels[0]))
    scale = StandardScaler().fit(known)
    # The penalty is against a sum over questions: weights with a mean of 1 leave it as it is meant.
    model = LogisticRegression(max_iter=1000).fit(
        np.tile(scale.transform(known), (2, 1))[used],
        labels,
        sample_weight=shares * len(correct) / weight.sum(),
    )
    likely: Floats = model.predict_proba(scale.transform(asked))[:, 1]
    return likely
