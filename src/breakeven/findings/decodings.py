"""Other ways to decode beside the first, on the same questions.

One student, arm and training, asked in several ways: what a budget of thinking, an instruction or
another sampler changes. By family and size that is described, each interval at 95% by itself. Over
the mean of all of them the change is tested, corrected with those of other decodings and controls.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.findings.contrasts import (
    Contrast,
    SizedContrast,
    group_difference,
    mean_difference,
)
from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, groups_of
from breakeven.findings.scored_results import ScoredResults
from breakeven.findings.votes import vote_curves


class ThinkingBudget(NamedTuple):
    """A decoding of a series that differs in its budget of thinking only.

    `tokens` is 0 where answers begin with an empty trace, and None where only the limit of the
    whole answer holds.
    """

    decoding: str
    tokens: int | None


class OtherDecoding(NamedTuple):
    """A group in another decoding than the first; `change` is its accuracy minus that of `first`.

    It is paired: on the questions and seeds that both share.
    """

    group: Group
    first: Group
    change: Contrast

    @property
    def cost_ratio(self) -> float | None:
        """Its FLOPs a query over those of the first; None where either is not known."""
        own, first = (one.mean("inference_flops") for one in (self.group, self.first))
        return own / first if own is not None and first else None


def other_decodings(scored: ScoredResults, first: Iterable[Group]) -> tuple[OtherDecoding, ...]:
    """What each group of the `first` decoding comes to in every other one that asked its arm.

    Votes of samples are further results of a decoding and no decoding of their own.
    """
    others: dict[tuple[object, ...], list[Group]] = {}
    for group in groups_of(cell for cell in scored.results.cells if cell.of_samples is None):
        others.setdefault(_place(group), []).append(group)
    order = list(dict.fromkeys(cell.decoding for cell in scored.results.cells))
    return tuple(
        OtherDecoding(other, group, group_difference(scored, other, group))
        for group in first
        for other in sorted(
            others.get(_place(group), ()), key=lambda one: order.index(one.cells[0].decoding)
        )
        if other.cells[0].decoding != group.cells[0].decoding
    )


class DecodingChange(NamedTuple):
    """What another decoding changes for an arm, over the mean of the families and then the sizes.

    `change` is the accuracy in it minus that in the first one, `cost_ratio` the mean of its FLOPs a
    query over those of the first. Where it takes several `samples` of an item, both are of their
    vote. Before correction it stands undecided.
    """

    decoding: str
    arm: str
    students: tuple[str, ...]
    families: tuple[str, ...]
    samples: int | None
    change: SizedContrast
    cost_ratio: float | None
    adjusted_p_value: float | None = None

    @property
    def key(self) -> str:
        """The name of its test."""
        return f"decoding|{self.decoding}|{self.arm}"

    @property
    def direction(self) -> Direction:
        """Whether it is more accurate than the first decoding, as decided."""
        return direction_of(self.adjusted_p_value, self.change.mean.value)

    def corrected(self, adjusted_p_value: float | None) -> "DecodingChange":
        """The same after correction."""
        return self._replace(adjusted_p_value=adjusted_p_value)


def decoding_changes(
    scored: ScoredResults, others: Iterable[OtherDecoding]
) -> tuple[DecodingChange, ...]:
    """One an arm and other decoding, on the families that the arm was taught."""
    by_place: dict[tuple[str, str], list[OtherDecoding]] = {}
    for one in others:
        cell = one.group.cells[0]
        if not cell.untaught:
            by_place.setdefault((cell.decoding, cell.arm), []).append(one)
    return tuple(_change(scored, *place, rows) for place, rows in by_place.items())


def _change(
    scored: ScoredResults, decoding: str, arm: str, rows: Sequence[OtherDecoding]
) -> DecodingChange:
    votes = [_vote(scored, one) for one in rows]
    voted = [one for one in votes if one is not None]
    # A family that cannot be voted on has no place in the mean of votes.
    if voted:
        rows = [
            OtherDecoding(vote, one.first, group_difference(scored, vote, one.first))
            for one, vote in zip(rows, votes, strict=True)
            if vote is not None
        ]
    samples = {one.cells[0].of_samples.samples for one in voted if one.cells[0].of_samples}
    return DecodingChange(
        decoding,
        arm,
        students=tuple(dict.fromkeys(one.group.cells[0].student for one in rows)),
        families=tuple(dict.fromkeys(one.group.cells[0].family for one in rows)),
        samples=max(samples) if samples else None,
        change=mean_difference(scored, [(one.group, one.first) for one in rows]),
        cost_ratio=known_mean(one.cost_ratio for one in rows),
    )


def _vote(scored: ScoredResults, one: OtherDecoding) -> Group | None:
    """The vote of all samples that the decoding takes of an item; None where it takes one."""
    for curve in vote_curves(scored.results, one.group):
        if curve.decoding == one.group.cells[0].decoding and curve.votes:
            return curve.votes[max(curve.votes)]
    return None


def _place(group: Group) -> tuple[object, ...]:
    cell = group.cells[0]
    return cell.student, cell.arm, cell.corpus, cell.family
