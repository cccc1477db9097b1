"""Three ways to serve, and what a query costs in each."""

from dataclasses import replace

import pytest

from breakeven.costs.architecture import Architecture
from breakeven.costs.hardware import Hardware
from breakeven.costs.query_costs import largest_within, operating_points
from breakeven.costs.roofline import Achieved, Serving, answer_times

TOY = Architecture("toy", 8, 2, 4, 2, 2, 16, 10, tied_embeddings=True, vector_parameters=48)
SLOW = Hardware("slow", 6400.0, 1000.0, {"bfloat16": 1e5}, "a test", price_per_hour=3600.0)
SERVED = Serving(TOY, SLOW, achieved=Achieved(0.5, 0.25, 0.0), memory_share=1.0)


def points(served=SERVED, **more):
    found = operating_points(served, prompt_tokens=6, new_tokens=4, **more)
    return {point.name: point for point in found}


def seconds(batch):
    return answer_times(SERVED, batch=batch, prompt_tokens=6, new_tokens=4).seconds


def test_one_person_pays_for_the_whole_device_and_a_full_batch_shares_it():
    found = points()
    alone, full = found["one waiting"], found["full throughput"]
    assert (alone.times.batch, full.times.batch) == (1, 10)
    # A price of 3600 an hour is one a second.
    assert alone.money.value == pytest.approx(alone.times.seconds)
    assert full.money.value == pytest.approx(full.times.seconds / 10)
    assert full.money.value < alone.money.value
    assert full.times.seconds > alone.times.seconds


def test_within_a_latency_is_the_largest_batch_that_keeps_it():
    between = (seconds(7) + seconds(8)) / 2
    found = points(latency_seconds=between)["within latency"]
    assert found.times.batch == 7
    assert points(latency_seconds=seconds(7))["within latency"].times.batch == 7
    assert points(latency_seconds=1e9)["within latency"].times.batch == 10


def test_a_latency_that_not_one_answer_keeps_is_absent_with_the_reason():
    found = points(latency_seconds=seconds(1) / 2)["within latency"]
    assert found.times is None
    assert found.money.value is None
    assert found.reason.startswith("one answer alone takes")


def test_a_model_that_does_not_fit_has_no_times_and_says_why():
    small = replace(SERVED, hardware=replace(SLOW, memory_bytes=2600.0))
    for point in points(small, latency_seconds=5.0).values():
        assert point.times is None
        assert point.money.reason == point.reason
        assert "not one answer of 10 tokens fits into 1 × slow" in point.reason


def test_without_a_price_there_are_times_and_no_money():
    for price in (None, 0.0):
        free = replace(SERVED, hardware=replace(SLOW, price_per_hour=price))
        found = points(free)["one waiting"]
        assert found.times.seconds == seconds(1)
        assert "costs.hardware.slow.price_per_hour" in found.money.reason


def test_several_devices_are_all_paid():
    found = points(replace(SERVED, devices=2))["one waiting"]
    assert found.money.value == pytest.approx(2 * found.times.seconds)


def test_halving_finds_what_trying_all_finds():
    for limit in range(25):
        by_trying = max((size for size in range(1, 11) if size * 2 <= limit), default=0)
        assert largest_within(lambda size: size * 2, limit, 10) == by_trying
