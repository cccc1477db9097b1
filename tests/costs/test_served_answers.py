"""Answers of several lengths where they are served: their mean, and what the late ones take."""

from dataclasses import replace

import numpy as np
import pytest

from breakeven.costs.architecture import Architecture
from breakeven.costs.hardware import Hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.query_costs import Lengths, ServedOn, at_batch, served_answers
from breakeven.costs.roofline import Achieved, Serving, answer_seconds, answer_times, largest_batch

TOY = Architecture("toy", 8, 2, 4, 2, 2, 16, 10, tied_embeddings=True, vector_parameters=48)
SLOW = Hardware("slow", 6400.0, 1000.0, {"bfloat16": 1e5}, "a test", price_per_hour=3600.0)
SPEED = Achieved(0.5, 0.25, 0.01)
SERVED = Serving(TOY, SLOW, achieved=SPEED)
PLACE = ServedOn(SLOW, SPEED, latency_seconds=60.0)


def lengths(*pairs, weights=None):
    prompt, new = np.array(pairs, dtype=float).T
    shares = np.full(len(pairs), 1 / len(pairs)) if weights is None else np.array(weights)
    return Lengths(prompt, new, shares)


def alone(batch, prompt, new, served=SERVED):
    return answer_times(served, batch=batch, prompt_tokens=prompt, new_tokens=new)


@pytest.mark.parametrize("model", ["Qwen2.5-0.5B", "Qwen3-30B-A3B", "Gemma-3-4B"])
@pytest.mark.parametrize("batch", [1, 64])
def test_arrays_of_lengths_give_what_each_length_gives(model, batch):
    served = replace(SERVED, shape=load_architecture(model))
    prompts, news = np.array([1.0, 250.0, 3000.0]), np.array([1.0, 9000.0, 40.0])
    first, whole = answer_seconds(served, batch=batch, prompt_tokens=prompts, new_tokens=news)
    for place, (prompt, new) in enumerate(zip(prompts, news, strict=True)):
        one = alone(batch, float(prompt), float(new), served)
        assert (one.first_token_seconds, one.seconds) == pytest.approx((first[place], whole[place]))


def test_alike_answers_are_one_answer():
    found = at_batch(SERVED, "full throughput", 3, lengths((6, 4), (6, 4)))
    one = alone(3, 6, 4)
    assert found.seconds == pytest.approx(one.seconds)
    assert found.late_seconds == pytest.approx(one.seconds)
    assert found.device_seconds == pytest.approx(one.device_seconds)
    assert found.money.value == pytest.approx(one.device_seconds)


def test_the_mean_is_over_answers_and_not_of_the_mean_length():
    pairs = ((6, 2), (6, 30))
    found = at_batch(SERVED, "one waiting", 1, lengths(*pairs, weights=(0.75, 0.25)))
    by_hand = 0.75 * alone(1, 6, 2).seconds + 0.25 * alone(1, 6, 30).seconds
    assert found.seconds == pytest.approx(by_hand)
    # A long answer reads its own long cache: its mean is dearer than that of the mean length.
    assert found.seconds > alone(1, 6, 9).seconds


def test_late_answers_are_those_that_one_in_twenty_is_behind():
    pairs = [(6, new) for new in range(2, 22)]
    found = at_batch(SERVED, "one waiting", 1, lengths(*pairs))
    assert found.late_seconds == pytest.approx(alone(1, 6, 20).seconds)


def test_in_a_batch_every_answer_steps_at_the_pace_of_all():
    pairs = ((6, 2), (6, 12))
    found = at_batch(SERVED, "full throughput", 8, lengths(*pairs))
    first = alone(8, 6, 1).seconds
    steps = [alone(8, 6, new).seconds - first for _, new in pairs]
    assert found.late_seconds == pytest.approx(first + 11 * sum(steps) / 12)
    assert found.device_seconds == pytest.approx((first + sum(steps) / 2) / 8)


def test_within_a_latency_is_the_largest_batch_whose_answers_keep_it_on_average():
    asked = lengths((6, 2), (6, 6))
    seconds = [at_batch(SERVED, "one waiting", size, asked).seconds for size in range(1, 10)]
    waiting, within, full = served_answers(PLACE._replace(latency_seconds=seconds[4]), TOY, asked)
    assert (waiting.batch, within.batch, full.batch) == (1, 5, largest_batch(SERVED, 10))
    assert within.seconds == seconds[4]
    assert full.money.value < within.money.value < waiting.money.value
    assert served_answers(PLACE._replace(latency_seconds=1e9), TOY, asked)[1].batch == full.batch


def test_a_latency_that_no_answer_keeps_and_a_model_that_does_not_fit_say_so():
    hurried = PLACE._replace(latency_seconds=1e-3)
    within = served_answers(hurried, TOY, lengths((6, 4)))[1]
    assert within.seconds is None
    assert within.money.value is None
    assert within.reason.startswith("one answer alone takes")
    small = PLACE._replace(hardware=replace(SLOW, memory_bytes=2600.0))
    assert {one.seconds for one in served_answers(small, TOY, lengths((6, 4)))} == {None}
