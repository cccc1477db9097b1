"""Results in one JSON object: pairs, equivalent sizes, matched FLOPs, verdicts, absences."""

from dataclasses import asdict
from typing import Any

from breakeven.findings.baselines import STANDING_WORDS, BaselineCheck
from breakeven.findings.corrected import corrected_findings
from breakeven.findings.direction import DIRECTION_WORDS
from breakeven.findings.groups import GroupPair, group_pairs
from breakeven.findings.matched import MatchedComparison
from breakeven.findings.scored_results import scored_results
from breakeven.findings.votes import VOTE_WORDS, VoteComparison
from breakeven.results.cell_results import Results


def summarise(results: Results) -> dict[str, Any]:
    """JSON-ready summary.

    `equivalent_size_b` is {corpus: {family: {size in billions: IFT size in billions with the same
    accuracy, or a bound such as ">14"}}}. `matched_inference_flops` holds a row a reasoning cell.
    `baselines` holds every arm against chance and against its untrained base. Verdicts and
    standings are those of the report: corrected over `comparisons` tests, of the first decoding
    where there are several.
    """
    scored = scored_results(results).of_decoding(None)
    results = scored.results
    pairs = group_pairs(results)
    found = corrected_findings(scored)
    return {
        "study": results.study,
        "source": results.source,
        "pairs": len(pairs),
        "won_by_reasoning": sum(pair.reasoning.accuracy > pair.ift.accuracy for pair in pairs),
        "equivalent_size_b": equivalent_sizes(results),
        "matched_inference_flops": [_matched(one) for one in found.matched["inference_flops"]],
        "baselines": [_baseline(one) for one in found.guards],
        "votes_at_equal_inference_flops": [_voted(one) for one in found.votes],
        "comparisons": found.comparisons,
        "served": _served(results),
        "verdicts": [asdict(verdict) for verdict in found.claims],
        "contradictions": contradictions(),
        "notes": list(results.notes),
    }


def _served(results: Results) -> list[dict[str, Any]]:
    """A row a cell, device and way to serve, all modelled; empty where nothing is known of that."""
    return [
        {
            "student": cell.student,
            "arm": cell.arm,
            "seed": cell.seed,
            "corpus": cell.corpus,
            "family": cell.family,
            "inference_flops": cell.inference_flops,
            **asdict(point),
        }
        for cell in results.cells
        for point in cell.served
    ]


def _baseline(one: BaselineCheck) -> dict[str, Any]:
    cell, (lead, low, high) = one.group.cells[0], one.lead
    return {
        "student": cell.student,
        "arm": cell.arm,
        "corpus": cell.corpus,
        "family": cell.family,
        "asked": one.asked,
        "against": one.name,
        "level": one.level,
        "difference": lead,
        "low": low,
        "high": high,
        "stands": STANDING_WORDS[one.against][one.stands],
    }


def contradictions() -> list[list[str]]:
    """Pairs of the study's claims that cannot hold together."""
    from breakeven.findings.claims import CLAIMS

    found = {tuple(sorted((claim.id, rival))) for claim in CLAIMS for rival in claim.contradicts}
    return [list(pair) for pair in sorted(found)]


def equivalent_sizes(results: Results) -> dict[str, dict[str, dict[str, float | str]]]:
    """IFT size with a reasoning student's accuracy, interpolated in log size.

    Families with fewer than two IFT sizes, and students of unknown size, are left out.
    """
    table: dict[str, dict[str, dict[str, float | str]]] = {}
    for corpus in results.corpora():
        for family in results.families():
            row = _equivalents(group_pairs(results, corpus=corpus, family=family))
            if row:
                table.setdefault(corpus, {})[family] = row
    return table


def _equivalents(pairs: tuple[GroupPair, ...]) -> dict[str, float | str]:
    from breakeven.frontiers.equivalents import equivalent_size

    # Where a corpus has several arms of a style, the first declared stands for it.
    first: dict[float, GroupPair] = {}
    for pair in pairs:
        if pair.ift.size_b:
            first.setdefault(pair.ift.size_b, pair)
    sizes = sorted(first)
    # One size makes no line to find an equivalent on.
    if len(sizes) < 2:
        return {}
    ift = [first[size].ift.accuracy for size in sizes]
    positions = {
        size: equivalent_size(sizes, ift, first[size].reasoning.accuracy).position for size in sizes
    }
    return {
        f"{size:g}": position.label() if position.value is None else _rounded(position.value)
        for size, position in positions.items()
    }


def _rounded(size_b: float) -> float:
    """One decimal from 0.1 billion on, two figures below."""
    return round(size_b, 1) if size_b >= 0.1 else float(f"{size_b:.2g}")


def _voted(one: VoteComparison) -> dict[str, Any]:
    cell, lead = one.reasoning.cells[0], one.lead
    return {
        "student": cell.student,
        "corpus": cell.corpus,
        "family": cell.family,
        "decoding": one.decoding,
        "samples": one.samples,
        "prompt_read": one.prompt,
        "votes": one.size,
        "accuracy": one.accuracy,
        "difference": None if lead is None else lead.value,
        "low": None if lead is None else lead.low,
        "high": None if lead is None else lead.high,
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p_value,
        "standing": VOTE_WORDS[one.direction],
        "reason": one.reason,
    }


def _matched(one: MatchedComparison) -> dict[str, Any]:
    at, cell = one.at, one.at.reasoning.cells[0]
    return {
        "student": cell.student,
        "size_b": at.reasoning.size_b,
        "corpus": cell.corpus,
        "family": cell.family,
        "reasoning": at.reasoning.accuracy,
        "ift_low": at.lowest,
        "ift_high": at.highest,
        "extrapolation_factor": at.factor,
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p_value,
        "standing": DIRECTION_WORDS[one.direction],
    }
