"""How long a training takes on a device at least: its FLOPs, or its steps, whichever take longer.

    steps = OptimizerSteps(shape, 342)
    training_seconds(find_hardware("H100"), flops=2.2e12, steps=steps)

The FLOPs of a large model keep a device busy at a share of its peak. A step of a small one is over
before its kernels are started and its weights are moved: below some tens of millions of parameters
that is all its time, and FLOPs alone would make it a hundred times too short.
"""

from typing import NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.dtypes import Dtype
from breakeven.costs.exact import Method
from breakeven.costs.hardware import Hardware
from breakeven.costs.roofline import ASSUMED, Achieved

# Model FLOPs of a training as a share of the peak, all of its time counted: an assumption.
TRAINING_SHARE = 0.4
# What trainings on the devices of the table compute in, whatever the students are served in.
TRAINING_DTYPE: Dtype = "bfloat16"
# Seconds to start the kernels of one layer on a GPU, forward and back, one by one as PyTorch does,
# measured: steps of Qwen2.5-0.5B's 24 layers on an H200 in bfloat16 took 107, 144 and 228 ms. For
# LoRA it is starting alone (a step of one short sequence took no less); for full training a bound.
# A server's step takes a fiftieth of it: forward alone, fused, and recorded.
LAYER_SECONDS: dict[Method, float] = {"full": 4.5e-3, "lora": 6.0e-3, "qlora": 9.5e-3}
# Bytes that a step moves for each parameter, each once. In full, float32 weights are copied to 16
# bits (4 + 2), read forward and backward (2 + 2), their gradients written (4); AdamW reads the
# gradient, the weight and two moments and writes the last three (28). A frozen base is read twice,
# in 16 bits or in NF4; its adapter is small beside it.
_STEP_BYTES: dict[Method, float] = {"full": 42.0, "lora": 4.0, "qlora": 1.0}


class OptimizerSteps(NamedTuple):
    """The optimiser steps of a training, and what is trained in each."""

    shape: Architecture
    steps: float
    method: Method = "full"


def step_seconds(one: OptimizerSteps, hardware: Hardware, achieved: Achieved = ASSUMED) -> float:
    """What a step takes at least, however few tokens it holds.

    Every layer's kernels are started, and weights, gradients and moments are moved at the bandwidth
    that is reached. Not counted: activations, further passes over micro-batches, and layers that
    gradient checkpointing runs again.
    """
    started = one.shape.layers * LAYER_SECONDS[one.method]
    moved = _STEP_BYTES[one.method] * one.shape.total_parameters
    bandwidth = hardware.bandwidth_bytes_per_second * achieved.bandwidth_share
    return started + moved / bandwidth


def training_seconds(
    hardware: Hardware,
    *,
    flops: float,
    steps: OptimizerSteps | None,
    achieved: Achieved = ASSUMED,
    share: float = TRAINING_SHARE,
) -> float:
    """Seconds of a training on one device; by its FLOPs alone where the steps are not known.

    Raises InputError where the device has no peak in 16 bits.
    """
    multiplied = flops / (hardware.peak(TRAINING_DTYPE) * share)
    if steps is None:
        return multiplied
    return max(multiplied, steps.steps * step_seconds(steps, hardware, achieved))
