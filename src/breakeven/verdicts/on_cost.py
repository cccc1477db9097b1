"""Tests of claims about accuracy at equal FLOPs, and about training compute."""

from breakeven.verdicts.contrasts import Sample, Term, contrast, mean_terms
from breakeven.verdicts.equal_cost import (
    COST_WORDS,
    EqualCost,
    comparisons,
    counts,
    equal_costs,
    fitted_at,
    ift_leads,
    reasoning_leads,
    standing,
)
from breakeven.verdicts.groups import SIZE_TOLERANCE, Group, corpora_named, groups, of_size
from breakeven.verdicts.outcome import (
    Outcome,
    absent,
    all_of,
    conjunction,
    detectable_by,
    percent,
    with_interval,
)

LARGER_IFT = "IFT students as dear as the reasoning ones"


def ift_leads_below(sample: Sample, *, cost: str, corpus: str, below_b: float) -> Outcome:
    """At equal cost, IFT is ahead of the smaller reasoning students on average."""
    every = comparisons(sample.results, cost, corpus)
    small = [at for at in every if (at.reasoning.size_b or below_b) * SIZE_TOLERANCE < below_b]
    if not small:
        wanted = f"reasoning students below {below_b:g}B with {COST_WORDS[cost]}"
        return absent(f"no {wanted}", wanted)
    against = [[*at.terms, Term(-1.0, at.reasoning)] for at in small]
    slack = [sum(parts) / len(small) for parts in zip(*map(_slack, small), strict=True)]
    lead = contrast(sample, mean_terms(against), slack[0])
    behind = contrast(sample, mean_terms(against), -slack[1])
    return Outcome(
        p_supported=lead.p_above,
        p_contradicted=behind.p_below,
        evidence=f"IFT at equal {COST_WORDS[cost]} leads by {with_interval(lead)} on "
        f"average over reasoning students below {below_b:g}B (IFT past its dearest student taken "
        f"as no better than that one): {standing(small)}",
        would_decide=f"{LARGER_IFT}, with answers by item",
        detectable=detectable_by([lead]),
        numbers={"comparisons": len(small), "mean_lead": lead.value, **counts(small)},
    )


def reasoning_leads_at(
    sample: Sample, *, cost: str, corpus: str, family: str, size_b: float
) -> Outcome:
    """At equal cost, one reasoning student is ahead of IFT."""
    found = [
        at
        for name in corpora_named(sample.results, corpus)
        for at in equal_costs(sample.results, cost, corpus=name, family=family)
        if of_size([at.reasoning], size_b)
    ]
    if not found:
        wanted = f"a {size_b:g}B reasoning student with {COST_WORDS[cost]} on {family}"
        return absent(f"no {wanted[2:]}", wanted)
    leads = [reasoning_leads(sample, at) for at in found]
    behind = [ift_leads(sample, at) for at in found]
    return Outcome(
        p_supported=all_of(lead.p_above for lead in leads),
        p_contradicted=all_of(lead.p_above for lead in behind),
        evidence="; ".join(_at_equal_cost(sample, at, cost) for at in found),
        would_decide=f"an IFT student of {found[0].factor:.2g} times the {COST_WORDS[cost]}"
        if found[0].extrapolated
        else "answers by item, or more questions and seeds",
        detectable=detectable_by(leads),
        rests_on_extrapolation=any(at.extrapolated for at in found),
        numbers={"extrapolation_factor": max(at.factor for at in found)},
    )


def ift_near_frontier_mostly(sample: Sample, *, cost: str, margin: float) -> Outcome:
    """At equal cost, IFT is ahead or within `margin` in more than half of the comparisons."""
    every = equal_costs(sample.results, cost)
    if len(every) < 2:
        return absent(f"fewer than two comparisons at equal {COST_WORDS[cost]}", LARGER_IFT)
    near = [ift_leads(sample, at, margin) for at in every]
    ahead = [reasoning_leads(sample, at) for at in every]
    return Outcome(
        p_supported=conjunction((part.p_above for part in near), len(every) // 2 + 1),
        p_contradicted=conjunction((part.p_above for part in ahead), -(-len(every) // 2)),
        evidence=f"at equal {COST_WORDS[cost]}, {standing(every)}",
        would_decide=f"{LARGER_IFT}, with answers by item",
        detectable=detectable_by(near),
        rests_on_extrapolation=any(at.extrapolated for at in every),
        numbers=counts(every),
    )


def training_compute_ratio(
    sample: Sample,
    *,
    corpus: str,
    family: str,
    reasoning_b: float,
    ift_b: float,
    stated: float,
    rounding: float,
) -> Outcome:
    """A reasoning student's training takes `stated` times the FLOPs of an IFT student's.

    `rounding` is half a unit of the stated figure's last digit.
    """
    from breakeven.analysis.replay import training_ratio

    found = _named_pair(sample, corpus, family, reasoning_b, ift_b)
    wanted = f"a {reasoning_b:g}B reasoning and a {ift_b:g}B IFT student with training FLOPs"
    if found is None:
        return absent(f"no {wanted[2:]}", wanted)
    thinking, plain = found
    spent = thinking.mean("train_flops"), plain.mean("train_flops")
    if spent[0] is None or spent[1] is None:
        return absent("no training FLOPs in these results", wanted)
    value = low = high = spent[0] / spent[1]
    derived = sample.results.source == "published"
    if derived:
        value, low, high = training_ratio(corpus, reasoning_b, ift_b)
    outside = stated + rounding < low or stated - rounding > high
    within = stated - rounding <= low and high <= stated + rounding
    source, spread = "measured", ""
    if derived:
        source, spread = "derived", f" ({low:.2g} to {high:.2g}, as lengths may vary)"
    return Outcome(
        settled="contradicted" if outside else "supported" if within else "undecidable here",
        evidence=f"stated {stated:g}x, {source} {value:.2g}x{spread}; "
        f"on {family}: {thinking.label} {percent(thinking.accuracy)}, {plain.label} "
        f"{percent(plain.accuracy)}",
        would_decide="the token lengths of the training pairs",
        numbers={"stated": stated, "ratio": value, "ratio_low": low, "ratio_high": high},
    )


def _slack(at: EqualCost) -> tuple[float, float]:
    """How far IFT may lie below and above its value by the nearest students."""
    return at.nearest - at.lowest, at.highest - at.nearest


def _named_pair(
    sample: Sample, corpus: str, family: str, reasoning_b: float, ift_b: float
) -> tuple[Group, Group] | None:
    for name in corpora_named(sample.results, corpus):
        thinking = of_size(
            groups(sample.results, "reasoning", corpus=name, family=family), reasoning_b
        )
        plain = of_size(groups(sample.results, "ift", corpus=name, family=family), ift_b)
        if thinking and plain:
            return thinking, plain
    return None


def _at_equal_cost(sample: Sample, at: EqualCost, cost: str) -> str:
    """One comparison in words, with what the fits say where IFT is extrapolated."""
    name = f"{at.reasoning.label} {percent(at.reasoning.accuracy)}"
    if not at.extrapolated:
        lead = reasoning_leads(sample, at)
        return (
            f"{name}, IFT at equal {COST_WORDS[cost]} {percent(at.lowest)}: {with_interval(lead)}"
        )
    fit = fitted_at(sample.results, at.curve, at.spent)
    fits = (
        f"fits of about equal error put it between {percent(fit.low)} and {percent(fit.high)}"
        if fit.low is not None and fit.high is not None
        else str(fit.reason)
    )
    return (
        f"{name}; IFT at equal {COST_WORDS[cost]} is extrapolated {at.factor:.2g} times past "
        f"{percent(at.nearest)}: {fits}"
    )
