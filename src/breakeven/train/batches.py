"""Optimizer steps, and the passes through the model that make one up.

A step takes samples in the order of the selection until it has its share of the *real* tokens, or
its number of sequences, so that length has no say in who is learnt when, and a mixed arm's steps
hold both styles. Within a step the samples are sorted by length and cut into micro-batches, which
keeps padding low and changes nothing: gradients add up, and the loss is divided by the supervised
tokens of the step. So the steps are of the study, and their cuts of the device (`pass_sizes`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.train.pair_selection import Sample

# What one more pass costs in padded tokens on a CPU: 5 to 7 ms are 30 of a 2M model, 250 of a 30K.
CPU_PASS_TOKENS = 100
# Places at which a step may be cut: the search takes the square of it.
_MAX_CUTS = 64


class OptimizerStep(NamedTuple):
    """Samples of one optimizer step, in the order of the selection."""

    samples: tuple[Sample, ...]


class PassSizes(NamedTuple):
    """What decides how a step is cut into passes.

    `limit` are the most padded tokens of a pass of several samples, `pass_tokens` what one more
    pass costs, in padded tokens. With `packing` a pass has no padding to count. Where `searched`,
    only cuts within the limit are looked for; else ranges beyond it are cut up afterwards, which
    costs hardly anything where passes are cheap.
    """

    limit: int
    pass_tokens: int
    packing: bool = False
    searched: bool = False


def optimizer_steps(
    phases: Sequence[Sequence[Sample]],
    lengths: Sequence[Sequence[int]],
    *,
    batch_tokens: int,
    batch_sequences: int | None = None,
) -> list[OptimizerStep]:
    """Every step of a run; `lengths` holds the tokens of each sample of each phase.

    With `batch_sequences` every step has exactly so many samples, and the last of a phase what is
    left. Otherwise a phase of n tokens is cut into ceil(n / batch_tokens) steps of about equal
    size, so that none is a runt; a sample longer than that has a step of its own and is not
    dropped.
    """
    steps = []
    for samples, sizes in zip(phases, lengths, strict=True):
        cuts = (
            _cuts_by_tokens(sizes, batch_tokens)
            if batch_sequences is None
            else _cuts_by_count(len(sizes), batch_sequences)
        )
        steps += [OptimizerStep(tuple(samples[start:end])) for start, end in cuts]
    return steps


def micro_batches(lengths: Sequence[int], sizes: PassSizes) -> list[list[int]]:
    """The passes of a step, as positions in `lengths`, the tokens of its samples.

    None has more padded tokens than the limit unless it is one sample.
    """
    return _packed(lengths, sizes.limit) if sizes.packing else _padded(lengths, sizes)


def _cuts_by_count(samples: int, count: int) -> list[tuple[int, int]]:
    return [(start, min(start + count, samples)) for start in range(0, samples, count)]


def _cuts_by_tokens(sizes: Sequence[int], batch_tokens: int) -> list[tuple[int, int]]:
    total = sum(sizes)
    count = -(-total // batch_tokens)
    cuts: list[tuple[int, int]] = []
    start = seen = filled = 0
    for end, size in enumerate(sizes, start=1):
        seen += size
        if seen * count // total > filled:  # past the next of `count` equal shares
            cuts.append((start, end))
            start, filled = end, seen * count // total
    return cuts


def _padded(lengths: Sequence[int], sizes: PassSizes) -> list[list[int]]:
    """Positions in micro-batches: longest first, cut where padding and passes cost least."""
    ordered = _longest_first(lengths)
    batches = []
    for start, end in _cheapest_cut([lengths[at] for at in ordered], sizes):
        rows = max(1, sizes.limit // lengths[ordered[start]])
        batches += [ordered[first : min(first + rows, end)] for first in range(start, end, rows)]
    return batches


def _packed(sizes: Sequence[int], limit: int) -> list[list[int]]:
    """Positions in few micro-batches of at most `limit` tokens (or the longest sample's), about
    equally full: a mask is computed over the square of a row, and processes wait for the slowest.
    """
    limit = max(limit, *sizes)
    count = -(-sum(sizes) // limit)
    while count < len(sizes):
        batches: list[list[int]] = [[] for _ in range(count)]
        filled = [0] * count
        for at in _longest_first(sizes):
            emptiest = filled.index(min(filled))
            batches[emptiest].append(at)
            filled[emptiest] += sizes[at]
        if max(filled) <= limit:
            return batches
        count += 1
    return [[at] for at in _longest_first(sizes)]


def _longest_first(sizes: Sequence[int]) -> list[int]:
    return sorted(range(len(sizes)), key=lambda at: (-sizes[at], at))


def _cheapest_cut(widths: Sequence[int], sizes: PassSizes) -> list[tuple[int, int]]:
    """Ranges of `widths` (falling) with the least padded tokens plus `pass_tokens` a range."""
    stride = -(-len(widths) // _MAX_CUTS)
    places = [*range(0, len(widths), stride), len(widths)]
    # Dynamic programming: the least cost of all that lies before each place, and its last cut.
    costs, cut_before = [0], [0]
    for end in range(1, len(places)):
        found = []
        for start in range(end):
            padded = (places[end] - places[start]) * widths[places[start]]
            # Between neighbours there is no place to cut at.
            if not sizes.searched or padded <= sizes.limit or start == end - 1:
                found.append((costs[start] + padded, start))
        cost, start = min(found)
        costs.append(cost + sizes.pass_tokens)
        cut_before.append(start)
    ranges, end = [], len(places) - 1
    while end:
        ranges.append((places[cut_before[end]], places[end]))
        end = cut_before[end]
    return ranges[::-1]
