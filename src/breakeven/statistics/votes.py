"""What k of an item's n samples come to: pass@k, and the expected accuracy of their vote.

Both are expectations over all subsets of k samples, each as likely as another, and are counted
exactly: nothing is drawn, so the same samples give the same numbers.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from breakeven.statistics.estimates import FloatArray, IntArray

# What `votes` holds for a sample that does not vote: it names no answer.
NO_VOTE = -1

# Of one item's votes by answer: how many samples voted for it, and how many of these are right.
Tally = tuple[tuple[int, int], ...]


def vote_sizes(samples: int) -> tuple[int, ...]:
    """1, 2, 4, … and the number of samples itself: how many of them are taken."""
    return (*(2**power for power in range((samples - 1).bit_length())), samples)


def pass_at_k(correct: ArrayLike, sizes: Sequence[int]) -> FloatArray:
    """Probability that at least one of k samples is right, (items, sizes).

    `correct` is (items, samples), 0 or 1; c of an item's n samples are right. The unbiased
    estimator 1 - C(n - c, k) / C(n, k) of Chen et al. 2021 (arXiv 2107.03374, section 2.1).
    Raises ValueError on another shape or values, or a size that is not among 1 to n.
    """
    right = _checked(correct, sizes)
    samples = right.shape[1]
    by_count = np.array(
        [
            [1 - comb(samples - count, k) / comb(samples, k) for k in sizes]
            for count in range(samples + 1)
        ]
    )
    found: FloatArray = by_count[right.sum(axis=1)]
    return found


def majority_at_k(correct: ArrayLike, votes: ArrayLike, sizes: Sequence[int]) -> FloatArray:
    """Expected accuracy of the answer that most of k samples give, (items, sizes).

    `correct` is (items, samples), 0 or 1; `votes` of the same shape numbers each sample's answer,
    equal answers alike, and is `NO_VOTE` where a sample names none. Ties are broken uniformly at
    random (self-consistency, Wang et al. 2022, arXiv 2203.11171); a vote in which no sample names
    an answer is wrong. Where equal answers were graded differently, the one that is handed in is
    any of them. Raises ValueError as `pass_at_k`, and where shapes or votes make no sense.
    """
    right = _checked(correct, sizes)
    named = np.asarray(votes)
    if named.shape != right.shape or not np.issubdtype(named.dtype, np.integer):
        raise ValueError(
            f"votes has shape {named.shape} and type {named.dtype}; use one whole number a sample"
        )
    tallies, of_item = np.unique(_tallies(right, named), axis=0, return_inverse=True)
    by_tally = [
        _expected_accuracies(
            tuple((int(count), int(good)) for count, good in tally if count), right.shape[1]
        )
        for tally in tallies
    ]
    accuracies = np.array([[one[k - 1] for k in sizes] for one in by_tally])
    found: FloatArray = accuracies.reshape(len(tallies), len(sizes))[of_item.reshape(-1)]
    return found


def _checked(correct: ArrayLike, sizes: Sequence[int]) -> IntArray:
    right = np.asarray(correct)
    if right.ndim != 2 or not np.isin(right, (0, 1)).all():
        raise ValueError(f"correct has shape {right.shape}; use 0 or 1 for every item and sample")
    outside = [k for k in sizes if not 1 <= k <= right.shape[1]]
    if outside:
        raise ValueError(f"{outside[0]} of {right.shape[1]} samples; use 1 to {right.shape[1]}")
    return right.astype(np.int64)


def _tallies(right: IntArray, votes: IntArray) -> IntArray:
    """(items, samples, 2): votes and right votes of each answer, in one order for equal tallies."""
    samples = votes.shape[1]
    # An answer is numbered by the first sample that gave it.
    first = (votes[:, :, None] == votes[:, None, :]).argmax(axis=2)
    given = (first[:, :, None] == np.arange(samples)) & (votes != NO_VOTE)[:, :, None]
    right_ones = given & (right == 1)[:, :, None]
    counts: IntArray = np.stack([given.sum(axis=1), right_ones.sum(axis=1)], axis=2)
    # Thousands of items have the same few tallies once the answers' order is gone.
    ranks = counts[:, :, 0] * (samples + 1) + counts[:, :, 1]
    order = np.argsort(-ranks, axis=1, kind="stable")
    tallies: IntArray = np.take_along_axis(counts, order[:, :, None], axis=1)
    return tallies


@lru_cache(maxsize=65536)
def _expected_accuracies(tally: Tally, samples: int) -> tuple[float, ...]:
    """Expected accuracy of a vote of k, for k = 1 to `samples`, by counting subsets.

    An answer that has j votes in the subset wins where every other has fewer, and shares the win
    with the t others that have j as well.
    """
    wins = [Fraction(0)] * (samples + 1)
    for answer, (count, right) in enumerate(tally):
        # Which of its equal samples were taken says nothing of which of them are right.
        share = Fraction(right, count)
        if not share:
            continue
        others = [size for place, (size, _) in enumerate(tally) if place != answer]
        for own in range(1, count + 1):
            rest = _subsets_below(others, own, samples - count)
            for taken, by_ties in enumerate(rest):
                ways = sum(Fraction(number, ties + 1) for ties, number in enumerate(by_ties))
                wins[own + taken] += share * comb(count, own) * ways
    return tuple(float(wins[k] / comb(samples, k)) for k in range(1, samples + 1))


def _subsets_below(others: Sequence[int], own: int, rest: int) -> list[list[int]]:
    """Subsets of the `rest` other samples in which no answer has more than `own` votes.

    Counted by the samples taken, then by how many answers have exactly `own`. `others` holds the
    votes of the other answers; what is left of `rest` does not vote.
    """
    able = [size for size in others if size >= own]
    # Answers that cannot reach `own` votes, and samples without a vote, are taken freely.
    free = rest - sum(able)
    found = [[comb(free, taken)] for taken in range(free + 1)]
    for size in able:
        longer = [[0] * (len(found[0]) + 1) for _ in range(len(found) + own)]
        for taken, by_ties in enumerate(found):
            for ties, number in enumerate(by_ties):
                for more in range(own):
                    longer[taken + more][ties] += number * comb(size, more)
                longer[taken + own][ties + 1] += number * comb(size, own)
        found = longer
    return found
