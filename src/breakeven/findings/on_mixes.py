"""Tests of claims about arms that mix the two styles."""

from typing import NamedTuple

from breakeven.findings.combine import all_of, any_of
from breakeven.findings.contrasts import Term, contrast, group_difference, mean_terms
from breakeven.findings.groups import Group, group_pairs, groups, partners
from breakeven.findings.outcome import (
    Outcome,
    not_testable,
    percent,
    resolution_of,
    with_interval,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.cell_results import Order


class Mix(NamedTuple):
    """A mixed arm beside the two pure arms of its student, corpus, family and decoding."""

    mixed: Group
    ift: Group
    reasoning: Group


def mixes_keep_the_gain(
    scored: ScoredResults, *, least_share: float, most_share: float, order: Order, kept: float
) -> Outcome:
    """Mixes with some reasoning keep more than `kept` of the gain and answer at less cost."""
    found = [
        mix
        for mix in _mixes(scored)
        if (share := mix.mixed.cells[0].reasoning_share) is not None
        and least_share <= share <= most_share
        and mix.mixed.cells[0].order in (order, None)
    ]
    if not found:
        wanted = f"{order} mixes of {percent(least_share)} to {percent(most_share)} reasoning"
        return not_testable(f"no {wanted}", wanted)
    rows = [
        [Term(1.0, mix.mixed), Term(-kept, mix.reasoning), Term(kept - 1.0, mix.ift)]
        for mix in found
    ]
    surplus = contrast(scored, mean_terms(rows))
    gains = [[Term(1.0, mix.reasoning), Term(-1.0, mix.ift)] for mix in found]
    gain = contrast(scored, mean_terms(gains))
    saved = _cost_ratio(found)
    cheaper = saved is not None and saved < 1.0
    cost = "cost not known" if saved is None else f"{saved:.2f} times the inference FLOPs"
    return Outcome(
        # Keeping a share of a gain means nothing where there is no gain.
        p_supported=all_of([surplus.p_above, gain.p_above]) if cheaper else None,
        p_contradicted=all_of([surplus.p_below, gain.p_above]),
        evidence=f"{len(found)} mixes are {with_interval(surplus)} against {percent(kept)} of the "
        f"gain, which is {with_interval(gain)}; {cost} of pure reasoning",
        would_decide="costs, and more questions or seeds",
        resolution=resolution_of([surplus]),
        numbers={"mixes": len(found), "surplus": surplus.value, "cost_ratio": saved},
    )


def mixes_sometimes_beat_both(scored: ScoredResults) -> Outcome:
    """At least one mix is ahead of both pure arms."""
    found = _mixes(scored)
    if not found:
        return not_testable("no mixed arms in these results", "mixed arms")
    over = [
        [group_difference(scored, mix.mixed, pure) for pure in (mix.ift, mix.reasoning)]
        for mix in found
    ]
    best = max(over, key=lambda pair: min(part.value for part in pair))
    ahead = sum(all(part.value > 0 for part in pair) for pair in over)
    lead = min(best, key=lambda part: part.value)
    return Outcome(
        p_supported=any_of(all_of(part.p_above for part in pair) for pair in over),
        p_contradicted=all_of(any_of(part.p_below for part in pair) for pair in over),
        evidence=f"{ahead} of {len(found)} mixes are ahead of both pure arms; the best by "
        f"{with_interval(lead, chosen_of=2 * len(over))}",
        would_decide="more questions or seeds",
        resolution=resolution_of([part for pair in over for part in pair], len(over)),
        numbers={"mixes": len(found), "ahead_of_both": ahead},
    )


def _mixes(scored: ScoredResults) -> list[Mix]:
    """Mixed groups with both of their pure arms, on the seeds that all three have."""
    found = []
    pairs = group_pairs(scored.results)
    for mixed in groups(scored.results, "mixed"):
        beside = partners(mixed, [pair.ift for pair in pairs])
        found += [Mix(mixed, pair.ift, pair.reasoning) for pair in pairs if pair.ift in beside]
    return found


def _cost_ratio(mixes: list[Mix]) -> float | None:
    """Mean inference FLOPs of the mixes over those of pure reasoning."""
    spent = [
        (mix.mixed.mean("inference_flops"), mix.reasoning.mean("inference_flops")) for mix in mixes
    ]
    known = [(mixed, pure) for mixed, pure in spent if mixed is not None and pure is not None]
    if len(known) < len(spent) or any(pure == 0 for _, pure in known):
        return None
    return sum(mixed / pure for mixed, pure in known) / len(known)
