"""What a test of a claim hands back, and how p values of several comparisons become one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from breakeven.statistics import wording
from breakeven.verdicts.contrasts import Contrast

Number = float | int | str | None
Decision = Literal["supported", "contradicted", "undecidable here"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far the data speak for and against a claim.

    `p_supported` is the p of "the claim does not hold", `p_contradicted` of "it does"; None where
    the data cannot say, and `would_decide` then says what could. `settled` is a decision by
    arithmetic that no sampling error touches. `detectable` is the difference (a fraction) that
    the deciding comparison finds with 80% power.
    """

    evidence: str
    would_decide: str
    p_supported: float | None = None
    p_contradicted: float | None = None
    settled: Decision | None = None
    detectable: float | None = None
    rests_on_extrapolation: bool = False
    numbers: Mapping[str, Number] = field(default_factory=dict)


def absent(reason: str, would_decide: str) -> Outcome:
    """The results lack what the claim speaks of."""
    return Outcome(evidence=reason, would_decide=would_decide)


def all_of(p_values: Iterable[float | None]) -> float | None:
    """p that every comparison holds: the largest (intersection-union, Berger 1982)."""
    values = list(p_values)
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def any_of(p_values: Iterable[float | None]) -> float | None:
    """p that at least one comparison holds: Bonferroni; one without a p counts as not shown."""
    values = list(p_values)
    known = [value for value in values if value is not None]
    return min(1.0, min(known) * len(values)) if known else None


def conjunction(p_values: Iterable[float | None], count: int) -> float | None:
    """p that at least `count` comparisons hold, however they depend on each other.

    The partial conjunction of Benjamini and Heller (2008): (n - count + 1) times the count-th
    smallest p. One without a p counts as not shown.
    """
    values = list(p_values)
    known = [value for value in values if value is not None]
    if not known or not 1 <= count <= len(values):
        return None
    filled = sorted([*known, *[1.0] * (len(values) - len(known))])
    return min(1.0, filled[count - 1] * (len(values) - count + 1))


def detectable_by(contrasts: Sequence[Contrast]) -> float | None:
    """The difference that the median comparison can show at 80% power and 5%, a fraction."""
    errors = sorted(c.standard_error for c in contrasts if c.standard_error is not None)
    if not errors:
        return None
    from breakeven.statistics.power import detectable_from_error

    return detectable_from_error(errors[len(errors) // 2]).value


def percent(share: float) -> str:
    """A fraction as percent, one decimal."""
    return wording.percent(share)


def points(share: float) -> str:
    """A difference of fractions in percentage points, with its sign."""
    return f"{wording.points(share)} points"


def with_interval(contrast: Contrast) -> str:
    """A difference in points with a 95% interval, or a word on why there is none."""
    if contrast.low is None or contrast.high is None:
        return f"{points(contrast.value)} (no interval: {contrast.reason})"
    bound = "at widest " if contrast.basis == "bound" else ""
    low, high = wording.points(contrast.low), wording.points(contrast.high)
    return f"{points(contrast.value)} (95% interval {bound}{low} to {high})"
