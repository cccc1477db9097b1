"""Asking either style by question: the most that could give, and what a learned router gives.

Described with intervals, and not part of what the report decides: a router is a further way to use
both students, and no comparison of styles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.findings.differences import NO_ITEMS
from breakeven.findings.groups import GroupPair
from breakeven.findings.paired_questions import (
    PairedQuestions,
    generated_by_question,
    paired_questions,
    pairs_by_arms,
)
from breakeven.findings.prompt_features import prompt_features, text_features
from breakeven.findings.scored_results import ScoredResults
from breakeven.frontiers.cross_fitting import ERROR_FACTOR, FOLDS, cross_fitted_gains
from breakeven.frontiers.routing import (
    SHARES,
    Place,
    RouterCurve,
    WaysToAnswer,
    ends,
    oracle,
    router_curve,
    sent_at_each_share,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from breakeven.statistics.estimates import Estimate
    from breakeven.statistics.strata import SeededMean

RouterReads = Literal[
    "text alone",
    "text and task",
    "text and task and IFT answer",
    # Where texts are not known, as in most imports.
    "length and task",
    "length and task and IFT answer",
]


class CurvePoint(NamedTuple):
    """A router that sends this share of the questions to reasoning, over all seeds.

    `gain` is accuracy above random mixing at the same cost, as a fraction, with its 95% interval.
    """

    share: float
    cost: float
    accuracy: float
    gain: float
    low: float
    high: float


class LearnedRouter(NamedTuple):
    """A learned router: `mean_gain` over all shares is above random mixing, as a fraction."""

    reads: RouterReads
    curve: tuple[CurvePoint, ...]
    mean_gain: "Estimate"
    seed_reason: str | None

    @property
    def half(self) -> CurvePoint:
        """Half of the questions sent on: a place that is fixed, so that none is picked."""
        return self.curve[len(self.curve) // 2]


@dataclass(frozen=True)
class Routing:
    """One student's two styles by question, over all families, which count the same.

    Costs are inference FLOPs, a mean for one question. Without numbers `reason` says why.
    `routers` is empty, with a reason, where reasoning costs no more or nothing can be fitted.
    """

    student: str
    corpus: str | None
    ift_arm: str
    arm: str
    questions: int = 0
    plain: Place | None = None
    thinking: Place | None = None
    oracle: Place | None = None
    routers: tuple[LearnedRouter, ...] = ()
    reason: str | None = None


class _Questions(NamedTuple):
    """Paired questions with the weight and the cluster of each, (questions,)."""

    paired: PairedQuestions
    weight: "NDArray[np.float64]"
    clusters: "NDArray[np.int64]"


def routings(scored: ScoredResults, *, decoding: str | None = None) -> tuple[Routing, ...]:
    """Every student's IFT and reasoning arm of one corpus and method, the smallest first."""
    scored = scored.of_decoding(decoding)
    return tuple(_routing(scored, pairs) for pairs in pairs_by_arms(scored.results))


def _routing(scored: ScoredResults, pairs: Sequence[GroupPair]) -> Routing:
    plain, thinking = pairs[0].ift.cells[0], pairs[0].reasoning.cells[0]
    empty = Routing(thinking.student, thinking.corpus, plain.arm, thinking.arm)

    if scored.results.items is None:
        return replace(empty, reason=NO_ITEMS)
    from breakeven.statistics.estimates import cluster_index

    paired = paired_questions(scored.results.items, pairs, ("correct", "inference_flops"))
    if paired is None:
        return replace(empty, reason="no questions that both styles answered, with inference FLOPs")
    asked = _Questions(
        paired,
        _weight(paired.rows),
        # Numbers are sorted much faster than labels, at every share of every router.
        cluster_index(paired.labels, len(paired.labels)),
    )
    ways = [_ways(asked, seed, asked_first=False) for seed in range(paired.seeds)]
    at = [(*ends(one), oracle(one)) for one in ways]
    routers, reason = _routers(asked, scored.results.prompts)
    return replace(
        empty,
        questions=len(paired.rows),
        plain=_mean_place([one[0] for one in at]),
        thinking=_mean_place([one[1] for one in at]),
        oracle=_mean_place([one[2] for one in at]),
        routers=routers,
        reason=reason,
    )


def _weight(rows: "pd.DataFrame") -> "NDArray[np.float64]":
    """Each question's part of the mean: over tasks within a family, and over families."""
    per_task = rows.groupby(["family", "task"])["item"].transform("size")
    tasks_of_family = rows.groupby("family")["task"].transform("nunique")
    weight = 1 / (per_task * tasks_of_family * rows["family"].nunique())
    return weight.to_numpy(float)


def _ways(asked: _Questions, seed: int, *, asked_first: bool) -> WaysToAnswer:
    columns = asked.paired.columns
    return WaysToAnswer(
        columns["correct", "ift"][seed],
        columns["correct", "reasoning"][seed],
        columns["inference_flops", "ift"][seed],
        columns["inference_flops", "reasoning"][seed],
        asked.weight,
        asked_first,
    )


def _mean_place(places: Sequence[Place]) -> Place:
    return Place(
        sum(one.accuracy for one in places) / len(places),
        sum(one.cost for one in places) / len(places),
    )


def _routers(
    asked: _Questions, prompts: Mapping[tuple[str, str], str]
) -> tuple[tuple[LearnedRouter, ...], str | None]:
    """By the text alone, with the task as well, and by the IFT answer too where that is known.

    Whoever serves a model has texts; names of benchmarks and numbers of steps are a study's own.
    """
    import numpy as np

    known = prompt_features(asked.paired.rows, prompts)
    features: dict[RouterReads, list[NDArray[np.float64]]] = {}
    text = text_features(asked.paired.rows, prompts)
    by_task: RouterReads = "length and task"
    by_answer: RouterReads = "length and task and IFT answer"
    if text is not None:
        by_task, by_answer = "text and task", "text and task and IFT answer"
        features["text alone"] = [text] * asked.paired.seeds
    features[by_task] = [known] * asked.paired.seeds
    sums = asked.paired.columns.get(("logprob_sum", "ift"))
    counted = ("answer_tokens", "ift") in asked.paired.columns
    if sums is not None and counted and not np.isnan(sums).any():
        tokens = np.maximum(generated_by_question(asked.paired, "ift"), 1)
        features[by_answer] = [
            np.column_stack([known, own, own / count])
            for own, count in zip(sums, tokens, strict=True)
        ]
    routers = []
    for reads, every in features.items():
        curves = _curves(asked, every, asked_first=reads == by_answer)
        if isinstance(curves, str):
            return (), curves
        routers.append(_learned(asked, reads, curves))
    return tuple(routers), None


def _curves(
    asked: _Questions, features: Sequence["NDArray[np.float64]"], *, asked_first: bool
) -> list[RouterCurve] | str:
    """The router of each seed, or why there is none."""
    curves = []
    for seed, known in enumerate(features):
        ways = _ways(asked, seed, asked_first=asked_first)
        # The same folds for every seed: what is held out is the question.
        fitted = cross_fitted_gains(
            known,
            ways.plain_correct,
            ways.dear_correct,
            clusters=asked.clusters,
            weight=asked.weight,
        )
        if fitted is None:
            return f"fewer than {FOLDS} questions of different content to fit a router to"
        curve = router_curve(ways, sent_at_each_share(fitted.scores, fitted.folds, asked.weight))
        if curve is None:
            return "reasoning costs no more than IFT here, so there is nothing to save"
        curves.append(curve)
    return curves


def _learned(asked: _Questions, reads: RouterReads, curves: Sequence[RouterCurve]) -> LearnedRouter:
    import numpy as np

    cost, accuracy = (
        np.mean([getattr(one, name) for one in curves], axis=0) for name in ("cost", "accuracy")
    )
    whole = _over_seeds_and_items(asked, np.stack([one.mean_contributions for one in curves]))
    points = []
    for place, share in enumerate(SHARES):
        values = np.stack([one.contributions[place] for one in curves])
        one = _widened(_over_seeds_and_items(asked, values).estimate)
        gain = float(np.mean([curve.gain[place] for curve in curves]))
        # At either end the router does what the one style does, and nothing varies.
        low, high = (gain if end is None else end for end in (one.low, one.high))
        points.append(
            CurvePoint(float(share), float(cost[place]), float(accuracy[place]), gain, low, high)
        )
    return LearnedRouter(reads, tuple(points), _widened(whole.estimate), whole.seed_reason)


def _widened(estimate: "Estimate") -> "Estimate":
    """The interval of a cross-fit, whose parts hang together."""
    if estimate.low is None or estimate.high is None or estimate.standard_error is None:
        return estimate
    middle, half = (estimate.low + estimate.high) / 2, (estimate.high - estimate.low) / 2
    return replace(
        estimate,
        low=middle - ERROR_FACTOR * half,
        high=middle + ERROR_FACTOR * half,
        standard_error=ERROR_FACTOR * estimate.standard_error,
    )


def _over_seeds_and_items(asked: _Questions, values: "NDArray[np.float64]") -> "SeededMean":
    """The weighted mean of (seeds, questions), with its error over clusters and seeds."""
    from breakeven.statistics.strata import Stratum, mean_of_strata

    tasks = asked.paired.rows.groupby(["family", "task"]).indices.values()
    return mean_of_strata(
        [
            # mean_of_strata counts tasks alike; here families count alike.
            Stratum(values[:, own] * asked.weight[own] * len(own) * len(tasks), asked.clusters[own])
            for own in tasks
        ]
    )
