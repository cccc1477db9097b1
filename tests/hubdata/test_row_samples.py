"""Seeded samples: the same rows in whatever order they arrive, counted or not."""

import random

import pytest

from breakeven.hubdata import sample

ROWS = [(number, f"row {number}") for number in range(200)]


@pytest.mark.parametrize("count", [1, 7, 199, 200, 500, None])
def test_a_counted_and_an_uncounted_stream_give_the_same_sample(count: int | None) -> None:
    counted = list(sample(ROWS, count, 3, total=200))
    assert counted == list(sample(iter(ROWS), count, 3))
    assert len(counted) == (200 if count is None else min(count, 200))
    assert counted == sorted(counted)


def test_the_order_of_arrival_does_not_change_an_uncounted_sample() -> None:
    shuffled = random.Random(0).sample(ROWS, len(ROWS))
    assert list(sample(shuffled, 20, 3)) == list(sample(ROWS, 20, 3))


def test_a_larger_sample_holds_a_smaller_one() -> None:
    assert set(sample(ROWS, 20, 3)) < set(sample(ROWS, 50, 3))


def test_seeds_draw_different_rows() -> None:
    assert list(sample(ROWS, 20, 3)) != list(sample(ROWS, 20, 4))


def test_a_counted_stream_is_left_after_the_last_drawn_row() -> None:
    read = []

    def rows():
        for number, row in ROWS:
            read.append(number)
            yield number, row

    drawn = list(sample(rows(), 3, 1, total=200))
    assert read[-1] == drawn[-1][0] < 199


def test_every_row_is_drawn_about_equally_often() -> None:
    times = [0] * 50
    for seed in range(400):
        for number, _ in sample(((number, None) for number in range(50)), 10, seed):
            times[number] += 1
    # 80 expected, standard deviation 8: five of them either way.
    assert min(times) > 40
    assert max(times) < 120
