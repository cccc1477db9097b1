"""Other ways to decode beside the first, on the same questions.

One student, arm and training, asked in several ways: what a budget of thinking, an instruction or
another sampler changes. It compares no styles, so nothing of it is a claim: every interval is held
at 95% by itself.
"""

from collections.abc import Iterable
from typing import NamedTuple

from breakeven.findings.contrasts import Contrast, group_difference
from breakeven.findings.groups import Group, groups_of
from breakeven.findings.scored_results import ScoredResults


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


def _place(group: Group) -> tuple[object, ...]:
    cell = group.cells[0]
    return cell.student, cell.arm, cell.corpus, cell.family
