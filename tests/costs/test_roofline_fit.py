"""What a device reaches is found again from times that were made with it."""

import math
import random

import pytest

from breakeven.costs.hardware import find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.roofline import Achieved, Serving, answer_times
from breakeven.costs.roofline_fit import TimedAnswers, fit_achieved, held_out_errors
from breakeven.costs.serving_work import FORMATS

TRUE = Achieved(0.7, 0.45, 60e-6, 1e-3, 20.0, 2e-3)
HALF = FORMATS["bfloat16"]
A100 = find_hardware("A100")


def timed(noise=0.0):
    rng = random.Random(0)
    found = []
    for size in ("0.5", "1.5", "7"):
        shape = load_architecture(f"Qwen2.5-{size}B")
        for batch in (1, 32, 512):
            for prompt, new in ((100, 50), (2000, 20), (500, 1000)):
                seconds = answer_times(
                    Serving(shape, A100, achieved=TRUE),
                    batch=batch,
                    prompt_tokens=prompt,
                    new_tokens=new,
                ).seconds
                measured = seconds * (1 + rng.uniform(-noise, noise))
                found.append(TimedAnswers(shape, batch, prompt, new, measured))
    return found


def test_shares_and_fixed_times_are_found_again():
    fit = fit_achieved(timed(), A100, HALF)
    assert fit.achieved == pytest.approx(TRUE, rel=0.01)
    assert max(map(abs, fit.errors)) < 0.005


def test_noise_of_a_tenth_moves_the_shares_by_less_than_a_fifth():
    fit = fit_achieved(timed(0.1), A100, HALF)
    assert fit.achieved[:2] == pytest.approx(TRUE[:2], rel=0.2)
    assert 0.05 < max(map(abs, fit.errors)) < 0.2


def test_a_model_that_the_fit_has_not_seen_is_told_from_the_others():
    errors = held_out_errors(timed(), timed(), A100, HALF)
    assert len(errors) == 27
    assert max(map(abs, errors)) < 0.05


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_seconds_that_no_clock_tells_are_refused(seconds):
    wrong = [*timed()[1:], timed()[0]._replace(seconds=seconds)]
    with pytest.raises(ValueError, match=rf"1 answers of 50 tokens took {seconds} s; time them"):
        fit_achieved(wrong, A100, HALF)


def test_too_few_batches_are_refused():
    with pytest.raises(ValueError, match="3 timed batches; use at least 6"):
        fit_achieved(timed()[:3], A100, HALF)
