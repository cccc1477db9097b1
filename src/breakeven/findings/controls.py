"""What a gain of reasoning is due to: each control beside the two styles that it is a control of.

A control takes one thing away from the traces and leaves the rest. So its accuracy is compared with
that of IFT and of reasoning on the same questions, and the share of the gain that it keeps is told.
By family and size that is described, each interval at 95% by itself. Over the mean of all of them
both differences are tested, corrected with those of other controls and decodings: a control is two
tests, however many sizes it was trained at.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from breakeven.findings.contrasts import (
    Contrast,
    SizedContrast,
    Term,
    contrast,
    group_difference,
    mean_difference,
    mean_terms,
)
from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, GroupPair, group_pairs, groups, partners
from breakeven.findings.scored_results import ScoredResults

NO_GAIN = "the interval of reasoning's gain is not above zero: there is no gain to keep a share of"
NO_ERROR = "no sampling error can be had"
# Shares beyond are those of a gain that is hardly above zero.
_FURTHEST_SHARE = 64.0


class ControlComparison(NamedTuple):
    """One control on one family; what it is a control of, and how far it is from both."""

    control: Group
    pair: GroupPair
    over_ift: Contrast
    over_reasoning: Contrast
    gain: Contrast


class KeptGain(NamedTuple):
    """The share of reasoning's gain over IFT that a control keeps, over the mean of all families.

    Fieller's interval (1954, J. R. Statist. Soc. B 16): the shares at which the control is not
    apart from that point between the styles, on the same questions. Without a share, `reason` says
    why.
    """

    student: str
    arm: str
    families: tuple[str, ...]
    gain: Contrast
    value: float | None
    low: float | None
    high: float | None
    reason: str | None


class ControlVerdict(NamedTuple):
    """A control minus either style, over the mean of the families and then of the sizes.

    Of those that it is beside both styles at. Before correction it is undecided against both.
    """

    arm: str
    students: tuple[str, ...]
    families: tuple[str, ...]
    to_ift: SizedContrast
    to_reasoning: SizedContrast
    adjusted_to_ift: float | None = None
    adjusted_to_reasoning: float | None = None

    @property
    def tests(self) -> dict[str, float | None]:
        """The p of either difference being zero, by the name of its test."""
        return {
            self._key("ift"): self.to_ift.mean.two_sided_p,
            self._key("reasoning"): self.to_reasoning.mean.two_sided_p,
        }

    def corrected(self, adjusted: Mapping[str, float | None]) -> "ControlVerdict":
        """The same after correction."""
        return self._replace(
            adjusted_to_ift=adjusted.get(self._key("ift")),
            adjusted_to_reasoning=adjusted.get(self._key("reasoning")),
        )

    @property
    def over_ift(self) -> Direction:
        """Whether it is more accurate than IFT, as decided."""
        return direction_of(self.adjusted_to_ift, self.to_ift.mean.value)

    @property
    def over_reasoning(self) -> Direction:
        """Whether it is more accurate than reasoning, as decided."""
        return direction_of(self.adjusted_to_reasoning, self.to_reasoning.mean.value)

    def _key(self, style: str) -> str:
        return f"control|{style}|{self.arm}"


def control_comparisons(
    scored: ScoredResults, *, decoding: str | None = None
) -> tuple[ControlComparison, ...]:
    """Every control with a pair of styles of its student, corpus and method, family by family.

    Where there are several such pairs, it is beside the first.
    """
    scored = scored.of_decoding(decoding)
    found = []
    for family in scored.results.families():
        pairs = group_pairs(scored.results, family=family)
        for control in groups(scored.results, "control", family=family):
            beside = partners(control, [pair.reasoning for pair in pairs])
            pair = next((pair for pair in pairs if pair.reasoning in beside), None)
            if pair is not None:
                found.append(
                    ControlComparison(
                        control,
                        pair,
                        group_difference(scored, control, pair.ift),
                        group_difference(scored, control, pair.reasoning),
                        group_difference(scored, pair.reasoning, pair.ift),
                    )
                )
    return tuple(found)


def kept_gains(
    scored: ScoredResults, comparisons: Sequence[ControlComparison]
) -> tuple[KeptGain, ...]:
    """The share that each control keeps, by student and arm."""
    by_arm: dict[tuple[str, str], list[ControlComparison]] = {}
    for one in comparisons:
        cell = one.control.cells[0]
        by_arm.setdefault((cell.student, cell.arm), []).append(one)
    return tuple(_kept(scored, *where, rows) for where, rows in by_arm.items())


def _kept(
    scored: ScoredResults, student: str, arm: str, rows: Sequence[ControlComparison]
) -> KeptGain:
    gain = contrast(
        scored,
        mean_terms([Term(1.0, one.pair.reasoning), Term(-1.0, one.pair.ift)] for one in rows),
    )

    def above(share: float) -> Contrast:
        """How far the control is above the point at this share of the way from IFT to reasoning."""
        parts = [
            [
                Term(1.0, one.control),
                Term(-share, one.pair.reasoning),
                Term(share - 1.0, one.pair.ift),
            ]
            for one in rows
        ]
        return contrast(scored, mean_terms(parts))

    families = tuple(one.control.cells[0].family for one in rows)
    if gain.low is None:
        return KeptGain(student, arm, families, gain, None, None, None, gain.reason or NO_ERROR)
    if gain.low <= 0:
        return KeptGain(student, arm, families, gain, None, None, None, NO_GAIN)
    value = above(0.0).value / gain.value
    there = above(value)
    if there.low is None:  # such as a control with the very answers of one of the styles
        why = there.reason or NO_ERROR
        return KeptGain(student, arm, families, gain, value, None, None, why)
    low = _root(lambda share: above(share).low, value, -1)
    high = _root(lambda share: above(share).high, value, 1)
    reason = None if low is not None and high is not None else NO_ERROR
    return KeptGain(student, arm, families, gain, value, low, high, reason)


def control_verdicts(
    scored: ScoredResults,
    comparisons: Iterable[ControlComparison],
    repeated: Collection[tuple[str, str]] = (),
) -> tuple[ControlVerdict, ...]:
    """One a control, not yet corrected.

    `repeated` has the students and arms that are another arm's training under a second name: what
    they show is shown already.
    """
    by_arm: dict[str, list[ControlComparison]] = {}
    for one in comparisons:
        cell = one.control.cells[0]
        if (cell.student, cell.arm) not in repeated:
            by_arm.setdefault(cell.arm, []).append(one)
    return tuple(
        ControlVerdict(
            arm,
            tuple(dict.fromkeys(one.control.cells[0].student for one in rows)),
            tuple(dict.fromkeys(one.control.cells[0].family for one in rows)),
            mean_difference(scored, [(one.control, one.pair.ift) for one in rows]),
            mean_difference(scored, [(one.control, one.pair.reasoning) for one in rows]),
        )
        for arm, rows in by_arm.items()
    )


def _root(end: Callable[[float], float | None], start: float, direction: int) -> float | None:
    """The share at which an end of the interval is zero, sought from the estimate outwards."""
    from scipy.optimize import brentq

    step = 0.25
    while step <= _FURTHEST_SHARE:
        far = start + direction * step
        found = end(far)
        if found is None:
            return None
        # Below the estimate the control is above that point, and beyond it below.
        if found * direction <= 0:
            return float(brentq(end, start, far, xtol=1e-4))
        step *= 2
    return None
