"""Reasoning against IFT at equal cost, one comparison a reasoning student and family."""

from typing import NamedTuple

from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.equal_cost import EqualCost, equal_costs, ift_leads, reasoning_leads
from breakeven.findings.scored_results import ScoredResults


class MatchedComparison(NamedTuple):
    """One comparison; `lead` is reasoning minus the nearest bound of IFT, a fraction.

    `p_value` tries both directions. Before correction `adjusted_p_value` is None and nothing is
    decided.
    """

    at: EqualCost
    lead: float
    p_value: float | None
    adjusted_p_value: float | None
    direction: Direction
    seed_reason: str | None

    @property
    def key(self) -> str:
        """The name of its test, the same for the same comparison anywhere."""
        return key_of(self.at)

    def corrected(self, adjusted_p_value: float | None) -> "MatchedComparison":
        """The same after correction."""
        return self._replace(
            adjusted_p_value=adjusted_p_value, direction=direction_of(adjusted_p_value, self.lead)
        )


def key_of(at: EqualCost) -> str:
    """The name of a comparison: student, arms, corpus, decoding, family, and what IFT is there.

    Two costs that leave the same of IFT, such as training and answering of the same students, make
    one test, which the correction counts once.
    """
    cell, plain = at.reasoning.cells[0], at.curve[0][1].cells[0]
    where = (cell.student, cell.arm, plain.arm, str(cell.corpus), cell.decoding, cell.family)
    tried = (group.cells[0].student for group in at.affordable)
    curve = (f"{weight!r} {group.cells[0].student}" for weight, group in at.terms)
    return "|".join(("equal", *where, *tried, *curve, repr(at.low), repr(at.high)))


def matched_comparisons(scored: ScoredResults, cost: str) -> tuple[MatchedComparison, ...]:
    """Every reasoning group against IFT at its own cost, not yet corrected."""
    return tuple(_matched(scored, at) for at in equal_costs(scored.results, cost))


def _matched(scored: ScoredResults, at: EqualCost) -> MatchedComparison:
    thinking, plain = reasoning_leads(scored, at), ift_leads(scored, at)
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
    return MatchedComparison(at, lead, p_value, None, "undecided", thinking.seed_reason)
