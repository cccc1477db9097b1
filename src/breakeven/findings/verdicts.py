"""Every claim tried on one set of results, and put into words once the report has decided.

A claim's test gives p values (`outcomes`); `findings` corrects them together with every other
test that a report prints; `verdict_of` says what that comes to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from breakeven.findings.claims import TESTS, Claim
from breakeven.findings.direction import ALPHA, DirectionCounts, counts_in_words
from breakeven.findings.equal_cost import EqualCost, cost_words
from breakeven.findings.outcome import ClaimDecision, EvidenceNumber, Outcome
from breakeven.findings.scored_results import ScoredResults

# The cost of an answer that published claims speak of.
ANSWERING = "inference_flops"
CountDirections = Callable[[Sequence[EqualCost]], DirectionCounts]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the results say of one claim.

    `verdict` is after correction over all that the report decides, `alone` what it would be if
    this claim were the only question. `evidence` is a sentence with the deciding numbers,
    `numbers` the same for machines. `p_value` is two-sided and uncorrected, `adjusted_p_value`
    after Holm; both are None where the decision is arithmetic or the data cannot speak.
    `detectable` is the difference (a fraction) that the deciding comparison would find at 80%
    power, after the same correction; `would_decide` is None unless the claim is undecidable here.
    `source` is the arXiv number of the paper that says so. `axis` is the cost that the claim speaks
    of, None where it speaks of none; `on_axes` is what the same sentence comes to at equal cost on
    other axes, after the same correction. `other_sizes` says at which sizes the
    claim was judged and which it speaks of, where these differ; else it is None.
    """

    id: str
    source: str
    version: str
    text: str
    verdict: ClaimDecision
    alone: ClaimDecision
    evidence: str
    would_decide: str | None
    p_value: float | None
    adjusted_p_value: float | None
    detectable: float | None
    rests_on_extrapolation: bool
    contradicts: tuple[str, ...]
    numbers: dict[str, EvidenceNumber]
    other_sizes: str | None = None
    axis: str | None = None
    on_axes: dict[str, ClaimDecision] = field(default_factory=dict)


def outcomes(scored: ScoredResults, claims: Sequence[Claim]) -> dict[str, Outcome]:
    """The test of every claim, by its name."""
    return {claim.id: TESTS[claim.test](scored, **dict(claim.parameters)) for claim in claims}


def outcomes_on(scored: ScoredResults, claims: Sequence[Claim], axis: str) -> dict[str, Outcome]:
    """The test of every claim on what an answer costs, with that cost on another axis."""
    moved = [
        replace(claim, parameters={**claim.parameters, "cost": axis})
        for claim in claims
        if claim.parameters.get("cost") == ANSWERING
    ]
    return outcomes(scored, moved)


def two_sided(outcome: Outcome) -> float | None:
    """Both directions are tried, so the smaller p counts twice; None if nothing was tested."""
    tried = [p for p in (outcome.p_supported, outcome.p_contradicted) if p is not None]
    return min(1.0, 2 * min(tried)) if tried and outcome.settled is None else None


def verdict_of(
    claim: Claim,
    outcome: Outcome,
    adjusted_p_value: float | None,
    level: float,
    *,
    count_of: CountDirections,
    other_sizes: str | None,
    on_axes: Mapping[str, ClaimDecision],
) -> Verdict:
    """A claim's verdict; `level` is the p that an undecided one had to reach."""
    decision, alone = (decided(outcome, p) for p in (adjusted_p_value, two_sided(outcome)))
    cost = claim.parameters.get("cost")
    counted = [(part.where, count_of(part.every)) for part in outcome.compared]
    parts = [
        outcome.evidence,
        *(f"{where}: {counts_in_words(found)}" for where, found in counted),
    ]
    if claim.contradicts:
        parts.append(f"cannot hold together with {' and '.join(claim.contradicts)}")
    numbers = dict(outcome.numbers)
    for where, found in counted:
        name = f"{where}: " if len(counted) > 1 else ""
        numbers |= {
            f"{name}reasoning_ahead": found.ahead,
            f"{name}ift_ahead": found.behind,
            f"{name}undecided": found.undecided,
        }
    resolution = outcome.resolution
    return Verdict(
        id=claim.id,
        source=claim.source,
        version=claim.version,
        text=claim.text,
        verdict=decision,
        alone=alone,
        evidence="; ".join(part for part in parts if part),
        would_decide=outcome.would_decide if decision == "undecidable here" else None,
        p_value=two_sided(outcome),
        adjusted_p_value=adjusted_p_value,
        detectable=None if resolution is None else resolution.detectable(level),
        rests_on_extrapolation=outcome.rests_on_extrapolation,
        contradicts=claim.contradicts,
        numbers=numbers,
        other_sizes=other_sizes,
        axis=None if cost is None else cost_words(str(cost)),
        on_axes=dict(on_axes),
    )


def decided(outcome: Outcome, p_value: float | None) -> ClaimDecision:
    """What a test comes to at such a p, corrected or not."""
    if outcome.settled is not None:
        return outcome.settled
    if p_value is None or p_value > ALPHA:
        return "undecidable here"
    # Holm corrected the smaller of the two p values; this tells whose it was.
    against = 1.0 if outcome.p_contradicted is None else outcome.p_contradicted
    supported = outcome.p_supported is not None and outcome.p_supported < against
    return "supported" if supported else "contradicted"
