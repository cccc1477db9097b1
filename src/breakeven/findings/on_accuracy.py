"""Tests of claims about accuracy: who wins, by how much, and how that changes with size."""

import math
from collections.abc import Sequence
from functools import lru_cache

from breakeven.findings.combine import all_of, any_of, conjunction
from breakeven.findings.contrasts import (
    Contrast,
    Term,
    contrast,
    group_difference,
    mean_terms,
    slope_terms,
)
from breakeven.findings.groups import (
    Group,
    GroupPair,
    at_least,
    below,
    corpora_named,
    group_pairs,
    groups,
    of_size,
)
from breakeven.findings.outcome import (
    Outcome,
    margin_words,
    not_testable,
    percent,
    points,
    resolution_of,
    with_interval,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.words import span

MORE_ITEMS = "answers by item, or more questions and seeds"


def most_pairs_won(scored: ScoredResults) -> Outcome:
    """Reasoning is ahead in more than half of the pairs."""
    pairs = group_pairs(scored.results)
    if len(pairs) < 2:
        return not_testable(
            "fewer than two pairs of IFT and reasoning", "both styles of two students"
        )
    gains = [group_difference(scored, pair.reasoning, pair.ift) for pair in pairs]
    won = sum(gain.value > 0 for gain in gains)
    most = len(gains) // 2 + 1
    return Outcome(
        p_supported=conjunction((gain.p_above for gain in gains), most),
        p_contradicted=conjunction((gain.p_below for gain in gains), math.ceil(len(gains) / 2)),
        evidence=f"reasoning is ahead in {won} of {len(gains)} pairs",
        would_decide=MORE_ITEMS,
        # The partial conjunction multiplies its p by so many.
        resolution=resolution_of(gains, len(gains) - most + 1),
        numbers={"pairs": len(gains), "won_by_reasoning": won},
    )


def smaller_beats_larger(
    scored: ScoredResults, *, reasoning_b: float, ift_b: float, family: str, corpus: str
) -> Outcome:
    """A reasoning student of one size is ahead of a larger IFT student."""
    names = corpora_named(scored.results, corpus)
    found = [
        (thinking, plain)
        for name in names
        if (thinking := of_size(_style(scored, "reasoning", name, family), reasoning_b))
        and (plain := of_size(_style(scored, "ift", name, family), ift_b))
    ]
    if not found:
        pair = f"{reasoning_b:g}B reasoning and {ift_b:g}B IFT student on {family}"
        return not_testable(f"no pair of a {pair}", f"a {pair}")
    gains = [group_difference(scored, thinking, plain) for thinking, plain in found]
    thinking, plain = found[0]
    return Outcome(
        p_supported=all_of(gain.p_above for gain in gains),
        p_contradicted=all_of(gain.p_below for gain in gains),
        evidence=f"{family}: {thinking.label} {percent(thinking.accuracy)}, {plain.label} "
        f"{percent(plain.accuracy)}, {with_interval(gains[0])}",
        would_decide=MORE_ITEMS,
        resolution=resolution_of(gains),
        numbers={
            "reasoning_accuracy": thinking.accuracy,
            "ift_accuracy": plain.accuracy,
            "difference": gains[0].value,
        },
    )


def gain_grows_with_size(scored: ScoredResults) -> Outcome:
    """The gain from reasoning has a positive slope in log size, averaged over families."""
    slopes: list[list[Term]] = []
    for corpus in scored.results.corpora():
        for family in scored.results.families():
            pairs = group_pairs(scored.results, corpus=corpus, family=family)
            terms = slope_terms(
                [
                    (size_b, [Term(1.0, pair.reasoning), Term(-1.0, pair.ift)])
                    for pair in pairs
                    if (size_b := pair.ift.size_b) is not None
                ]
            )
            if terms:
                slopes.append(terms)
    if not slopes:
        return not_testable("fewer than three sizes with both styles", "three sizes of each style")
    mean = contrast(scored, mean_terms(slopes))
    return Outcome(
        p_supported=mean.p_above,
        p_contradicted=mean.p_below,
        evidence=f"a doubling of the size changes the gain by {with_interval(mean)} on average "
        f"over {len(slopes)} families and corpora",
        would_decide=f"more sizes, or {MORE_ITEMS}",
        resolution=resolution_of([mean]),
        numbers={"mean_gain_a_doubling": mean.value, "families": len(slopes)},
    )


def corpus_hurts(
    scored: ScoredResults, *, style: str, harmful: str, other: str, family: str, below_b: float
) -> Outcome:
    """Small students of a style do worse on a family after one corpus than after another."""
    worse, better = (
        below(_style(scored, style, corpus, family), below_b) for corpus in (harmful, other)
    )
    found = [
        (hurt, base)
        for hurt in worse
        if (base := next((g for g in better if _student(g) == _student(hurt)), None))
    ]
    if not found:
        wanted = f"{style} students below {below_b:g}B trained on {harmful} and on {other}"
        return not_testable(f"no {wanted}, with {family} tasks", wanted)
    losses = [group_difference(scored, base, hurt) for hurt, base in found]
    rows = "; ".join(
        f"{_student(hurt)} {percent(base.accuracy)} to {percent(hurt.accuracy)}"
        for hurt, base in found
    )
    # Every student must lose for the claim; a gain in their mean is enough against it.
    mean = contrast(scored, mean_terms([[Term(1, base), Term(-1, hurt)] for hurt, base in found]))
    return Outcome(
        p_supported=all_of(loss.p_above for loss in losses),
        p_contradicted=mean.p_below,
        evidence=f"{style} on {family}, from {other} to {harmful} corpus: {rows}",
        would_decide=MORE_ITEMS,
        resolution=resolution_of(losses),
        numbers={"mean_loss": mean.value, "students": len(found)},
    )


def matches_larger_ift(
    scored: ScoredResults, *, corpus: str, factor: float, margin: float
) -> Outcome:
    """In more than half of the pairs, reasoning matches an IFT student `factor` times larger.

    To match is not to be behind by more than `margin` (non-inferiority).
    """
    leads = [
        lead
        for name in corpora_named(scored.results, corpus)
        for pair in group_pairs(scored.results, corpus=name)
        if (lead := _lead_over_larger(scored, pair, factor, margin)) is not None
    ]
    if len(leads) < 2:
        return not_testable(
            f"fewer than two pairs with an IFT student {factor:g} times larger",
            f"IFT students {factor:g} times larger than the reasoning ones",
        )
    matched = sum(lead.value >= -margin for lead in leads)
    most = len(leads) // 2 + 1
    return Outcome(
        p_supported=conjunction((lead.p_above for lead in leads), most),
        p_contradicted=conjunction((lead.p_below for lead in leads), math.ceil(len(leads) / 2)),
        evidence=f"in {matched} of {len(leads)} pairs reasoning is at most {margin_words(margin)} "
        f"behind IFT at {factor:g} times the size (interpolated in log size)",
        would_decide=MORE_ITEMS,
        resolution=resolution_of(leads, len(leads) - most + 1),
        numbers={"pairs": len(leads), "matched": matched},
    )


def plateau_broken(scored: ScoredResults, *, corpus: str, least_b: float) -> Outcome:
    """IFT levels off, and large reasoning students are above the level."""
    found = [
        (thinking, plain)
        for name in corpora_named(scored.results, corpus)
        for family in scored.results.families()
        if (plain := _style(scored, "ift", name, family))
        for thinking in at_least(_style(scored, "reasoning", name, family), least_b)
    ]
    if not found:
        return not_testable(
            f"no reasoning student of {least_b:g}B or more",
            f"reasoning students of {least_b:g}B or more",
        )
    over = [group_difference(scored, thinking, curve[-1]) for thinking, curve in found]
    levels = [_level_range(scored, curve) for _, curve in found]
    above_level = [
        group_difference(scored, thinking, curve[-1], level[1] - curve[-1].accuracy)
        for (thinking, curve), level in zip(found, levels, strict=True)
    ]
    rising = [rise for _, curve in found if (rise := _last_doubling(curve)) is not None]
    still = span(points(min(rising)), points(max(rising))) if rising else "an unknown amount"
    low, high = min(level[0] for level in levels), max(level[1] for level in levels)
    return Outcome(
        p_supported=all_of(part.p_above for part in above_level),
        # Below the largest student that was trained is below any level that IFT may reach.
        p_contradicted=any_of(part.p_below for part in over),
        evidence=f"{sum(part.value > 0 for part in over)} of {len(over)} reasoning students of "
        f"{least_b:g}B or more are above the largest IFT student; IFT changes by "
        f"{still} in its last doubling, and curves that fit it about equally well level off "
        f"anywhere from {percent(low)} to {percent(high)}",
        would_decide="IFT students large enough to show a level",
        resolution=resolution_of(over),
        rests_on_extrapolation=True,
        numbers={"above_largest_ift": sum(part.value > 0 for part in over), "of": len(over)},
    )


def _style(scored: ScoredResults, style: str, corpus: str, family: str) -> tuple[Group, ...]:
    if style not in ("ift", "reasoning"):
        raise ValueError(f"style: value is {style}; use ift or reasoning")
    return groups(
        scored.results,
        "ift" if style == "ift" else "reasoning",
        corpus=corpus,
        family=family,
    )


def _student(group: Group) -> str:
    return group.cells[0].student


def _lead_over_larger(
    scored: ScoredResults, pair: GroupPair, factor: float, margin: float
) -> Contrast | None:
    """Reasoning minus IFT at `factor` times the size, against -margin.

    None where IFT was not trained that large.
    """
    import numpy as np

    from breakeven.frontiers.interpolation import log_weights, within

    curve = [g for g in _curve(scored, pair.ift) if g.size_b is not None]
    sizes = np.array([g.size_b for g in curve], dtype=np.float64)
    # Two students of one size leave no single line in size.
    if pair.reasoning.size_b is None or len(set(sizes)) < max(2, len(sizes)):
        return None
    wanted = pair.reasoning.size_b * factor
    if not within(sizes, wanted):
        return None
    weights = log_weights(sizes, np.array([wanted]))[0]
    terms = [Term(-float(w), g) for w, g in zip(weights, curve, strict=True) if w]
    return contrast(scored, [Term(1.0, pair.reasoning), *terms], -margin)


def _curve(scored: ScoredResults, ift: Group) -> tuple[Group, ...]:
    """All sizes of the arm of an IFT group, on its family."""
    cell = ift.cells[0]
    every = groups(
        scored.results, "ift", corpus=cell.corpus, family=cell.family, decoding=cell.decoding
    )
    return tuple(group for group in every if group.cells[0].arm == cell.arm)


def _last_doubling(curve: Sequence[Group]) -> float | None:
    """Accuracy that IFT gains per doubling between its two largest sizes; None with one size."""
    sized = [(size, group.accuracy) for group in curve if (size := group.size_b) is not None]
    if len(sized) < 2 or sized[-1][0] == sized[-2][0]:
        return None
    return (sized[-1][1] - sized[-2][1]) / math.log2(sized[-1][0] / sized[-2][0])


def _level_range(scored: ScoredResults, curve: Sequence[Group]) -> tuple[float, float]:
    """Lowest and highest accuracy to which IFT curves of about equal fit tend with size.

    From the largest student's accuracy to the teacher's where there are too few sizes to fit.
    """
    ceiling = scored.results.teacher_accuracy.get(curve[0].cells[0].family, 1.0)
    sized = [(size, group.accuracy) for group in curve if (size := group.size_b) is not None]
    fitted = _fitted_levels(tuple(sized), ceiling) if sized else None
    return (curve[-1].accuracy, ceiling) if fitted is None else fitted


@lru_cache(maxsize=1024)
def _fitted_levels(
    sized: tuple[tuple[float, float], ...], ceiling: float
) -> tuple[float, float] | None:
    from breakeven.frontiers.saturation import ambiguity_range, fit_saturation

    sizes, accuracies = zip(*sized, strict=True)
    fit = fit_saturation(sizes, accuracies, ceiling)
    if fit.curve is None:
        return None
    limits = ambiguity_range(fit, [max(sizes) * 1e9])
    return limits.low[0], limits.high[0]
