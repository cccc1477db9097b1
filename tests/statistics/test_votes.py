"""pass@k and votes against enumeration of every subset of the samples."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from breakeven.statistics.votes import NO_VOTE, majority_at_k, pass_at_k, vote_sizes


def enumerated_pass(correct: list[int], k: int) -> float:
    subsets = list(combinations(correct, k))
    return float(Fraction(sum(any(subset) for subset in subsets), len(subsets)))


def enumerated_majority(correct: list[int], votes: list[int], k: int) -> float:
    """Every subset, every tied answer, every one of its samples, each with its own share."""
    subsets = list(combinations(range(len(correct)), k))
    total = Fraction(0)
    for subset in subsets:
        counts = Counter(votes[one] for one in subset if votes[one] != NO_VOTE)
        if not counts:
            continue
        tied = [answer for answer, count in counts.items() if count == max(counts.values())]
        for answer in tied:
            same = [correct[one] for one in subset if votes[one] == answer]
            total += Fraction(sum(same), len(same) * len(tied))
    return float(total / len(subsets))


HAND_MADE = [
    # One answer is right and leads; leads with a rival; is behind; all differ; nobody votes.
    ([1, 1, 1, 0, 0, 0], [7, 7, 7, 2, 3, 4]),
    ([1, 1, 1, 0, 0, 0], [0, 0, 0, 3, 3, 3]),
    ([1, 0, 0, 0, 0, 0], [0, 1, 1, 1, 2, 2]),
    ([0, 0, 1, 0, 0, 0], [0, 1, 2, 3, 4, 5]),
    ([0, 0, 0, 0, 0, 0], [NO_VOTE] * 6),
    # Most name no answer; the right one was said once.
    ([0, 0, 0, 0, 1, 0], [NO_VOTE, NO_VOTE, NO_VOTE, NO_VOTE, 4, 5]),
    # Two different answers are right, as two spellings of a name.
    ([1, 1, 0, 0, 1, 0], [0, 0, 2, 2, 4, 2]),
    # Equal answers, graded differently.
    ([1, 0, 1, 0, 0, 0], [0, 0, 0, 3, 3, NO_VOTE]),
]


def test_hand_made_samples_equal_enumeration() -> None:
    correct = [one for one, _ in HAND_MADE]
    votes = [one for _, one in HAND_MADE]
    sizes = range(1, 7)

    passed, majority = pass_at_k(correct, sizes), majority_at_k(correct, votes, sizes)

    for item, k in product(range(len(HAND_MADE)), sizes):
        assert passed[item, k - 1] == pytest.approx(enumerated_pass(correct[item], k), abs=1e-12)
        wanted = enumerated_majority(correct[item], votes[item], k)
        assert majority[item, k - 1] == pytest.approx(wanted, abs=1e-12)


def test_every_vote_of_five_samples_equals_enumeration() -> None:
    votes = np.array(list(product([NO_VOTE, 0, 1, 2], repeat=5)))
    correct = (votes == 1).astype(int)

    majority = majority_at_k(correct, votes, range(1, 6))

    for item, k in product(range(len(votes)), range(1, 6)):
        wanted = enumerated_majority(correct[item].tolist(), votes[item].tolist(), k)
        assert majority[item, k - 1] == pytest.approx(wanted, abs=1e-12)


def test_one_sample_is_accuracy_and_all_samples_are_the_vote_itself() -> None:
    correct = [[1, 0, 1, 0, 0], [1, 1, 0, 0, 0]]
    votes = [[3, 1, 3, 1, NO_VOTE], [0, 0, 1, 2, 4]]

    majority = majority_at_k(correct, votes, [1, 5])

    assert majority[:, 0] == pytest.approx([0.4, 0.4])
    assert majority[:, 1] == pytest.approx([0.5, 1.0])  # tied, and won


def test_a_vote_never_beats_the_chance_that_any_sample_is_right() -> None:
    rng = np.random.default_rng(0)
    votes = rng.integers(-1, 6, size=(200, 16))
    correct = (votes == 0).astype(int)
    sizes = vote_sizes(16)

    assert sizes == (1, 2, 4, 8, 16)
    assert (majority_at_k(correct, votes, sizes) <= pass_at_k(correct, sizes) + 1e-12).all()


def test_many_samples_are_counted_exactly() -> None:
    # Each of 64 samples has an answer of its own: a vote of k takes one of k at random.
    majority = majority_at_k([[1] + [0] * 63], [list(range(64))], [1, 32, 64])

    assert majority[0] == pytest.approx([1 / 64] * 3)


def test_sizes_end_with_all_samples() -> None:
    assert [vote_sizes(n) for n in (1, 2, 3, 6, 8)] == [
        (1,),
        (1, 2),
        (1, 2, 3),
        (1, 2, 4, 6),
        (1, 2, 4, 8),
    ]


@pytest.mark.parametrize(
    ("correct", "votes", "sizes"),
    [
        ([[0.5, 1.0]], [[0, 1]], [1]),
        ([0, 1], [0, 1], [1]),
        ([[0, 1]], [[0, 1]], [3]),
        ([[0, 1]], [[0, 1]], [0]),
        ([[0, 1]], [[0, 1, 2]], [1]),
        ([[0, 1]], [[0.0, 1.0]], [1]),
    ],
)
def test_what_cannot_be_meant_is_refused(
    correct: list[list[float]], votes: list[list[float]], sizes: list[int]
) -> None:
    with pytest.raises(ValueError, match="use "):
        majority_at_k(correct, votes, sizes)
