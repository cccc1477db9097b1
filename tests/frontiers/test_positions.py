import numpy as np
import pytest

from breakeven.frontiers.positions import (
    Position,
    as_position,
    first_reach,
    last_rise,
    position_interval,
)

AXIS = np.array([1.0, 2.0, 4.0, 8.0])
LOG2 = np.log2(AXIS)


@pytest.mark.parametrize(
    ("gaps", "first", "last"),
    [
        ([-1, 1, 1, 1], 0.5, 0.5),
        ([-3, -2, -1, 1], 2.5, 2.5),
        ([1, 2, 3, 4], -np.inf, -np.inf),
        ([-4, -3, -2, -1], np.inf, np.inf),
        pytest.param([-1, 1, -1, 1], 0.5, 2.5, id="two crossings"),
        pytest.param([-1, 1, 1, -1], 0.5, np.inf, id="overtaken again"),
        pytest.param([1, -1, -1, 3], -np.inf, 2.25, id="ahead, behind, ahead"),
        pytest.param([0, 1, 1, 1], 0.0, 0.0, id="equal at the smallest"),
        pytest.param([-1, 0, 0, 1], 1.0, 2.0, id="equal for a stretch"),
        pytest.param([-2, -1, -1, 0], 3.0, np.inf, id="equal at the largest"),
    ],
)
def test_crossings_of_cases_that_can_be_checked_by_hand(gaps, first, last):
    row = np.array([gaps], dtype=float)
    assert first_reach(LOG2, row)[0] == pytest.approx(first)
    assert last_rise(LOG2, row)[0] == pytest.approx(last)


def test_one_point_has_only_sides():
    axis = np.array([0.0])
    assert first_reach(axis, np.array([[1.0], [-1.0], [0.0]])).tolist() == [-np.inf, np.inf, 0.0]
    assert last_rise(axis, np.array([[1.0], [-1.0]])).tolist() == [-np.inf, np.inf]


@pytest.mark.parametrize(
    ("log_value", "label"), [(np.log(1.8254), "1.8"), (-np.inf, "<0.5"), (np.inf, ">14")]
)
def test_position_reads_as_a_number_or_a_bound(log_value, label):
    assert as_position(log_value, np.array([0.5, 14.0])).label() == label


def test_interval_of_places_may_end_beyond_the_axis():
    places = np.concatenate([np.full(10, -np.inf), np.log(np.linspace(2, 4, 90))])
    low, high = position_interval(places, AXIS, 0.90)
    assert low == Position(None, 1.0, "below")
    assert high.value == pytest.approx(3.9, abs=0.05)
