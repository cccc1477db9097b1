"""Tests of claims about students that learnt changed traces, beside those that learnt them whole.

The arms of changed traces are controls: they are in no pair of styles and in these claims only.
"""

from typing import NamedTuple

from breakeven.findings.combine import all_of, any_of
from breakeven.findings.contrasts import Contrast, Term, contrast, mean_terms
from breakeven.findings.groups import Group, groups, partners
from breakeven.findings.lengths import (
    TOKENS_BY_ITEM,
    MeanRatio,
    counted_answers,
    log_ratio,
    mean_ratio,
    rows_of,
)
from breakeven.findings.outcome import (
    Outcome,
    not_testable,
    percent,
    points,
    resolution_of,
    with_interval,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.words import span


class TracePair(NamedTuple):
    """A student of whole traces and one of changed traces that differ in nothing else."""

    whole: Group
    changed: Group


def whole_traces_beat_changed(scored: ScoredResults, *, traces: str) -> Outcome:
    """At every size, whole traces make the more accurate student, in the mean over families."""
    found = _by_student(scored, traces)
    if not found:
        return _no_pairs(traces)
    leads = [_mean(scored, pairs, 1.0, -1.0) for pairs in found.values()]
    over_all = _mean(scored, [pair for pairs in found.values() for pair in pairs], 1.0, -1.0)
    ahead = sum(lead.value > 0 for lead in leads)
    values = sorted(lead.value for lead in leads)
    return Outcome(
        p_supported=all_of(lead.p_above for lead in leads),
        p_contradicted=any_of(lead.p_below for lead in leads),
        evidence=f"whole traces are ahead of {traces} ones in {ahead} of {len(leads)} students, by "
        f"{span(points(values[0]), points(values[-1]))}; {with_interval(over_all)} over all",
        would_decide="more questions or seeds",
        resolution=resolution_of(leads),
        numbers={"students": len(leads), "whole_ahead": ahead, "lead": over_all.value},
    )


def changed_traces_keep(
    scored: ScoredResults, *, traces: str, kept: float, least: float, most: float, rounding: float
) -> Outcome:
    """One student of changed traces keeps `kept` of the accuracy at `least` to `most` times less.

    The cost is the tokens of an answer. `rounding` is half a unit of the last digit of all three,
    in percent and times. Not tested where no student's answers are shorter by `least`.
    """
    found = _by_student(scored, traces)
    if not found:
        return _no_pairs(traces)
    share = kept - rounding / 100
    surplus = {name: _mean(scored, pairs, -share, 1.0) for name, pairs in found.items()}
    shorter = {name: _shorter(scored, pairs) for name, pairs in found.items()}
    counted = {name: ratio for name, ratio in shorter.items() if ratio is not None}
    if not counted:
        return not_testable("not tested: no token counts by item", TOKENS_BY_ITEM)
    low, high = least - rounding, most + rounding
    ratios = sorted(ratio.value for ratio in counted.values())
    if ratios[-1] < low:
        shortest = span(f"{ratios[0]:.2f}", f"{ratios[-1]:.2f}")
        return not_testable(
            f"not tested: {traces} traces make answers {shortest} times shorter here "
            f"({_intervals(counted)}), and the claim speaks of {least:g} to {most:g} times",
            f"{traces} traces that are at least {least:g} times shorter",
        )
    shares = sorted(_kept(found[name]) for name in counted)
    return Outcome(
        p_supported=any_of(
            all_of([surplus[name].p_above, ratio.p_above(low), ratio.p_below(high)])
            for name, ratio in counted.items()
        ),
        p_contradicted=all_of(
            any_of([surplus[name].p_below, ratio.p_below(low), ratio.p_above(high)])
            for name, ratio in counted.items()
        ),
        evidence=f"{len(counted)} students of {traces} traces keep "
        f"{span(percent(shares[0]), percent(shares[-1]))} of the accuracy and write "
        f"{span(f'{ratios[0]:.2f}', f'{ratios[-1]:.2f}')} times fewer tokens "
        f"({_intervals(counted)})",
        would_decide="more questions or seeds",
        resolution=resolution_of([surplus[name] for name in counted], len(counted)),
        numbers={
            "students": len(counted),
            "most_kept": shares[-1],
            "least_shorter": ratios[0],
            "most_shorter": ratios[-1],
        },
    )


def _by_student(scored: ScoredResults, traces: str) -> dict[str, list[TracePair]]:
    """Pairs over families (and corpora) by student, from the smallest on."""
    found: dict[str, list[TracePair]] = {}
    for changed in groups(scored.results, "control"):
        if changed.cells[0].traces != traces:
            continue
        for whole in partners(changed, groups(scored.results, "reasoning")):
            found.setdefault(changed.cells[0].student, []).append(TracePair(whole, changed))
    return found


def _no_pairs(traces: str) -> Outcome:
    wanted = f"students of {traces} traces beside those of whole ones"
    return not_testable(f"not tested: no {wanted}", wanted)


def _mean(scored: ScoredResults, pairs: list[TracePair], whole: float, changed: float) -> Contrast:
    rows = [[Term(whole, pair.whole), Term(changed, pair.changed)] for pair in pairs]
    return contrast(scored, mean_terms(rows))


def _kept(pairs: list[TracePair]) -> float:
    whole = sum(pair.whole.accuracy for pair in pairs)
    return sum(pair.changed.accuracy for pair in pairs) / whole if whole else 0.0


def _shorter(scored: ScoredResults, pairs: list[TracePair]) -> MeanRatio | None:
    """Tokens of an answer with whole traces over those with changed ones, the mean of families."""
    rows = counted_answers(scored)
    if rows is None:
        return None
    ratios = [log_ratio(rows_of(rows, pair.whole), rows_of(rows, pair.changed)) for pair in pairs]
    known = [ratio for ratio in ratios if ratio is not None]
    return mean_ratio(known) if known and len(known) == len(ratios) else None


def _intervals(ratios: dict[str, MeanRatio]) -> str:
    return ", ".join(f"{name} {one.low:.2f} to {one.high:.2f}" for name, one in ratios.items())
