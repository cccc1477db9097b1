"""Reasoning against IFT at equal cost, one comparison a reasoning student and family."""

from typing import NamedTuple

from breakeven.findings.equal_cost import EqualCost, equal_costs, ift_leads, reasoning_leads
from breakeven.findings.sample import Sample
from breakeven.findings.standing import Stands, stands


class Matched(NamedTuple):
    """One comparison; `lead` is reasoning minus the nearest bound of IFT, a fraction.

    `p_value` tries both directions. Before correction `adjusted_p_value` is None and nothing is
    decided.
    """

    at: EqualCost
    lead: float
    p_value: float | None
    adjusted_p_value: float | None
    stands: Stands
    seed_reason: str | None

    @property
    def key(self) -> str:
        """The name of its test, the same for the same comparison anywhere."""
        return key_of(self.at)

    def decided(self, adjusted_p_value: float | None) -> "Matched":
        """The same after correction."""
        return self._replace(
            adjusted_p_value=adjusted_p_value, stands=stands(adjusted_p_value, self.lead)
        )


def key_of(at: EqualCost) -> str:
    """The name of a comparison: cost, student, arms, corpus, decoding and family."""
    cell, plain = at.reasoning.cells[0], at.curve[0][1].cells[0]
    where = (cell.student, cell.arm, plain.arm, str(cell.corpus), cell.decoding, cell.family)
    return "|".join(("equal", at.cost, *where))


def matched_comparisons(sample: Sample, cost: str) -> tuple[Matched, ...]:
    """Every reasoning group against IFT at its own cost, not yet corrected."""
    return tuple(_matched(sample, at) for at in equal_costs(sample.results, cost))


def _matched(sample: Sample, at: EqualCost) -> Matched:
    thinking, plain = reasoning_leads(sample, at), ift_leads(sample, at)
    above, below = thinking.p_above, plain.p_above
    known = [p for p in (above, below) if p is not None]
    accuracy = at.reasoning.accuracy
    ahead = accuracy - at.highest
    # A direction without a p is not shown; a p of 0 is the surest there is.
    if above is not None and (below is None or above < below):
        lead = max(ahead, 0.0)
    else:
        lead = min(accuracy - at.lowest, 0.0)
    p_value = min(1.0, 2 * min(known)) if known else None
    return Matched(at, lead, p_value, None, "undecided", thinking.seed_reason)
