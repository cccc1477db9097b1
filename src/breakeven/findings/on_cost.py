"""Tests of claims about accuracy at equal FLOPs, and about training compute."""

from collections.abc import Sequence

from breakeven.findings.combine import all_of, any_of, conjunction
from breakeven.findings.contrasts import Contrast, Term, contrast, group_difference, mean_terms
from breakeven.findings.equal_cost import (
    EqualCost,
    comparisons,
    cost_words,
    equal_costs,
    fitted_at,
    ift_leads,
    reasoning_leads,
)
from breakeven.findings.groups import SIZE_TOLERANCE, Group, corpora_named, groups, of_size
from breakeven.findings.outcome import (
    Compared,
    Outcome,
    margin_words,
    not_testable,
    percent,
    resolution_of,
    with_interval,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.words import times

LARGER_IFT = "IFT students as dear as the reasoning ones"


def ift_leads_below(scored: ScoredResults, *, cost: str, corpus: str, below_b: float) -> Outcome:
    """At equal cost, IFT is ahead of the smaller reasoning students on average.

    IFT is no worse than its interpolation at the cost, nor than any one of its students where
    that costs no more: each such reading is tried for the claim (Bonferroni). Against it IFT is
    taken at its most.
    """
    every = comparisons(scored.results, cost, corpus)
    small = [at for at in every if _is_small(at, below_b)]
    if not small:
        wanted = f"reasoning students below {below_b:g}B with {cost_words(cost)}"
        return not_testable(f"no {wanted}", wanted)
    # None is IFT by interpolation; then each IFT student by itself.
    leads = [_mean_lead(scored, small, None), *_by_student(scored, small)]
    most = [_at_most(at) for at in small]
    rows = [[*terms, Term(-1.0, at.reasoning)] for at, (terms, _) in zip(small, most, strict=True)]
    behind = contrast(scored, mean_terms(rows), -sum(slack for _, slack in most) / len(small))
    return Outcome(
        p_supported=any_of(lead.p_above for lead in leads),
        p_contradicted=behind.p_below,
        evidence=f"the lead of IFT at equal {cost_words(cost)} is {with_interval(leads[0])} on "
        f"average over reasoning students below {below_b:g}B (IFT interpolated, and past its "
        "dearest student taken as no better than that one)",
        would_decide=f"{LARGER_IFT}, with answers by item",
        resolution=resolution_of(leads[:1], len(leads)),
        compared=(Compared("one by one", tuple(small)),),
        numbers={"mean_lead": leads[0].value},
    )


def reasoning_leads_at(
    scored: ScoredResults, *, cost: str, corpus: str, family: str, size_b: float
) -> Outcome:
    """At equal cost, one reasoning student is ahead of IFT."""
    found = [
        at
        for name in corpora_named(scored.results, corpus)
        for at in equal_costs(scored.results, cost, corpus=name, family=family)
        if of_size([at.reasoning], size_b)
    ]
    if not found:
        wanted = f"a {size_b:g}B reasoning student with {cost_words(cost)} on {family}"
        return not_testable(f"no {wanted[2:]}", wanted)
    leads = [reasoning_leads(scored, at) for at in found]
    behind = [ift_leads(scored, at) for at in found]
    return Outcome(
        p_supported=all_of(lead.p_above for lead in leads),
        p_contradicted=all_of(lead.p_above for lead in behind),
        evidence="; ".join(_at_equal_cost(scored, at, cost) for at in found),
        would_decide=f"an IFT student of {times(found[0].factor)} times the {cost_words(cost)}"
        if found[0].extrapolated
        else "answers by item, or more questions and seeds",
        resolution=resolution_of(leads),
        rests_on_extrapolation=any(at.extrapolated for at in found),
        numbers={"extrapolation_factor": max(at.factor for at in found)},
    )


def ift_near_frontier_mostly(
    scored: ScoredResults, *, cost: str, corpus: str, margin: float
) -> Outcome:
    """At equal cost, IFT is ahead or within `margin` in more than half of the comparisons."""
    every = comparisons(scored.results, cost, corpus)
    if len(every) < 2:
        return not_testable(f"fewer than two comparisons at equal {cost_words(cost)}", LARGER_IFT)
    near = [ift_leads(scored, at, margin) for at in every]
    # Contradicted is: reasoning more than the margin ahead in at least half of them.
    ahead = [reasoning_leads(scored, at, -margin) for at in every]
    most = len(every) // 2 + 1
    return Outcome(
        p_supported=conjunction((part.p_above for part in near), most),
        p_contradicted=conjunction((part.p_above for part in ahead), -(-len(every) // 2)),
        evidence=f"near is at most {margin_words(margin)} behind",
        would_decide=f"{LARGER_IFT}, with answers by item",
        resolution=resolution_of(near, len(every) - most + 1),
        rests_on_extrapolation=any(at.extrapolated for at in every),
        compared=(Compared(f"at equal {cost_words(cost)}", tuple(every)),),
    )


def training_compute_ratio(
    scored: ScoredResults,
    *,
    corpus: str,
    family: str,
    reasoning_b: float,
    ift_b: float,
    stated: float,
    rounding: float,
    margin: float,
) -> Outcome:
    """A reasoning student equals an IFT student, and its training takes `stated` times the FLOPs.

    `rounding` is half a unit of the stated figure's last digit. Accuracies are equal where they
    differ by less than `margin` either way (two one-sided tests, Schuirmann 1987).
    """
    from breakeven.results.replay import training_ratio

    found = _named_pair(scored, corpus, family, reasoning_b, ift_b)
    wanted = f"a {reasoning_b:g}B reasoning and {ift_b:g}B IFT student with training FLOPs"
    if found is None:
        return not_testable(f"no pair of {wanted}", wanted)
    thinking, plain = found
    ratio = _training_ratio(thinking, plain)
    if ratio is None:
        return not_testable("no training FLOPs in these results", wanted)
    if scored.results.source == "published":
        ratio = training_ratio(corpus, reasoning_b, ift_b)
    value, low, high = ratio
    outside = stated + rounding < low or stated - rounding > high
    within = stated - rounding <= low and high <= stated + rounding
    over, under = (group_difference(scored, thinking, plain, end) for end in (-margin, margin))
    spread = f" ({low:.2g} to {high:.2g}, as lengths and bytes a token may vary)"
    source = "measured" if low == high else "derived"
    return Outcome(
        # No sampling error is in a ratio of FLOPs: outside of all that lengths leave open is
        # outside.
        settled="contradicted" if outside else None,
        p_supported=all_of([over.p_above, under.p_below]) if within else None,
        p_contradicted=any_of([over.p_below, under.p_above]),
        evidence=f"stated {stated:g}x, {source} {value:.2g}x{spread if low < high else ''}; "
        f"on {family}: {thinking.label} {percent(thinking.accuracy)}, {plain.label} "
        f"{percent(plain.accuracy)}, {with_interval(over)}; equal is within {margin_words(margin)}",
        would_decide="the token lengths of the training pairs, and answers by item",
        resolution=resolution_of([over], 2),
        numbers={
            "stated": stated,
            "ratio": value,
            "ratio_low": low,
            "ratio_high": high,
            "difference": over.value,
        },
    )


def _training_ratio(thinking: Group, plain: Group) -> tuple[float, float, float] | None:
    """Training FLOPs of the first over the second's, and between which values it may lie."""
    spent, saved = thinking.mean("train_flops"), plain.mean("train_flops")
    if spent is None or saved is None or saved == 0:
        return None
    return spent / saved, spent / saved, spent / saved


def _is_small(at: EqualCost, below_b: float) -> bool:
    size_b = at.reasoning.size_b
    return size_b is not None and size_b * SIZE_TOLERANCE < below_b


def _mean_lead(scored: ScoredResults, every: Sequence[EqualCost], student: str | None) -> Contrast:
    """Mean lead of IFT, read as one student where that costs no more, else by interpolation."""
    parts, slack = [], 0.0
    for at in every:
        own = [group for group in at.affordable if group.cells[0].student == student]
        terms = [Term(1.0, own[0])] if own else list(at.terms)
        # What interpolation leaves open counts against IFT.
        slack += 0.0 if own else at.nearest - at.low
        parts.append([*terms, Term(-1.0, at.reasoning)])
    return contrast(scored, mean_terms(parts), slack / len(every))


def _by_student(scored: ScoredResults, every: Sequence[EqualCost]) -> list[Contrast]:
    names = dict.fromkeys(group.cells[0].student for at in every for group in at.affordable)
    return [_mean_lead(scored, every, name) for name in names]


def _at_most(at: EqualCost) -> tuple[list[Term], float]:
    """IFT at its most: the best affordable student, or its upper bound and how far that lies."""
    best = max(at.affordable, key=lambda group: group.accuracy, default=None)
    if best is not None and best.accuracy >= at.high:
        return [Term(1.0, best)], 0.0
    return list(at.terms), at.high - at.nearest


def _named_pair(
    scored: ScoredResults, corpus: str, family: str, reasoning_b: float, ift_b: float
) -> tuple[Group, Group] | None:
    for name in corpora_named(scored.results, corpus):
        thinking = of_size(
            groups(scored.results, "reasoning", corpus=name, family=family), reasoning_b
        )
        plain = of_size(groups(scored.results, "ift", corpus=name, family=family), ift_b)
        if thinking and plain:
            return thinking, plain
    return None


def _at_equal_cost(scored: ScoredResults, at: EqualCost, cost: str) -> str:
    """One comparison in words, with what the fits say where IFT is extrapolated."""
    name = f"{at.reasoning.label} {percent(at.reasoning.accuracy)}"
    if not at.extrapolated:
        lead = reasoning_leads(scored, at)
        return (
            f"{name}, IFT at equal {cost_words(cost)} {percent(at.lowest)}: {with_interval(lead)}"
        )
    fit = fitted_at(scored.results, at.curve, at.spent)
    fits = (
        f"fits of about equal error put it between {percent(fit.low)} and {percent(fit.high)}"
        if fit.low is not None and fit.high is not None
        else str(fit.reason)
    )
    return (
        f"{name}; IFT at equal {cost_words(cost)} is extrapolated {times(at.factor)} times past "
        f"{percent(at.nearest)}: {fits}"
    )
