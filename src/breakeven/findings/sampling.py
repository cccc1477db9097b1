"""The gain of reasoning under a greedy decoding and under a sampler, on the same questions.

Small distilled students loop under greedy decoding more than under a sampler, and long answers more
than short ones (Pipis et al. 2025, arXiv 2512.12895): part of a gain, or of its absence, may be of
the decoding. So both are shown, with how often answers loop. Each interval is held at 95% by
itself: this tells how far the findings hang on the decoding, and decides nothing further.
"""

from typing import NamedTuple

from breakeven.findings.contrasts import Contrast, Term, contrast, group_difference
from breakeven.findings.groups import GroupPair, group_pairs
from breakeven.findings.scored_results import ScoredResults
from breakeven.findings.shares import Shares, shares_of_outcome
from breakeven.statistics.estimates import Estimate


class SamplerPair(NamedTuple):
    """Two decodings that differ in the sampler only: greedy, and drawn from a distribution."""

    greedy: str
    sampled: str


class DecodedPair(NamedTuple):
    """A pair of styles in one decoding: the gain of reasoning, and how often each style loops.

    The shares that loop are None where these results do not tell what became of an answer.
    """

    pair: GroupPair
    gain: Contrast
    ift_looping: Estimate | None
    reasoning_looping: Estimate | None


class SamplerChange(NamedTuple):
    """One student's pair of arms in both decodings; `change` is the sampled minus the greedy gain.

    It is paired: on the questions and seeds that all four cells share.
    """

    greedy: DecodedPair
    sampled: DecodedPair
    change: Contrast


def sampler_changes(
    scored: ScoredResults, decodings: SamplerPair | None
) -> tuple[SamplerChange, ...]:
    """Every pair of styles that was asked in both decodings, by family, sizes upwards."""
    if decodings is None:
        return ()
    looping = shares_of_outcome(scored, "looping")
    by_decoding: dict[str, dict[tuple[object, ...], GroupPair]] = {}
    for pair in group_pairs(scored.results):
        by_decoding.setdefault(pair.ift.cells[0].decoding, {})[_place(pair)] = pair
    sampled = by_decoding.get(decodings.sampled, {})
    found = [
        SamplerChange(
            _decoded(scored, looping, pair),
            _decoded(scored, looping, sampled[place]),
            _change(scored, pair, sampled[place]),
        )
        for place, pair in by_decoding.get(decodings.greedy, {}).items()
        if place in sampled
    ]
    families = scored.results.families()
    # Stable: within a family the sizes stay in their order.
    return tuple(sorted(found, key=lambda one: families.index(one.greedy.pair.ift.cells[0].family)))


def _place(pair: GroupPair) -> tuple[object, ...]:
    """What tells a pair from the others of its decoding."""
    plain, thinking = pair.ift.cells[0], pair.reasoning.cells[0]
    return plain.student, plain.corpus, plain.method, plain.family, plain.arm, thinking.arm


def _decoded(scored: ScoredResults, looping: Shares | None, pair: GroupPair) -> DecodedPair:
    return DecodedPair(
        pair,
        group_difference(scored, pair.reasoning, pair.ift),
        None if looping is None else looping.of(pair.ift),
        None if looping is None else looping.of(pair.reasoning),
    )


def _change(scored: ScoredResults, greedy: GroupPair, sampled: GroupPair) -> Contrast:
    return contrast(
        scored,
        [
            Term(1.0, sampled.reasoning),
            Term(-1.0, sampled.ift),
            Term(-1.0, greedy.reasoning),
            Term(1.0, greedy.ift),
        ],
    )
