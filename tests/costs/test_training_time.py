"""The time of a training: its FLOPs at a share of the peak, or its steps, worked out by hand."""

import pytest

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.hardware import Hardware, find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.roofline import Achieved
from breakeven.costs.training_time import OptimizerSteps, step_seconds, training_seconds

DEVICE = Hardware("device", 1e9, 1e9, {"bfloat16": 1e12}, "a test")
SHAPE = Architecture("tiny", 16, 4, 2, 2, 8, 32, 64, tied_embeddings=True)
SPEED = Achieved(bandwidth_share=0.5, layer_seconds=1e-4)


def test_a_step_starts_every_layer_and_moves_its_state():
    # Matrices of a layer: q, k, v, o 16 x 16 each, three of 16 x 32; the table is lm_head's.
    layer = 4 * 16 * 16 + 3 * 16 * 32
    parameters = 64 * 16 + 4 * layer
    assert SHAPE.total_parameters == parameters
    for method, layer_seconds, moved in (
        ("full", 4.5e-3, 42),
        ("lora", 6e-3, 4),
        ("qlora", 9.5e-3, 1),
    ):
        started = 4 * layer_seconds
        found = step_seconds(OptimizerSteps(SHAPE, 10, method), DEVICE, SPEED)
        assert found == pytest.approx(started + moved * parameters / 0.5e9, rel=1e-12)


def test_what_takes_longer_counts():
    steps = OptimizerSteps(SHAPE, 100)
    floor = 100 * step_seconds(steps, DEVICE, SPEED)
    few = training_seconds(DEVICE, flops=1e9, steps=steps, achieved=SPEED)
    assert few == pytest.approx(floor)
    many = training_seconds(DEVICE, flops=1e13, steps=steps, achieved=SPEED)
    assert many == pytest.approx(1e13 / 0.4e12)
    alone = training_seconds(DEVICE, flops=1e9, steps=None, achieved=SPEED)
    assert alone == pytest.approx(1e9 / 0.4e12)
    assert few > 50 * alone


def test_a_large_model_is_bound_by_its_flops():
    # Half a million tokens a step, as for Qwen2.5-7B: a minute of products.
    shape, device = load_architecture("Qwen2.5-7B"), find_hardware("H100")
    flops = 6.0 * shape.active_parameters * 524_288
    steps = OptimizerSteps(shape, 1)
    seconds = training_seconds(device, flops=flops, steps=steps)
    assert seconds == pytest.approx(flops / (989.4e12 * 0.4))
    assert step_seconds(steps, device) < 0.01 * seconds


def test_a_device_without_a_peak_in_16_bits_is_refused():
    with pytest.raises(InputError, match="no peak is known for bfloat16"):
        training_seconds(Hardware("d", 1e9, 1e9, {"float32": 1e12}, "t"), flops=1.0, steps=None)
