"""Reasoning against IFT at the same FLOPs, as contrasts that carry their sampling error.

IFT at a cost is at least the best IFT student that costs no more. Between two students it is also
interpolated in log cost, and may lie anywhere among the curves that fit equally well. Beyond the
dearest it is no better than those curves (up to `FIT_REACH` times the largest cost) or than the
teacher (further out, or with too few sizes to fit).

Which student is the best is itself uncertain, so none is chosen by its score: reasoning is ahead
if it is ahead of every one (the largest p), IFT if any one is (Bonferroni). Students that cost the
same count as their mean where a curve is drawn through them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.combine import any_of
from breakeven.findings.contrasts import Contrast, Term, contrast, group_difference
from breakeven.findings.groups import Group, GroupPair, corpora_named, group_pairs, groups
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.cell_results import ENERGY, Results

if TYPE_CHECKING:
    from breakeven.frontiers.equivalents import EquivalentAccuracy

# Past this factor the saturating curve is trusted no more: five points, four parameters.
FIT_REACH = 2.0
COST_WORDS = {"inference_flops": "inference FLOPs", "train_flops": "training FLOPs"}


def cost_words(cost: str) -> str:
    """What a cost is called; an axis of where answers are served is its own words."""
    return {**COST_WORDS, ENERGY: "measured joules"}.get(cost, cost)


IftCurve = tuple[tuple[float, Group], ...]


class EqualCost(NamedTuple):
    """A reasoning group, what it spends, and what is known of IFT at that cost.

    `curve` holds the IFT students by ascending cost. `terms` make IFT's accuracy at that cost
    where `factor` is 1, and the nearest IFT student's otherwise. `low` and `high` bound what
    interpolation, fits and the teacher leave for IFT there, as fractions; `factor` is how many
    times the cost lies outside the IFT costs, and `dearer` on which side.
    """

    cost: str
    reasoning: Group
    spent: float
    curve: IftCurve
    terms: tuple[Term, ...]
    low: float
    high: float
    factor: float
    dearer: bool

    @property
    def extrapolated(self) -> bool:
        """Whether no two IFT students enclose the cost."""
        return self.factor > 1.0

    @property
    def nearest(self) -> float:
        """IFT's accuracy at the cost, or the nearest IFT student's where it is extrapolated."""
        return sum(weight * group.accuracy for weight, group in self.terms)

    @property
    def affordable(self) -> tuple[Group, ...]:
        """IFT students that cost no more, by ascending cost."""
        return tuple(group for cost, group in self.curve if cost <= self.spent)

    @property
    def lowest(self) -> float:
        """The least that IFT reaches at the cost, by the accuracies at hand."""
        return max([self.low, *(group.accuracy for group in self.affordable)])

    @property
    def highest(self) -> float:
        """The most that IFT may reach at the cost, by the accuracies at hand."""
        return max([self.high, *(group.accuracy for group in self.affordable)])


def ift_leads(scored: ScoredResults, at: EqualCost, margin: float = 0.0) -> Contrast:
    """IFT at the cost minus reasoning, against -margin: above means IFT is on or near the lead.

    `p_above` is corrected for the IFT students that were tried; the rest is of the best of them.
    """
    tried = [group_difference(scored, group, at.reasoning, -margin) for group in at.affordable]
    if not _is_one_student(at):
        threshold = at.nearest - at.low - margin
        tried.append(contrast(scored, [*at.terms, Term(-1.0, at.reasoning)], threshold))
    best = max(tried, key=lambda one: 2.0 if one.p_below is None else one.p_below)
    return best._replace(p_above=any_of(one.p_above for one in tried))


def reasoning_leads(scored: ScoredResults, at: EqualCost, margin: float = 0.0) -> Contrast:
    """Reasoning minus IFT at the cost, against -margin: above means ahead whatever IFT does.

    `p_above` is the largest over the IFT students that cost no more and IFT's upper bound; the
    rest is of that one.
    """
    tried = [group_difference(scored, at.reasoning, group, -margin) for group in at.affordable]
    opposite = [Term(-weight, group) for weight, group in at.terms]
    # The contrast is with IFT's nearest students; how far IFT may lie above them is arithmetic.
    threshold = at.high - at.nearest - margin
    tried.append(contrast(scored, [Term(1.0, at.reasoning), *opposite], threshold))
    return max(tried, key=lambda one: 2.0 if one.p_above is None else one.p_above)


def _is_one_student(at: EqualCost) -> bool:
    """Whether IFT's lower bound by `terms` is that of one affordable student."""
    return [group for _, group in at.terms] == list(at.affordable[-1:]) and at.low == at.nearest


def equal_costs(
    results: Results, cost: str, *, corpus: str | None = None, family: str | None = None
) -> tuple[EqualCost, ...]:
    """Every reasoning group that has an IFT arm to be compared with, at its own `cost`.

    `cost` names a field of the cells, or an axis; groups without it are left out.
    """
    # All costs that are asked of a curve are looked up in one search for its fits.
    by_curve: dict[IftCurve, list[tuple[Group, float]]] = {}
    for pair in group_pairs(results, corpus=corpus, family=family):
        spent = pair.reasoning.mean(cost)
        curve = ift_curve(results, pair, cost)
        if spent is not None and curve:
            by_curve.setdefault(curve, []).append((pair.reasoning, spent))
    found = []
    for curve, asked in by_curve.items():
        fitted = _fitted(results, curve, [spent for _, spent in asked])
        for (reasoning, spent), at in zip(asked, fitted, strict=True):
            ceiling = _ceiling(results, curve)
            found.append(_equal_cost((cost, spent), reasoning, curve, at, ceiling))
    return tuple(found)


def comparisons(results: Results, cost: str, corpus: str) -> list[EqualCost]:
    """`equal_costs` on the corpus that a claim names, or on all where the study has no such."""
    return [
        at
        for name in corpora_named(results, corpus)
        for at in equal_costs(results, cost, corpus=name)
    ]


def ift_curve(results: Results, pair: GroupPair, cost: str) -> IftCurve:
    """All students of the pair's IFT arm by ascending cost; several may cost the same."""
    cell = pair.ift.cells[0]
    every = groups(results, "ift", corpus=cell.corpus, family=cell.family, decoding=cell.decoding)
    priced = [
        (spent, group)
        for group in every
        # By arm: two IFT arms of one corpus are two curves.
        if group.cells[0].arm == cell.arm and (spent := group.mean(cost)) is not None
    ]
    return tuple(sorted(priced, key=lambda item: item[0]))


def _by_price(curve: IftCurve) -> tuple[tuple[float, tuple[Term, ...]], ...]:
    """Each cost once, with the mean of the students that spend it: none is picked by its score."""
    prices = dict.fromkeys(cost for cost, _ in curve)
    at_price = {price: [group for cost, group in curve if cost == price] for price in prices}
    return tuple(
        (price, tuple(Term(1 / len(found), group) for group in found))
        for price, found in at_price.items()
    )


def _equal_cost(
    cost_of: tuple[str, float],
    reasoning: Group,
    curve: IftCurve,
    at: "EquivalentAccuracy",
    ceiling: float,
) -> EqualCost:
    import numpy as np

    from breakeven.frontiers.interpolation import log_weights, within
    from breakeven.frontiers.saturation import extrapolation_factor

    name, spent = cost_of
    priced = _by_price(curve)
    costs = np.array([price for price, _ in priced])
    factor, dearer = extrapolation_factor(spent, costs), spent > costs[-1]
    if within(costs, spent):
        weights = log_weights(costs, np.array([spent]))[0]
        terms = tuple(
            Term(float(weight) * share, group)
            for weight, (_, mean) in zip(weights, priced, strict=True)
            if weight
            for share, group in mean
        )
        factor, dearer = 1.0, False
    else:
        terms = priced[-1 if dearer else 0][1]
    nearest = sum(weight * group.accuracy for weight, group in terms)
    most = max(nearest, *(group.accuracy for _, group in terms))
    low, high = _bounds(at, (nearest, most), ceiling, dearer=dearer)
    return EqualCost(name, reasoning, spent, curve, terms, low, high, factor, dearer)


def _bounds(
    at: "EquivalentAccuracy", known: tuple[float, float], ceiling: float, *, dearer: bool
) -> tuple[float, float]:
    """Bounds of IFT's accuracy at a cost.

    `known` is its value by the nearest students, and that of the best of them.
    """
    nearest, most = known
    if not at.extrapolated and at.low is not None and at.high is not None:
        return min(at.low, nearest), max(at.high, nearest)
    if not dearer:
        # Cheaper than every IFT student, IFT may be as bad as can be, and no better than its
        # cheapest.
        return 0.0, most
    # No decision rests on a curve far out: at 31 times the cost the fits alone had put reasoning
    # ahead, and the teacher's accuracy leaves it open (docs/decisions.md).
    if at.high is None or at.extrapolation_factor > FIT_REACH:
        return nearest, max(ceiling, most)
    return nearest, max(at.high, most)


def fitted_at(results: Results, curve: IftCurve, spent: float) -> "EquivalentAccuracy":
    """IFT's accuracy at a cost, with its range over equally good saturating curves."""
    return _fitted(results, curve, [spent])[0]


def _fitted(
    results: Results, curve: IftCurve, spent: Sequence[float]
) -> "tuple[EquivalentAccuracy, ...]":
    priced = _by_price(curve)
    costs = tuple(price for price, _ in priced)
    accuracies = tuple(sum(w * group.accuracy for w, group in mean) for _, mean in priced)
    return _fitted_once(costs, accuracies, _ceiling(results, curve), tuple(spent))


@lru_cache(maxsize=1024)
def _fitted_once(
    costs: tuple[float, ...],
    accuracies: tuple[float, ...],
    ceiling: float,
    spent: tuple[float, ...],
) -> "tuple[EquivalentAccuracy, ...]":
    from breakeven.frontiers.equivalents import equivalent_accuracies
    from breakeven.frontiers.saturation import fit_saturation

    return equivalent_accuracies(fit_saturation(costs, accuracies, ceiling), spent)


def _ceiling(results: Results, curve: IftCurve) -> float:
    return results.teacher_accuracy.get(curve[0][1].cells[0].family, 1.0)
