"""Tests of claims about answers that end in a loop; they need the outcome of every answer."""

from breakeven.findings.contrasts import Term, contrast, mean_terms, slope_terms
from breakeven.findings.groups import groups
from breakeven.findings.outcome import (
    Outcome,
    not_testable,
    percent,
    resolution_of,
    with_interval,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.words import span

WANTED = "the outcome of every answer of reasoning students of three sizes"


def loops_fall_with_size(scored: ScoredResults) -> Outcome:
    """The share of looping reasoning answers has a negative slope in log size, over families."""
    items = scored.results.items
    if items is None or "outcome" not in items.columns or items["outcome"].isna().any():
        return not_testable("not tested: no outcome of every answer", WANTED)
    looping = scored.of_marks(items["outcome"].eq("looping"))
    slopes, shares = [], []
    for corpus in looping.results.corpora():
        for family in looping.results.families():
            found = groups(looping.results, "reasoning", corpus=corpus, family=family)
            sized = [(size_b, [Term(1.0, g)]) for g in found if (size_b := g.size_b) is not None]
            terms = slope_terms(sized)
            if terms:
                slopes.append(terms)
                shares += [group.accuracy for group in found]
    if not slopes:
        return not_testable("not tested: no reasoning students of three sizes", WANTED)
    mean = contrast(looping, mean_terms(slopes))
    return Outcome(
        p_supported=mean.p_below,
        p_contradicted=mean.p_above,
        evidence=f"{span(percent(min(shares)), percent(max(shares)))} of the reasoning answers "
        f"loop; a doubling of the size changes that by {with_interval(mean)} on average over "
        f"{len(slopes)} families and corpora",
        would_decide="more sizes, or more questions and seeds",
        resolution=resolution_of([mean]),
        numbers={"mean_change_a_doubling": mean.value, "families": len(slopes)},
    )
