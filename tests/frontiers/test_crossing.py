import numpy as np
import pytest

from breakeven.frontiers.crossing import crossing_size


def test_crossing_size_is_where_the_difference_is_zero_in_log_size():
    found = crossing_size([1, 4, 16], [0.3, 0.4, 0.5], [0.2, 0.3, 0.6])
    assert found.position.value == pytest.approx(8.0)
    assert found.reason is None
    assert (found.low, found.high, found.share_within) == (None, None, None)


@pytest.mark.parametrize(
    ("reasoning", "label", "reason"),
    [([0.4, 0.5, 0.6], "<1", "ahead over the whole"), ([0.2, 0.3, 0.5], ">16", "not ahead at")],
)
def test_no_crossing_within_the_range_is_absent_with_a_reason(reasoning, label, reason):
    found = crossing_size([1, 4, 16], [0.3, 0.4, 0.5], reasoning)
    assert found.position.value is None
    assert found.position.label() == label
    assert reason in found.reason


def test_published_general_mc_is_overtaken_just_above_1_5b(published):
    ift, reasoning = (published("general", "general-mc", style) for style in ("ift", "reasoning"))
    found = crossing_size(ift.sizes_b, ift.accuracy, reasoning.accuracy)
    assert found.position.value == pytest.approx(1.5 * 2 ** (0.2 / 3.8))


def test_interval_covers_a_known_crossing_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    sizes, items, studies = np.array([1.0, 4.0, 16.0, 64.0]), 400, 120
    ift, gain = np.array([0.3, 0.4, 0.5, 0.6]), np.array([-0.15, -0.05, 0.05, 0.15])
    covered = 0
    for _ in range(studies):
        scores = rng.uniform(size=(4, items))
        plain, thinking = scores < ift[:, None], scores < (ift + gain)[:, None]
        weights = rng.multinomial(items, np.full(items, 1 / items), size=300) / items
        found = crossing_size(
            sizes,
            plain.mean(axis=1),
            thinking.mean(axis=1),
            ift_draws=weights @ plain.T,
            reasoning_draws=weights @ thinking.T,
        )
        low, high = (end.value or end.bound for end in (found.low, found.high))
        covered += low <= 8.0 <= high
    assert 0.90 <= covered / studies <= 0.99


def test_share_within_counts_draws_that_cross_inside_the_range():
    ift = np.full((4, 2), 0.5)
    reasoning = np.array([[0.4, 0.6], [0.4, 0.6], [0.6, 0.6], [0.4, 0.4]])
    found = crossing_size([1, 4], [0.5, 0.5], [0.4, 0.6], ift_draws=ift, reasoning_draws=reasoning)
    assert found.share_within == 0.5
    assert (found.low.label(), found.high.label()) == ("<1", ">4")


def test_draws_of_both_styles_must_be_as_many():
    with pytest.raises(ValueError, match="use as many"):
        crossing_size(
            [1, 4],
            [0.5, 0.5],
            [0.4, 0.6],
            ift_draws=np.full((3, 2), 0.5),
            reasoning_draws=np.full((4, 2), 0.5),
        )
