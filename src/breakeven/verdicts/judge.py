"""Every claim judged on one set of results.

The chance that sampling error alone decides any claim wrongly is held at 5% for all claims
together: each claim's p (both directions) goes through Holm's correction over the whole table.
Published results are the exception: the errors behind their p values are upper bounds already, so
each claim is held at 5% by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from breakeven.analysis.results import Results
from breakeven.verdicts.claims import CLAIMS, TESTS, Claim
from breakeven.verdicts.contrasts import sample_of
from breakeven.verdicts.outcome import Decision, Number, Outcome
from breakeven.verdicts.scope import sizes_outside

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the results say of one claim.

    `evidence` is a sentence with the deciding numbers, `numbers` the same for machines.
    `p_value` is two-sided and uncorrected, `adjusted_p_value` after Holm over all claims; both
    are None where the decision is arithmetic or the data cannot speak, the latter for published
    results too. `detectable` is the
    difference (a fraction) that the deciding comparison would find at 80% power; `would_decide`
    is None unless the claim is undecidable here. `other_sizes` says at which sizes the claim was
    judged and which it speaks of, where these differ; else it is None.
    """

    id: str
    version: str
    text: str
    verdict: Decision
    evidence: str
    would_decide: str | None
    p_value: float | None
    adjusted_p_value: float | None
    detectable: float | None
    rests_on_extrapolation: bool
    contradicts: tuple[str, ...]
    numbers: dict[str, Number]
    other_sizes: str | None = None


def judge(results: Results, claims: Sequence[Claim] = CLAIMS) -> tuple[Verdict, ...]:
    """One verdict a claim, in the order of the claims."""
    from breakeven.statistics.multiple import holm

    sample = sample_of(results)
    outcomes = {claim.id: TESTS[claim.test](sample, **dict(claim.parameters)) for claim in claims}
    p_values = {name: _two_sided(outcome) for name, outcome in outcomes.items()}
    # Claims that the data cannot speak of were not tested, so they do not count.
    tested = {name: p for name, p in p_values.items() if p is not None}
    adjusted = {} if results.source == "published" else holm(tested, ALPHA)
    return tuple(
        _verdict(
            claim,
            outcomes[claim.id],
            p_values[claim.id],
            adjusted[claim.id].adjusted_p_value if claim.id in adjusted else None,
            sizes_outside(results, claim),
        )
        for claim in claims
    )


def _two_sided(outcome: Outcome) -> float | None:
    """Both directions are tried, so the smaller p counts twice."""
    tried = [p for p in (outcome.p_supported, outcome.p_contradicted) if p is not None]
    return min(1.0, 2 * min(tried)) if tried and outcome.settled is None else None


def _decide(outcome: Outcome, p_value: float | None) -> Decision:
    if outcome.settled is not None:
        return outcome.settled
    if p_value is None or p_value > ALPHA:
        return "undecidable here"
    against = 1.0 if outcome.p_contradicted is None else outcome.p_contradicted
    supported = outcome.p_supported is not None and outcome.p_supported < against
    return "supported" if supported else "contradicted"


def _verdict(
    claim: Claim,
    outcome: Outcome,
    p_value: float | None,
    adjusted: float | None,
    other_sizes: str | None,
) -> Verdict:
    decision = _decide(outcome, p_value if adjusted is None else adjusted)
    rivals = (
        f"; cannot hold together with {' and '.join(claim.contradicts)}"
        if claim.contradicts
        else ""
    )
    return Verdict(
        id=claim.id,
        version=claim.version,
        text=claim.text,
        verdict=decision,
        evidence=outcome.evidence + rivals,
        would_decide=outcome.would_decide if decision == "undecidable here" else None,
        p_value=p_value,
        adjusted_p_value=adjusted,
        detectable=outcome.detectable,
        rests_on_extrapolation=outcome.rests_on_extrapolation,
        contradicts=claim.contradicts,
        numbers=dict(outcome.numbers),
        other_sizes=other_sizes,
    )
