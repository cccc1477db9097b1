"""Asking either style by question: the most that could give, and what a learned router gives.

Described with intervals, and not part of what the report decides: a router is a further way to use
both students, and no comparison of styles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.findings.differences import NO_ITEMS
from breakeven.findings.groups import GroupPair, group_pairs
from breakeven.findings.prompt_features import prompt_features
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
from breakeven.results.aggregate import item_means

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from breakeven.statistics.estimates import Estimate
    from breakeven.statistics.strata import SeededMean

RouterReads = Literal["prompt", "prompt and IFT answer"]


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
    """The questions that both styles answered with every seed, in both arms' order.

    `rows` is a row a question; arrays are (seeds, questions).
    """

    rows: "pd.DataFrame"
    weight: "NDArray[np.float64]"
    labels: "NDArray[np.str_]"
    columns: Mapping[tuple[str, str], "NDArray[np.float64]"]


def routings(scored: ScoredResults, *, decoding: str | None = None) -> tuple[Routing, ...]:
    """Every student's IFT and reasoning arm of one corpus and method, the smallest first."""
    scored = scored.of_decoding(decoding)
    found: dict[tuple[object, ...], list[GroupPair]] = {}
    for pair in group_pairs(scored.results):
        cell = pair.reasoning.cells[0]
        key = (cell.student, cell.corpus, cell.method, pair.ift.cells[0].arm, cell.arm)
        found.setdefault(key, []).append(pair)
    order = scored.results.students()
    every = sorted(found.values(), key=lambda one: order.index(one[0].ift.cells[0].student))
    return tuple(_routing(scored, pairs) for pairs in every)


def _routing(scored: ScoredResults, pairs: Sequence[GroupPair]) -> Routing:
    plain, thinking = pairs[0].ift.cells[0], pairs[0].reasoning.cells[0]
    empty = Routing(thinking.student, thinking.corpus, plain.arm, thinking.arm)

    if scored.results.items is None:
        return replace(empty, reason=NO_ITEMS)
    asked = _questions(scored.results.items, pairs)
    if asked is None:
        return replace(empty, reason="no questions that both styles answered, with inference FLOPs")
    ways = [_ways(asked, seed, asked_first=False) for seed in range(_seeds(asked))]
    at = [(*ends(one), oracle(one)) for one in ways]
    routers, reason = _routers(asked, scored.results.prompts)
    return replace(
        empty,
        questions=len(asked.rows),
        plain=_mean_place([one[0] for one in at]),
        thinking=_mean_place([one[1] for one in at]),
        oracle=_mean_place([one[2] for one in at]),
        routers=routers,
        reason=reason,
    )


def _questions(items: "pd.DataFrame", pairs: Sequence[GroupPair]) -> _Questions | None:
    import numpy as np
    import pandas as pd

    if "inference_flops" not in items.columns:
        return None
    cell = pairs[0].reasoning.cells[0]
    arms = {"ift": pairs[0].ift.cells[0].arm, "reasoning": cell.arm}
    seeds = sorted(
        set.intersection(*({c.seed for c in group.cells} for pair in pairs for group in pair))
    )
    own = items[
        (items["student"] == cell.student)
        & items["arm"].isin(arms.values())
        & items["seed"].isin(seeds)
    ]
    if own.empty or not seeds:
        return None
    means = item_means(own)
    means["style"] = means["arm"].map({arm: style for style, arm in arms.items()})
    measured = [
        name
        for name in ("correct", "inference_flops", "answer_tokens", "logprob_sum")
        if name in means.columns
    ]
    keys = ["family", "task", "item"]
    wide = means.pivot(index=keys, columns=["style", "seed"], values=measured)
    # A question that one of them was not asked, or whose cost is not known, compares nothing.
    wide = wide.dropna(subset=[one for one in wide.columns if one[0] in measured[:2]])
    whole = pd.MultiIndex.from_product([measured[:2], list(arms), seeds])
    if wide.empty or not whole.isin(wide.columns).all():
        return None
    columns = {
        (name, style): np.stack([wide[name, style, seed].to_numpy(float) for seed in seeds])
        for name in measured
        for style in arms
    }
    rows = wide.index.to_frame(index=False).merge(_facts_of_items(own), on=["task", "item"])
    per_task = rows.groupby(["family", "task"])["item"].transform("size")
    tasks_of_family = rows.groupby("family")["task"].transform("nunique")
    weight = 1 / (per_task * tasks_of_family * rows["family"].nunique())
    return _Questions(rows, weight.to_numpy(float), rows["label"].to_numpy(dtype=str), columns)


def _facts_of_items(own: "pd.DataFrame") -> "pd.DataFrame":
    """A row a question: its label, alike where the same is asked, and what is known of it."""
    first = own.drop_duplicates(["task", "item"])
    label = first["task"].astype(str) + "/" + first["item"].astype(str)
    for column in ("content", "cluster"):
        if column in first.columns:
            label = first[column].astype("object").where(first[column].notna(), label)
    known = [name for name in ("depth", "prompt_tokens") if name in first.columns]
    return first[["task", "item", *known]].assign(label=label.astype(str))


def _seeds(asked: _Questions) -> int:
    return len(asked.columns["correct", "ift"])


def _ways(asked: _Questions, seed: int, *, asked_first: bool) -> WaysToAnswer:
    columns = asked.columns
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
    """One router by the prompt, and one by the IFT answer too where its likelihood is known."""
    import numpy as np

    known = prompt_features(asked.rows, prompts)
    features: dict[RouterReads, list[NDArray[np.float64]]] = {"prompt": [known] * _seeds(asked)}
    sums = asked.columns.get(("logprob_sum", "ift"))
    if sums is not None and not np.isnan(sums).any():
        tokens = np.maximum(asked.columns["answer_tokens", "ift"], 1)
        features["prompt and IFT answer"] = [
            np.column_stack([known, own, own / count])
            for own, count in zip(sums, tokens, strict=True)
        ]
    routers = []
    for reads, every in features.items():
        curves = _curves(asked, every, asked_first=reads != "prompt")
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
            clusters=asked.labels,
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

    tasks = asked.rows.groupby(["family", "task"]).indices.values()
    return mean_of_strata(
        [
            # mean_of_strata counts tasks alike; here families count alike.
            Stratum(values[:, own] * asked.weight[own] * len(own) * len(tasks), asked.labels[own])
            for own in tasks
        ]
    )
