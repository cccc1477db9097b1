"""Tests of claims about who is on the frontier of accuracy against cost."""

from collections.abc import Mapping
from typing import NamedTuple

from breakeven.findings.combine import all_of, any_of
from breakeven.findings.contrasts import Contrast, group_difference
from breakeven.findings.equal_cost import (
    COST_WORDS,
    EqualCost,
    IftCurve,
    comparisons,
    cost_words,
    ift_curve,
    ift_leads,
    reasoning_leads,
)
from breakeven.findings.groups import SIZE_TOLERANCE, Group, group_pairs
from breakeven.findings.on_cost import LARGER_IFT
from breakeven.findings.outcome import (
    Compared,
    Outcome,
    margin_words,
    not_testable,
    points,
    resolution_of,
    with_interval,
)
from breakeven.findings.scored_results import ScoredResults

# More plain arms than these are counted, not listed.
_MOST_NAMED = 3


class _Lead(NamedTuple):
    """How far an IFT group is ahead of a reasoning one that costs no less."""

    contrast: Contrast
    ift: Group
    reasoning: Group

    @property
    def words(self) -> str:
        """Whose lead it is, over whom and where."""
        return f"{self.ift.label} over {self.reasoning.label} on {self.ift.cells[0].family}"


def ift_is_pareto_optimal(scored: ScoredResults, *, cost: str, margin: float) -> Outcome:
    """No IFT student is beaten by a reasoning student that costs no more."""
    pairs, words = group_pairs(scored.results), cost_words(cost)
    # Without a pair nothing was tried, and no student that undercuts is no proof.
    if not pairs:
        return not_testable("no pair of IFT and reasoning", "both styles of one student")
    if all(group.mean(cost) is None for pair in pairs for group in pair):
        return not_testable(f"no {words} of any pair", f"{words} of every cell")
    shown, beaten, margins, tried = [], [], [], 0
    by_arm: dict[str, list[_Lead]] = {}
    for pair in pairs:
        spent = pair.reasoning.mean(cost)
        curve = ift_curve(scored.results, pair, cost)
        if spent is None or not curve:
            continue
        # At each price that reasoning undercuts, IFT is all its students up to that price.
        for price in dict.fromkeys(price for price, _ in curve):
            if price >= spent:
                leads = _over_envelope(scored, pair.reasoning, curve, price, margin)
                shown.append(any_of(lead.p_above for lead in leads[0]))
                beaten.append(all_of(lead.contrast.p_below for lead in leads[1]))
                best = max(leads[1], key=lambda lead: lead.contrast.value)
                margins.append(best.contrast)
                by_arm.setdefault(pair.ift.cells[0].arm, []).append(best)
                tried += len(leads[1])
    if not shown and (unpriced := _unpriced(scored, cost)):
        return not_testable(f"{words} of {unpriced} are not known", f"{words} of every cell")
    if not shown:
        return Outcome(
            settled="supported",
            evidence=f"every reasoning student costs more {words} than every IFT student",
            would_decide=LARGER_IFT,
        )
    smallest = {arm: min(own, key=lambda one: one.contrast.value) for arm, own in by_arm.items()}
    worst = min(smallest.values(), key=lambda one: one.contrast.value)
    return Outcome(
        p_supported=all_of(shown),
        p_contradicted=any_of(beaten),
        evidence=f"in {len(shown)} cases a reasoning student costs no more {words} than an IFT "
        "student; "
        f"the smallest lead of the best IFT student up to that cost is "
        f"{with_interval(worst.contrast, chosen_of=tried)}, of {worst.words}"
        f"{_of_each_arm(smallest)}; at most {margin_words(margin)} behind is not beaten",
        would_decide=f"{LARGER_IFT}, with answers by item",
        resolution=resolution_of(margins, len(margins)),
        numbers={"comparisons": len(shown), "closest_lead": worst.contrast.value, "margin": margin},
    )


def reasoning_leads_only_on_large_open(
    scored: ScoredResults, *, cost: str, corpus: str, least_b: float, margin: float
) -> Outcome:
    """Reasoning reaches IFT at equal cost on open tasks from a size on, and is behind elsewhere.

    To reach is not to be behind by more than `margin` (non-inferiority). Without a student
    elsewhere, "only there" has not been tried, and can be contradicted but not supported.
    """
    every = comparisons(scored.results, cost, corpus)
    inside = [at for at in every if _is_large(at, least_b) and _is_open(at)]
    outside = [at for at in every if not (_is_large(at, least_b) and _is_open(at))]
    if not inside:
        wanted = f"reasoning students of {least_b:g}B or more on open tasks, with costs"
        return not_testable(f"no {wanted}", wanted)
    leads = [reasoning_leads(scored, at, margin) for at in inside]
    near = [ift_leads(scored, at) for at in outside]
    against = [ift_leads(scored, at, -margin) for at in inside]
    against += [reasoning_leads(scored, at) for at in outside]
    return Outcome(
        p_supported=all_of(part.p_above for part in (*leads, *near)) if outside else None,
        p_contradicted=any_of(part.p_above for part in against),
        evidence=f"to reach is to be at most {margin_words(margin)} behind",
        would_decide=f"{LARGER_IFT}, with answers by item"
        + ("" if outside else ", and reasoning students elsewhere, with costs"),
        resolution=resolution_of(leads),
        rests_on_extrapolation=any(at.extrapolated for at in every),
        compared=(
            Compared(f"open tasks from {least_b:g}B", tuple(inside)),
            Compared("elsewhere", tuple(outside)),
        ),
    )


def no_reasoning_on_frontier(scored: ScoredResults, *, cost: str, corpus: str) -> Outcome:
    """At equal cost, IFT is ahead of every reasoning student."""
    every = comparisons(scored.results, cost, corpus)
    if not every:
        return not_testable(
            f"no pairs with {cost_words(cost)}", f"{cost_words(cost)} of every cell"
        )
    return Outcome(
        p_supported=all_of(ift_leads(scored, at).p_above for at in every),
        p_contradicted=any_of(reasoning_leads(scored, at).p_above for at in every),
        evidence="",
        would_decide=f"{LARGER_IFT}, with answers by item",
        resolution=resolution_of([ift_leads(scored, at) for at in every]),
        rests_on_extrapolation=any(at.extrapolated for at in every),
        compared=(Compared(f"at equal {cost_words(cost)}", tuple(every)),),
    )


def large_reasoning_on_both_frontiers(
    scored: ScoredResults, *, corpus: str, least_b: float
) -> Outcome:
    """From a size on, reasoning is ahead at equal training and at equal inference FLOPs."""
    large = {
        cost: [at for at in comparisons(scored.results, cost, corpus) if _is_large(at, least_b)]
        for cost in COST_WORDS
    }
    if not all(large.values()):
        wanted = f"reasoning students of {least_b:g}B or more with training and inference FLOPs"
        return not_testable(f"no {wanted}", wanted)
    every = [at for rows in large.values() for at in rows]
    return Outcome(
        p_supported=all_of(reasoning_leads(scored, at).p_above for at in every),
        p_contradicted=any_of(ift_leads(scored, at).p_above for at in every),
        evidence="",
        would_decide=f"{LARGER_IFT}, with answers by item",
        resolution=resolution_of([reasoning_leads(scored, at) for at in every]),
        rests_on_extrapolation=any(at.extrapolated for at in every),
        compared=tuple(
            Compared(f"at equal {cost_words(cost)}, from {least_b:g}B", tuple(rows))
            for cost, rows in large.items()
        ),
    )


def _unpriced(scored: ScoredResults, cost: str) -> str:
    """The first of the pairs' groups whose cost is not known; empty where all are."""
    every = (group for pair in group_pairs(scored.results) for group in pair)
    return next((group.label for group in every if group.mean(cost) is None), "")


def _over_envelope(
    scored: ScoredResults,
    reasoning: Group,
    curve: IftCurve,
    price: float,
    margin: float,
) -> tuple[list[Contrast], list[_Lead]]:
    """IFT students up to a price minus a reasoning one: against -margin, and against zero."""
    affordable = [group for cost, group in curve if cost <= price]
    near = [group_difference(scored, group, reasoning, -margin) for group in affordable]
    return near, [
        _Lead(group_difference(scored, group, reasoning), group, reasoning) for group in affordable
    ]


def _of_each_arm(smallest: Mapping[str, _Lead]) -> str:
    """The smallest lead of each plain arm, or of how many it is one: some may be beaten alone."""
    if len(smallest) < 2:
        return ""
    leads = {arm: one.contrast.value for arm, one in smallest.items()}
    if len(leads) > _MOST_NAMED:
        behind = sum(lead < 0 for lead in leads.values())
        return f" (it is below zero for {behind} of {len(leads)} plain arms)"
    return f" ({', '.join(f'{arm} {points(lead)}' for arm, lead in leads.items())})"


def _is_large(at: EqualCost, least_b: float) -> bool:
    size_b = at.reasoning.size_b
    return size_b is not None and size_b * SIZE_TOLERANCE >= least_b


def _is_open(at: EqualCost) -> bool:
    return at.reasoning.cells[0].family.endswith("open")
