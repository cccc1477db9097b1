"""The mean answer at any batch, in few numbers: the seconds of the roofline of every answer."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from breakeven.costs.batch_curve import batch_curve
from breakeven.costs.hardware import find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.query_costs import Lengths, answers_within, at_batch
from breakeven.costs.roofline import ASSUMED, Achieved, Serving
from breakeven.costs.serving_work import FORMATS


def lengths(seed: int, most: int = 9000) -> Lengths:
    """Answers of many lengths, weighed unevenly, as those of several tasks are."""
    rng = np.random.default_rng(seed)
    weights = rng.random(200)
    return Lengths(
        rng.integers(1, 900, 200).astype(float),
        rng.integers(1, most, 200).astype(float),
        weights / weights.sum(),
    )


# All that a calibration fits, as it came out on an H200.
FITTED = Achieved(0.94, 0.96, 119e-6, 2e-3, 170.0, 4.8e-3)
# Dense, with windows, with few experts of many, with few of few.
MODELS = ("qwen2.5-0.5b", "gemma-2-9b", "qwen3-30b-a3b", "gpt-oss-20b")


@pytest.mark.parametrize("achieved", [ASSUMED, FITTED])
@pytest.mark.parametrize("model", MODELS)
def test_the_curve_is_the_roofline_of_all_answers_at_every_batch(
    model: str, achieved: Achieved
) -> None:
    tried = 0
    for place, form, devices in itertools.product(("H100", "L4"), ("bfloat16", "int4"), (1, 4)):
        served = Serving(load_architecture(model), find_hardware(place), FORMATS[form], devices)
        served = replace(served, achieved=achieved)
        answers = lengths(tried)
        curve = batch_curve(served, answers)
        if isinstance(curve, str):
            continue
        for batch in sorted({1, 2, 7, 64, curve.most}):
            if batch <= curve.most:
                one = at_batch(served, "full throughput", batch, answers)
                assert curve.seconds(batch) == pytest.approx(one.seconds, rel=1e-12)
                assert curve.device_seconds(batch) == pytest.approx(one.device_seconds, rel=1e-12)
                tried += 1
    assert tried > 20


def test_the_batch_within_a_latency_is_that_of_the_roofline() -> None:
    served = Serving(load_architecture("qwen2.5-7b"), find_hardware("A100"))
    answers = lengths(5)
    curve = batch_curve(served, answers)
    assert not isinstance(curve, str)
    found = [curve.within(seconds) for seconds in (1.0, 50.0, 60.0, 80.0, 1e6)]
    expected = [answers_within(served, answers, one).batch for one in (1.0, 50.0, 60.0, 80.0, 1e6)]
    assert found == [one or 0 for one in expected]
    assert found[0] == 0 < found[2] < found[3] < found[4] == curve.most


def test_what_does_not_fit_has_the_reason_and_no_curve() -> None:
    served = Serving(load_architecture("qwen2.5-14b"), find_hardware("L4"))
    reason = batch_curve(served, lengths(0))
    assert isinstance(reason, str)
    assert reason.startswith("not one answer of")


def test_a_mean_of_one_answer_is_that_answer() -> None:
    served = Serving(load_architecture("qwen2.5-0.5b"), find_hardware("H100"))
    one = Lengths(np.array([250.0]), np.array([1.0]), np.array([1.0]))
    curve = batch_curve(served, one)
    assert not isinstance(curve, str)
    # Nothing follows the first token.
    assert curve.steps == 0.0
    assert curve.seconds(1) == pytest.approx(at_batch(served, "one waiting", 1, one).seconds)
