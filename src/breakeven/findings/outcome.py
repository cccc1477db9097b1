"""What a test of a claim hands back, before it is corrected and decided together with the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from breakeven import words
from breakeven.findings.contrasts import Contrast
from breakeven.findings.equal_cost import EqualCost

EvidenceNumber = float | int | str | None
ClaimDecision = Literal["supported", "contradicted", "undecidable here"]


class Resolution(NamedTuple):
    """What a comparison's error lets it see: `tries` comparisons share its p."""

    standard_error: float
    degrees_of_freedom: float
    tries: int

    def detectable(self, alpha: float) -> float | None:
        """The difference (a fraction) that is found with 80% power at this level."""
        from breakeven.statistics.power import detectable_from_error

        error, freedom, tries = self
        return detectable_from_error(error, freedom, alpha=alpha / tries).value


class Compared(NamedTuple):
    """Comparisons at equal cost that a claim speaks of; `where` says which."""

    where: str
    every: tuple[EqualCost, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far the data speak for and against a claim.

    `p_supported` is the p of "the claim does not hold", `p_contradicted` of "it does"; None where
    the data cannot say, and `would_decide` then says what could. `settled` is a decision by
    arithmetic that no sampling error touches. `compared` are counted by what the report decides
    of each.
    """

    evidence: str
    would_decide: str
    p_supported: float | None = None
    p_contradicted: float | None = None
    settled: ClaimDecision | None = None
    resolution: Resolution | None = None
    rests_on_extrapolation: bool = False
    compared: tuple[Compared, ...] = ()
    numbers: Mapping[str, EvidenceNumber] = field(default_factory=dict)

    @property
    def tested(self) -> bool:
        """Whether anything was judged; where not, it was judged at no size either."""
        known = (self.p_supported, self.p_contradicted, self.settled)
        return any(one is not None for one in known)


def not_testable(reason: str, would_decide: str) -> Outcome:
    """The results lack what the claim speaks of."""
    return Outcome(evidence=reason, would_decide=would_decide)


def resolution_of(contrasts: Sequence[Contrast], tries: int = 1) -> Resolution | None:
    """That of the median comparison, of which `tries` share a p."""
    known = sorted(
        (c.standard_error, c.degrees_of_freedom) for c in contrasts if c.standard_error is not None
    )
    return Resolution(*known[len(known) // 2], tries) if known else None


def percent(share: float) -> str:
    """A fraction as percent, one decimal."""
    return words.percent(share)


def points(share: float) -> str:
    """A difference of fractions in percentage points, with its sign."""
    return f"{words.points(share)} points"


def margin_words(share: float) -> str:
    """How far apart two accuracies may be, a fraction, in percentage points without a sign."""
    return f"{words.fixed(100 * share)} points"


def with_interval(contrast: Contrast, chosen_of: int = 1) -> str:
    """A difference in points with a 95% interval, or a word on why there is none.

    `chosen_of`: the comparison was chosen by its value among so many, so the interval is widened
    to hold for all of them (Bonferroni).
    """
    if contrast.low is None or contrast.high is None or contrast.standard_error is None:
        return f"{points(contrast.value)} (no interval: {contrast.reason})"
    low, high = contrast.low, contrast.high
    bound = "at widest " if contrast.basis == "bound" else ""
    if chosen_of > 1:
        from breakeven.statistics.estimates import student_quantile

        freedom = contrast.degrees_of_freedom
        one, all_ = (student_quantile(1 - 0.05 / n, freedom) for n in (1, chosen_of))
        middle = (low + high) / 2
        # An interval chosen by its value is too narrow for what it was chosen from.
        low, high = (middle + (end - middle) * all_ / one for end in (low, high))
        bound = f"for all {chosen_of} together {bound}"
    ends = f"{words.points(low)} to {words.points(high)}"
    return f"{points(contrast.value)} (95% interval {bound}{ends})"
