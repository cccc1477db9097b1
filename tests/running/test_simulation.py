"""Schedules that can be worked out by hand, and what no order can beat."""

import random

import pytest
from scripts.simulate_schedule import waits

from breakeven.core.work_times import WorkTimes
from breakeven.running.simulation import simulate

READS = {
    "base": (),
    "short": ("base",),
    "long": ("base",),
    "answer-short": ("short",),
    "answer-long": ("long",),
    "score": ("answer-short", "answer-long"),
}
SECONDS = {
    "base": 1.0,
    "short": 10.0,
    "long": 60.0,
    "answer-short": 5.0,
    "answer-long": 20.0,
    "score": 2.0,
}


def test_one_place_takes_the_sum_in_any_order() -> None:
    for longest_first in (True, False):
        found = simulate(READS, SECONDS, 1, longest_first=longest_first)
        assert found == (98.0, 1.0, 98.0)


def test_enough_places_take_the_longest_way() -> None:
    found = simulate(READS, SECONDS, 5)
    assert found.makespan_seconds == found.bound_seconds == 1 + 60 + 20 + 2
    assert found.utilisation == pytest.approx(98 / (5 * 83))


def test_longest_first_starts_what_much_waits_for() -> None:
    """Three alike and one long: in their own order the long one is left alone at the end."""
    reads = dict.fromkeys(("a", "b", "c", "d"), ())
    seconds = {"a": 2.0, "b": 2.0, "c": 2.0, "d": 6.0}
    assert simulate(reads, seconds, 2).makespan_seconds == 6.0
    assert simulate(reads, seconds, 2, longest_first=False).makespan_seconds == 8.0


def test_no_order_beats_the_bound_or_takes_more_than_twice_it() -> None:
    """Graham 1966: a list schedule takes less than twice what the best one does."""
    draw = random.Random(7)
    for _ in range(50):
        names = [f"cell-{number}" for number in range(40)]
        reads = {
            name: tuple(draw.sample(names[:number], draw.randint(0, min(3, number))))
            for number, name in enumerate(names)
        }
        seconds = {name: draw.uniform(0.1, 30.0) for name in names}
        places = draw.randint(1, 8)
        for longest_first in (True, False):
            found = simulate(reads, seconds, places, longest_first=longest_first)
            assert found.bound_seconds <= found.makespan_seconds + 1e-9
            assert found.makespan_seconds < 2 * found.bound_seconds


def test_a_wait_is_counted_from_when_place_and_inputs_were_there() -> None:
    # `middle` notes nothing: what it took is part of the wait of `after`.
    reads = {name: frozenset[str]() for name in ("one", "two", "three")}
    reads |= {"middle": frozenset({"one"}), "after": frozenset({"middle"})}
    times = {
        "one": WorkTimes(0, 1000),
        "two": WorkTimes(500, 9000),
        "three": WorkTimes(1300, 2000),
        "after": WorkTimes(2600, 4000),
    }
    assert waits(times, reads, 2) == {"one": 0.0, "two": 0.5, "three": 0.3, "after": 0.6}
    assert waits(times, reads, 4)["after"] == 1.6
