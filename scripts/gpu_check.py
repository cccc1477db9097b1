"""Whether training and answering are right on this machine's GPU, and how fast they are.

    python scripts/gpu_check.py --out gpu.json

Trains and asks a model of random weights in the shape of Qwen2.5-0.5B through the project's own
trainer, decoder, memory plan, FLOPs, roofline and meters, and prints one JSON object; progress goes
to standard error. `--out` is written after every check. A check that fails says why, and the others
still run; a check for which too little is left of `--seconds-limit` is skipped. The exit code is 1
where a check failed.

It needs torch, transformers, peft, accelerate, numpy and safetensors, no network, and of the
project this repository: neither pydantic nor dvc nor mlflow. Where nvidia-ml-py, flash-attn or
bitsandbytes are missing, what needs them is skipped with that reason. About 7 minutes on an H100;
without a GPU use `--shape tiny`, which also checks the script itself.
"""

import argparse
import gc
import importlib
import importlib.metadata
import json
import math
import os
import platform
import shutil
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

_STARTED = time.monotonic()
_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / "scripts")]
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from breakeven.core.errors import BreakevenError  # noqa: E402
from breakeven.costs.architecture import Architecture  # noqa: E402
from breakeven.costs.ceiling import Ceiling, measured_ceiling  # noqa: E402
from breakeven.costs.devices import DeviceUsage, describe_device, metered  # noqa: E402
from breakeven.costs.dtypes import BYTES, Dtype, best_dtype  # noqa: E402
from breakeven.costs.exact import train_flops  # noqa: E402
from breakeven.costs.hardware import Hardware, hardware_table  # noqa: E402
from breakeven.costs.lora import Lora  # noqa: E402
from breakeven.costs.model_shapes import load_architecture  # noqa: E402
from breakeven.costs.roofline import ASSUMED, Achieved, Serving, pass_seconds  # noqa: E402
from breakeven.costs.serving_work import FORMATS, decode_work  # noqa: E402
from breakeven.models.loading import load_base, placed_base, torch_dtype  # noqa: E402
from breakeven.models.memory import TrainingPlan, training_memory  # noqa: E402
from breakeven.planning.serving_speed import BATCHES, LENGTHS  # noqa: E402
from breakeven.rendering import Example  # noqa: E402

# `training` of params.yaml with every value it can have: what the schema would have filled in.
TRAINING = json.loads("""{
 "method": "lora", "epochs": 1, "max_passes": 16, "batch_tokens": 4096, "batch_sequences": null,
 "micro_batch_tokens": null, "packing": false, "max_length": 4096, "learning_rate": 1e-3,
 "schedule": {"warmup_steps": 5, "decay_steps": 10, "floor": 0.1}, "weight_decay": 0.0,
 "adam_betas": [0.9, 0.95], "max_gradient_norm": 1.0,
 "lora": {"rank": 32, "alpha": 64.0, "dropout": 0.0}, "gradient_checkpointing": false,
 "checkpoint_steps": 100, "dtype": "auto", "threads": null, "launch": null
}""")
# Decodings of params.yaml likewise.
GREEDY = json.loads("""{
 "temperature": 0.0, "top_p": 1.0, "top_k": null, "min_p": null, "repetition_penalty": null,
 "presence_penalty": null, "frequency_penalty": null, "samples": 1, "seed": 0
}""")
SAMPLED = {
    **GREEDY,
    **{"temperature": 0.8, "top_p": 0.95, "top_k": 40, "min_p": 0.01, "repetition_penalty": 1.1},
}


class FullMemory(NamedTuple):
    """A step and a batch that are too large for the bytes that the allocator may have."""

    bytes_for_training: int
    rows: int
    row_tokens: int
    bytes_for_answers: int
    prompts: int
    new_tokens: int


class Sizes(NamedTuple):
    """A model's configuration, and how much of each thing is done with it.

    `row_tokens` is the length of the rows of a full step of `step_tokens`; `lengths` are the least
    and the most tokens of other examples, `prompt_lengths` those of prompts. `served` are
    the models whose answers are timed against the roofline.
    """

    config: Mapping[str, Any]
    learning_rates: Mapping[str, float]
    curve_steps: int
    curve_tokens: int
    step_tokens: int
    row_tokens: int
    lengths: tuple[int, int]
    timed_steps: int
    prompt_lengths: tuple[int, int]
    batches: tuple[int, ...]
    new_tokens: int
    compared_rows: int
    compared_tokens: int
    energy_seconds: float
    copy_bytes: int
    served: Mapping[str, Mapping[str, Any]]
    served_batches: tuple[int, ...]
    full_memory: FullMemory


_QWEN2_5_0_5B = {
    "vocab_size": 151_936,
    "hidden_size": 896,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "intermediate_size": 4864,
}
_QWEN2_5_1_5B = {
    "vocab_size": 151_936,
    "hidden_size": 1536,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "intermediate_size": 8960,
}
_SMOLLM2_360M = {
    "vocab_size": 49_152,
    "hidden_size": 960,
    "num_hidden_layers": 32,
    "num_attention_heads": 15,
    "num_key_value_heads": 5,
    "intermediate_size": 2560,
}
_SMOLLM2_135M = {
    "vocab_size": 49_152,
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
}
_TINY = {
    "vocab_size": 512,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "initializer_range": 0.06,
}
SHAPES = {
    "0.5b": Sizes(
        config=_QWEN2_5_0_5B,
        learning_rates={"full": 2e-4, "lora": 5e-4, "qlora": 5e-4},
        curve_steps=40,
        curve_tokens=2048,
        step_tokens=4096,
        row_tokens=512,
        lengths=(64, 512),
        timed_steps=10,
        prompt_lengths=(96, 160),
        batches=(1, 64, 256),
        new_tokens=128,
        compared_rows=4,
        compared_tokens=16,
        energy_seconds=6.0,
        copy_bytes=2**31,
        served={
            "135m": _SMOLLM2_135M,
            "360m": _SMOLLM2_360M,
            "0.5b": _QWEN2_5_0_5B,
            "1.5b": _QWEN2_5_1_5B,
        },
        served_batches=BATCHES,
        full_memory=FullMemory(
            bytes_for_training=24 * 2**30,
            rows=64,
            row_tokens=1024,
            bytes_for_answers=6 * 2**30,
            prompts=2048,
            new_tokens=24,
        ),
    ),
    "tiny": Sizes(
        config=_TINY,
        learning_rates={"full": 1e-2, "lora": 2e-2, "qlora": 2e-2},
        curve_steps=10,
        curve_tokens=256,
        step_tokens=256,
        row_tokens=64,
        lengths=(16, 64),
        timed_steps=3,
        prompt_lengths=(40, 64),
        batches=(1, 4, 8),
        new_tokens=8,
        compared_rows=3,
        compared_tokens=12,
        energy_seconds=0.1,
        copy_bytes=2**25,
        served={"tiny": _TINY},
        served_batches=(1, 4),
        full_memory=FullMemory(2**30, 4, 64, 2**30, 4, 4),
    ),
}

# What there is to learn: few words, so that the loss falls within tens of steps from that of the
# whole vocabulary (11.9 nats of 152K) towards theirs (4.2).
_WORDS = 64
# What each comparison may differ by. Losses of bfloat16 against float32, before the first step and
# in the mean of the last quarter. Steps between are not judged: Adam's first are of the rate's size
# whatever the gradient's is, so that rounding turns small ones, and the curves part for a while.
CURVE_TOLERANCE_NATS = 0.1
# Gradients of the first step, ‖one − other‖ / ‖other‖ over all that is trained. A number rounded to
# 8 bits is off by 2^-9 at most; each layer adds some, there and back. A wrong one is off by 1.
GRADIENT_TOLERANCE = 0.1
LEARNT_NATS = 0.2
# Logits, ‖one − other‖ / ‖other‖: sums in another order, in each format, through all layers. What a
# wrong mask or position does is no smaller than half of them.
LOGITS_TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2}
# bfloat16's logits against float32's, as a share of their standard deviation.
ROUNDING_TOLERANCE = 0.05
# Two greedy tokens are a tie where float32's logits are no further apart than so many times the
# error that rounding makes at that very place.
TIE_ERRORS = 8.0
# Measured over predicted peak: what docs/students.md says of the plan.
MEMORY_TOLERANCE = 0.25
# Nothing runs faster than its floor, but for the spread of what the floor is made of.
FLOOR_TOLERANCE = 0.1
ENERGY_TOLERANCE = 0.1
# A step as the project cuts it over the same in one pass: five passes took 5.4 times as long.
CUT_TOLERANCE = 1.3
# What rounding to 4 bits may change of the loss before the first step, as a share.
FIRST_LOSS_TOLERANCE = 0.05


class SkippedError(Exception):
    """What a check needs is not here."""


class Bench:
    """What all checks share: the device, the base on disk, and what was measured once."""

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        self.sizes, self.base, self.scratch = sizes, folder / "base", folder / "scratch"
        self.scratch.mkdir()
        self.torch_device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.device = describe_device(str(self.torch_device))
        self.dtype: Dtype = best_dtype(self.device.kind)
        self._kept: dict[str, Any] = {}
        write_base(self.base, sizes.config, self.torch_device)
        self.architecture: Architecture = load_architecture(str(self.base))

    def once(self, name: str, measure: Callable[[], Any]) -> Any:  # noqa: ANN401
        """What `measure` gives, which two checks need."""
        if name not in self._kept:
            self._kept[name] = measure()
        return self._kept[name]

    @property
    def memory_bytes(self) -> float | None:
        """The memory of the GPU, None of a processor's."""
        if self.torch_device.type != "cuda":
            return None
        return float(torch.cuda.get_device_properties(0).total_memory)

    def ceiling(self, dtype: str) -> Ceiling:
        """The measured rate of matrix products."""
        return self.once(f"ceiling {dtype}", lambda: measured_ceiling(self.device, dtype))

    def bandwidth(self) -> float:
        """Bytes a second, read and written, of a copy within the device's memory."""
        return self.once("bandwidth", lambda: copy_bandwidth(self))


def write_base(folder: Path, shape: Mapping[str, Any], device: torch.device) -> None:
    """A base of random weights in bfloat16, as published ones are stored."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        **shape,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    torch.manual_seed(0)
    with device:
        model = Qwen2ForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder)


def make_examples(sizes: Sizes, count: int, lengths: tuple[int, int], seed: int) -> list[Example]:
    """Sequences that can be learnt: each token leads to one other, but for a tenth of noise."""
    draw = np.random.default_rng(seed)
    follows = np.random.default_rng(0).permutation(_WORDS)
    examples = []
    for length in draw.integers(lengths[0], lengths[1], count, endpoint=True):
        noise, tokens = draw.integers(0, _WORDS, length), [int(draw.integers(_WORDS))]
        for drawn, known in zip(noise[1:], draw.random(length - 1) > 0.1, strict=True):
            tokens.append(int(follows[tokens[-1]] if known else drawn))
        examples.append(Example(tuple(tokens), max(1, int(length) // 4)))
    return examples


def full_step(sizes: Sizes) -> list[list[Example]]:
    """A step of one pass that is as full as it can be: nothing padded, every token supervised."""
    rows = sizes.step_tokens // sizes.row_tokens
    length = sizes.row_tokens + 1  # the last token is learnt and not read
    made = make_examples(sizes, rows, (length, length), seed=1)
    return [[Example(one.input_ids, 1) for one in made]]


def planned_sizes(bench: Bench, batch_tokens: int) -> Any:  # noqa: ANN401
    """How the project cuts a step of LoRA in bfloat16 on this device."""
    from breakeven.train.pass_sizes import pass_sizes

    return pass_sizes(
        training_settings(bench.sizes, "lora", batch_tokens=batch_tokens),
        bench.architecture,
        kind=bench.device.kind,
        dtype="bfloat16",
        have_bytes=bench.memory_bytes,
    )


def cut_steps(
    bench: Bench, examples: Sequence[Example], batch_tokens: int
) -> list[list[list[Example]]]:
    """Optimizer steps as the project cuts them on this device, for LoRA in bfloat16."""
    from breakeven.train.batches import micro_batches, optimizer_steps
    from breakeven.train.pair_selection import Sample

    samples = [Sample(place, "ift") for place in range(len(examples))]
    lengths = [len(one.input_ids) for one in examples]
    sizes = planned_sizes(bench, batch_tokens)
    cut = []
    for step in optimizer_steps([samples], [lengths], batch_tokens=batch_tokens):
        rows = [examples[sample.pair] for sample in step.samples]
        batches = micro_batches([len(one.input_ids) for one in rows], sizes)
        cut.append([[rows[at] for at in batch] for batch in batches])
    return cut


def training_settings(sizes: Sizes, method: str, **training: object) -> Any:  # noqa: ANN401
    """The settings of a cell, as params.yaml would give them."""
    values: dict[str, Any] = {**TRAINING, **training}
    values["micro_batch_limit"] = values["micro_batch_tokens"] or values["batch_tokens"]
    values["schedule"] = SimpleNamespace(**values["schedule"])
    values["lora"] = SimpleNamespace(**values["lora"])
    return SimpleNamespace(
        method=method,
        learning_rate=sizes.learning_rates[method],
        lora=values["lora"],
        training=SimpleNamespace(**values),
    )


@contextmanager
def training_run(
    bench: Bench, method: str, dtype: Dtype, *, steps: int, **training: object
) -> Iterator[tuple[Any, Any]]:
    """A run of the project's trainer with its model on the device, and its output head's gate."""
    from accelerate.state import AcceleratorState

    from breakeven.train.losses import gated_head
    from breakeven.train.processes import make_accelerator
    from breakeven.train.schedule import fit_schedule
    from breakeven.train.trained_model import trainable_model
    from breakeven.train.trainer import TrainingRun

    free_memory()
    AcceleratorState._reset_state(reset_partial_state=True)  # the number format is fixed in it
    settings = training_settings(bench.sizes, method, dtype=dtype, **training)
    accelerator = make_accelerator(settings)
    model = trainable_model(bench.base, settings, device=accelerator.device, seed=0)
    run = TrainingRun(
        model,
        settings,
        fit_schedule(settings.training.schedule, steps),
        accelerator=accelerator,
        seed=0,
        scratch=bench.scratch,
    )
    try:
        with gated_head(model) as gate:
            run.allow_pieces(gate)
            yield run, gate
    finally:
        accelerator.free_memory()
        AcceleratorState._reset_state(reset_partial_state=True)  # the next run has another format
        del run, model, accelerator
        free_memory()


def free_memory() -> None:
    """Give back what no tensor holds, so that the next peak is its own."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def step_seconds(run: Any, gate: Any, step: Any, count: int) -> list[float]:  # noqa: ANN401
    """Seconds of a step, `count` times over; each reads its loss, and so waits for the device."""
    seconds = []
    for _ in range(count):
        before = time.perf_counter()
        run.take_step(step, gate)
        seconds.append(time.perf_counter() - before)
    return seconds


def timed(device: torch.device, call: Callable[[], object], repeats: int) -> float:
    """Median seconds of a call, by events on a GPU, after as many calls to warm up."""
    for _ in range(3):
        call()
    seconds = []
    for _ in range(repeats):
        if device.type == "cuda":
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            call()
            end.record()
            torch.cuda.synchronize()
            seconds.append(start.elapsed_time(end) / 1e3)
        else:
            before = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - before)
    return statistics.median(seconds)


def copy_bandwidth(bench: Bench) -> float:
    """Bytes a second of a copy that no cache holds, read and written ones together."""
    free_memory()
    source = torch.rand(bench.sizes.copy_bytes // 4, device=bench.torch_device)
    target = torch.empty_like(source)
    seconds = timed(bench.torch_device, lambda: target.copy_(source), 10)
    return 2 * bench.sizes.copy_bytes / seconds


def relative_error(one: Tensor, other: Tensor) -> float:
    """‖one − other‖ / ‖other‖; NaN stays NaN and is within no tolerance."""
    return float((one.double() - other.double()).norm() / other.double().norm())


def check_ceilings(bench: Bench) -> dict[str, Any]:
    """Rates that the others are measured against.

    H100: products up to 8192 × 8192 × 8192, 1.1 TFLOP at 45 TFLOP/s in float32, 6 times, and all
    smaller ones: 1 s. Copies of 2 GB, 13 times at 3 TB/s: 0.02 s. With first kernels: 5 s.
    """
    rates = {dtype: bench.ceiling(dtype).flops_per_second for dtype in ("float32", "bfloat16")}
    return {
        "matmul_flops_per_second": rates,
        "matrix_sizes": {dtype: bench.ceiling(dtype).matrix_size for dtype in rates},
        "copy_bytes_per_second": bench.bandwidth(),
        "passed": True,
    }


def check_loss_curves(bench: Bench) -> dict[str, Any]:
    """Training in bfloat16 has the gradients of float32, and ends as low, for LoRA and in full.

    H200: 41 steps of 3.4 passes, 4 times over, took 103 s, 0.15 s a pass, of which starting kernels
    are most; of one pass each, with the first gradients besides, 60 s.
    """
    sizes = bench.sizes
    wanted = sizes.curve_steps * sizes.curve_tokens
    examples = make_examples(sizes, 2 * wanted // sum(sizes.lengths), sizes.lengths, seed=2)
    steps = cut_steps(bench, examples, sizes.curve_tokens)
    rows = {}
    for method in ("lora", "full"):
        curves: dict[str, list[float]] = {}
        gradients = {}
        for dtype in ("float32", "bfloat16"):
            with training_run(bench, method, dtype, steps=len(steps)) as (run, gate):
                gradients[dtype] = step_gradient(run, gate, steps[0])
                for step in steps:
                    run.take_step(step, gate)
                curves[dtype] = run.curves.loss
        error = relative_error(gradients["bfloat16"], gradients["float32"])
        del gradients
        last = -(-len(steps) // 4)
        ends = {dtype: statistics.mean(curve[-last:]) for dtype, curve in curves.items()}
        end_difference = abs(ends["bfloat16"] - ends["float32"])
        pairs = zip(curves["bfloat16"], curves["float32"], strict=True)
        differences = [abs(half - single) for half, single in pairs]
        learnt = curves["float32"][0] - curves["float32"][-1]
        rows[method] = {
            "losses": curves,
            "gradient_error": error,
            "first_difference_nats": differences[0],
            "last_quarter_difference_nats": end_difference,
            "largest_difference_nats": max(differences),
            "mean_difference_nats": statistics.mean(differences),
            "learnt_nats": learnt,
            # Two flat curves would agree whatever the gradients are.
            "passed": error <= GRADIENT_TOLERANCE
            and max(differences[0], end_difference) <= CURVE_TOLERANCE_NATS
            and learnt >= LEARNT_NATS,
        }
    passes = statistics.mean(map(len, steps))
    precision = torch.get_float32_matmul_precision()  # "highest" is without tf32
    shared = {"steps": len(steps), "passes_per_step": passes, "float32_precision": precision}
    tolerance = {
        "tolerance_nats": CURVE_TOLERANCE_NATS,
        "gradient_tolerance": GRADIENT_TOLERANCE,
    }
    return {**shared, **tolerance, **rows, "passed": all(row["passed"] for row in rows.values())}


def step_gradient(run: Any, gate: Any, step: Any) -> Tensor:  # noqa: ANN401
    """The gradient that a step would begin with, of all that is trained, on the processor."""
    tokens = sum(len(one.input_ids) - one.labels_start for batch in step for one in batch)
    run._backward_step(step, tokens, gate)
    parts = [weight.grad.float().flatten().cpu() for weight in run.parameters.values()]
    run.optimizer.zero_grad()
    return torch.cat(parts)


def measure_training(bench: Bench, method: str, checkpointing: bool) -> dict[str, Any]:
    """Seconds and peak memory of full steps; speed and memory are read off one run."""
    sizes, dtype = bench.sizes, "bfloat16"
    step = full_step(sizes)
    lora = None if method == "full" else Lora(TRAINING["lora"]["rank"])
    reads = [len(one.input_ids) - 1 for one in step[0]]
    flops = train_flops(bench.architecture, reads, method, lora)
    with training_run(bench, method, dtype, steps=100, gradient_checkpointing=checkpointing) as (
        run,
        gate,
    ):
        step_seconds(run, gate, step, 3)
        with metered(bench.device) as meter:
            seconds = statistics.median(step_seconds(run, gate, step, sizes.timed_steps))
        losses = run.curves.loss
    plan = TrainingPlan(
        method=method,
        micro_batch_tokens=sum(reads),
        lora_rank=TRAINING["lora"]["rank"],
        gradient_checkpointing=checkpointing,
        compute_bytes=BYTES[dtype],
    )
    return {
        "seconds": seconds,
        "tokens": sum(reads),
        "flops": flops,
        "losses": losses,
        "usage": meter.usage,
        "predicted": training_memory(bench.architecture, plan),
    }


def measured_training(bench: Bench, method: str, checkpointing: bool = False) -> dict[str, Any]:
    """What `measure_training` gives, measured once."""
    name = f"training {method} {checkpointing}"
    return bench.once(name, lambda: measure_training(bench, method, checkpointing))


def measured_trainings(bench: Bench) -> Iterator[tuple[str, dict[str, Any]]]:
    """Full training and LoRA, without and with gradient checkpointing."""
    for method in ("full", "lora"):
        yield method, measured_training(bench, method)
        yield f"{method}, checkpointing", measured_training(bench, method, checkpointing=True)


def check_training_speed(bench: Bench) -> dict[str, Any]:
    """Tokens a second and utilisation of full steps in bfloat16, and what cutting a step costs.

    Measured on an H200: steps of 4096 tokens take 0.11 to 0.31 s, 13 of them and loading for 4
    trainings, and the cut steps of 0.9 s: 35 s.
    """
    ceiling = bench.ceiling("bfloat16").flops_per_second
    rows = {
        name: {
            "step_seconds": one["seconds"],
            "tokens_per_second": one["tokens"] / one["seconds"],
            "model_flops_per_second": one["flops"] / one["seconds"],
            "utilisation_of_ceiling": one["flops"] / one["seconds"] / ceiling,
        }
        for name, one in measured_trainings(bench)
    }
    # More than the ceiling would be a miscounted FLOP or a clock that did not wait.
    cut = cutting_costs(bench)
    passed = all(0 < row["utilisation_of_ceiling"] <= 1 for row in rows.values()) and cut["passed"]
    on_gpu = bench.device.kind == "cuda"
    return {
        "tokens_per_step": bench.sizes.step_tokens,
        **rows,
        "cut": cut,
        "passed": passed if on_gpu else True,
    }


def cutting_costs(bench: Bench) -> dict[str, Any]:
    """A step of examples of mixed lengths as the project cuts it, in one pass, and a pass alone.

    `pass_tokens` is what one more pass costs, in tokens of a full step: at least so much where
    starting kernels is all that a full step takes. `planned_pass_tokens` is what the project takes
    it to be. On a GPU that holds the step in one pass, its own cut must take about as long.
    """
    sizes = bench.sizes
    count = 2 * 2 * sizes.step_tokens // sum(sizes.lengths)
    examples = make_examples(sizes, count, sizes.lengths, seed=3)
    step = cut_steps(bench, examples, sizes.step_tokens)[0]
    planned = planned_sizes(bench, sizes.step_tokens)
    whole = [[one for batch in step for one in batch]]
    shortest = [[min(whole[0], key=lambda one: len(one.input_ids))]]
    padded = len(whole[0]) * max(len(one.input_ids) - 1 for one in whole[0])
    seconds = {}
    with training_run(bench, "lora", "bfloat16", steps=100) as (run, gate):
        for name, one in (("cut", step), ("whole", whole), ("shortest", shortest)):
            step_seconds(run, gate, one, 3)
            seconds[name] = statistics.median(step_seconds(run, gate, one, sizes.timed_steps))
    lora = measured_training(bench, "lora")
    plan = TrainingPlan("lora", padded, TRAINING["lora"]["rank"], compute_bytes=BYTES["bfloat16"])
    memory = bench.memory_bytes
    held = memory is not None and training_memory(bench.architecture, plan).total <= memory
    ratio = seconds["cut"] / seconds["whole"]
    return {
        "examples": len(whole[0]),
        "passes": len(step),
        "step_seconds": seconds["cut"],
        "step_seconds_in_one_pass": seconds["whole"],
        "step_over_one_pass": ratio,
        "tolerance": CUT_TOLERANCE,
        "padded_tokens_in_one_pass": padded,
        "planned_pass_limit": planned.limit,
        "shortest_step_seconds": seconds["shortest"],
        "layer_seconds": seconds["shortest"] / bench.architecture.layers,
        "pass_tokens": seconds["shortest"] / lora["seconds"] * lora["tokens"],
        "planned_pass_tokens": planned.pass_tokens,
        "passed": not held or ratio <= CUT_TOLERANCE,
    }


def check_training_memory(bench: Bench) -> dict[str, Any]:
    """The peak that was planned against the one that was measured, in the same trainings.

    H100: what the check of speed has measured, 0 s; 20 s alone.
    """
    if bench.device.kind != "cuda":
        raise SkippedError(
            "the peak of a training on a CPU is that of the process; "
            "tests/models/measure_memory.py measures it in one of its own"
        )
    rows = {}
    for name, one in measured_trainings(bench):
        measured = peak_bytes(one["usage"])
        ratio = measured / one["predicted"].total
        rows[name] = {
            "measured_bytes": measured,
            "predicted_bytes": one["predicted"].total,
            "predicted_parts": one["predicted"]._asdict(),
            "measured_over_predicted": ratio,
            "passed": abs(ratio - 1) <= MEMORY_TOLERANCE,
        }
    passed = all(row["passed"] for row in rows.values())
    return {"tolerance": MEMORY_TOLERANCE, **rows, "passed": passed}


def peak_bytes(usage: DeviceUsage) -> float:
    """The peak of a usage that has one."""
    assert usage.peak_memory_bytes.value is not None, usage.peak_memory_bytes.reason
    return usage.peak_memory_bytes.value


def check_adapter(bench: Bench) -> dict[str, Any]:
    """A trained adapter, saved and merged for answering, gives the logits that it was trained to.

    H100: two loadings of 3 s, 15 steps, 1 GB of weights to the processor and back: 12 s.
    """
    from breakeven.answer.cell_weights import cell_weights, copy_weights
    from breakeven.train.losses import collate, gated_head, gated_logits
    from breakeven.train.trained_model import save_trained

    sizes, dtype = bench.sizes, bench.dtype
    folder = bench.scratch / "adapter"
    batch = collate(make_examples(sizes, 4, sizes.lengths, seed=4)).to(bench.torch_device)
    step = full_step(sizes)
    with training_run(bench, "lora", dtype, steps=15) as (run, gate), torch.no_grad():
        with torch.enable_grad():
            step_seconds(run, gate, step, 15)
        run.model.eval()
        trained = gated_logits(run.model, batch, gate).cpu()
        save_trained(run.model, run.settings, folder)
    with placed_base(bench.base, device=bench.device.kind, dtype=dtype, threads=None) as model:
        base = copy_weights(model)
        with torch.no_grad():
            with gated_head(model) as gate:
                untrained = gated_logits(model, batch, gate).cpu()
            with (
                cell_weights(model, base, folder, "lora") as student,
                gated_head(student) as gate,
            ):
                merged = gated_logits(student, batch, gate).cpu()
        restored = all(torch.equal(one, base[name]) for name, one in copy_weights(model).items())
    error, effect = relative_error(merged, trained), relative_error(untrained, trained)
    tolerance = LOGITS_TOLERANCE[dtype]
    return {
        "dtype": dtype,
        "merged_error": error,
        "tolerance": tolerance,
        "effect_of_training": effect,
        "base_restored": restored,
        "passed": restored and error <= tolerance and effect > 2 * error,
    }


class Decoded(NamedTuple):
    """Tokens of each prompt, and median seconds to write all of them, and one."""

    tokens: list[list[int]]
    seconds: float
    first_seconds: float


def make_prompts(sizes: Sizes, count: int, shared: int = 0) -> list[list[int]]:
    """Prompts of random tokens and mixed lengths, which begin alike in `shared` tokens."""
    draw = np.random.default_rng(5)
    words = sizes.config["vocab_size"]
    beginning = draw.integers(0, words, shared).tolist()
    lengths = draw.integers(*sizes.prompt_lengths, count, endpoint=True)
    return [[*beginning, *draw.integers(0, words, length).tolist()] for length in lengths]


def project_tokens(
    model: Any,  # noqa: ANN401
    prompts: Sequence[Sequence[int]],
    limit: int,
    decoding: Mapping[str, Any] = GREEDY,
    *,
    first: int = 0,
    budget: Any = None,  # noqa: ANN401
) -> list[list[int]]:
    """Tokens by the project's decoder; row i is the sample `first` + i of its task."""
    from breakeven.decoding.decode import generate
    from breakeven.decoding.forcing import within_budget
    from breakeven.decoding.sampling import chooser

    names = [f"check/{first + row}/0" for row in range(len(prompts))]
    choose = chooser(SimpleNamespace(**decoding), names, limit, prompts)
    if budget is not None:
        choose = within_budget(choose, budget, len(prompts))
    made = generate(model, prompts, limit=limit, end_ids=(), choose=choose)
    return [one.ids for one in made]


def plain_tokens(model: Any, prompts: Sequence[Sequence[int]], limit: int) -> list[list[int]]:  # noqa: ANN401
    """Tokens by transformers' own greedy `generate`."""
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(one)) + list(one) for one in prompts])
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts])
    with torch.inference_mode():
        made = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            do_sample=False,
            max_new_tokens=limit,
            pad_token_id=0,
        )
    return [row[width:] for row in made.tolist()]


def decoded(write: Callable[[int], list[list[int]]], limit: int) -> Decoded:
    """Decode and time it: reading the tokens waits for the device."""
    write(2)
    seconds: dict[int, list[float]] = {limit: [], 1: []}
    tokens: list[list[int]] = []
    for _ in range(3):
        for count in (limit, 1):
            before = time.perf_counter()
            made = write(count)
            seconds[count].append(time.perf_counter() - before)
            tokens = made if count == limit else tokens
    return Decoded(tokens, *(statistics.median(seconds[count]) for count in (limit, 1)))


def measure_decoding(bench: Bench) -> dict[str, Any]:
    """Greedy answers of each batch by the project's decoder and by transformers' own."""
    sizes, found = bench.sizes, {}
    prompts = make_prompts(sizes, max(sizes.batches))
    with placed_base(
        bench.base, device=bench.device.kind, dtype=bench.dtype, threads=None
    ) as model:
        for batch in sizes.batches:
            rows = prompts[:batch]
            found[batch] = [
                decoded(lambda limit, rows=rows, by=by: by(model, rows, limit), sizes.new_tokens)
                for by in (project_tokens, plain_tokens)
            ]
        parted = [
            (prompts[row], *tokens)
            for batch in sizes.batches
            for row, tokens in enumerate(zip(*(one.tokens for one in found[batch]), strict=True))
            if tokens[0] != tokens[1]
        ]
        return {
            "prompts": prompts,
            "decoded": found,
            "partings": examine_partings(bench, model, parted[:32]),
        }


def examine_partings(bench: Bench, model: Any, rows: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401
    """Whether two decoders part only where float32 hardly tells the two tokens apart.

    Of each row, at the first token that differs: the gap of float32's logits between both tokens,
    over the error of the logits that `model` itself has there.
    """
    single = load_base(bench.base, torch.float32).to(bench.torch_device).eval()
    gaps, errors = [], []
    # Of one prompt at least: rounding is told, too, where nothing parts.
    seen = [(*row, _first_difference(row[1], row[2])) for row in rows]
    prompt = make_prompts(bench.sizes, 1)[0]
    with torch.inference_mode():
        for start, ours, theirs, place in [*seen, (prompt, [], [], 0)]:
            ids = torch.tensor([[*start, *ours[:place]]], device=bench.torch_device)
            exact, rounded = (one(ids).logits[0, -1].double() for one in (single, model))
            error = float((rounded - exact).square().mean().sqrt())
            errors.append(error / float(exact.std()))
            if ours:
                gap = float((exact[ours[place]] - exact[theirs[place]]).abs())
                # Sums in another order part what float32 calls a tie, too.
                gaps.append(gap / max(error, 1e-6 * float(exact.std())))
    return {
        "examined": len(gaps),
        "first_places": [place for *_, place in seen],
        "largest_gap_in_errors": max(gaps, default=0.0),
        "tie_tolerance_in_errors": TIE_ERRORS,
        "largest_rounding_error": max(errors),
        "rounding_tolerance": ROUNDING_TOLERANCE,
        "passed": max(gaps, default=0.0) <= TIE_ERRORS and max(errors) <= ROUNDING_TOLERANCE,
    }


def _first_difference(one: Sequence[int], other: Sequence[int]) -> int:
    return next(
        place for place, pair in enumerate(zip(one, other, strict=True)) if len({*pair}) > 1
    )


def check_decoding_speed(bench: Bench) -> dict[str, Any]:
    """Greedy tokens a second against plain `generate`, and the same tokens but for ties.

    H100: 24 layers start their kernels in 10 ms a token, whatever the batch: 129 tokens 1.3 s, 3
    times, 2 decoders, 3 batches: 24 s. Loading, and 33 passes in both formats: 10 s.
    """
    measured = bench.once("decoding", lambda: measure_decoding(bench))
    rows = {}
    for batch, (ours, plain) in measured["decoded"].items():
        count = batch * bench.sizes.new_tokens
        pairs = list(zip(ours.tokens, plain.tokens, strict=True))
        rows[f"batch {batch}"] = {
            "tokens_per_second": count / ours.seconds,
            "plain_tokens_per_second": count / plain.seconds,
            "ratio": plain.seconds / ours.seconds,
            "rows_alike": sum(one == other for one, other in pairs),
            "rows": len(pairs),
        }
    partings = measured["partings"]
    shared = {"dtype": bench.dtype, "new_tokens": bench.sizes.new_tokens}
    return {**shared, **rows, "partings": partings, "passed": partings["passed"]}


def check_decoding_tokens(bench: Bench) -> dict[str, Any]:
    """A batch in float32 on the device writes what the CPU writes row by row.

    Greedily, by a sampler with every cut, and held to a budget of thinking; prompts begin alike, so
    that their beginning is read once. H100: 4 rows × 16 tokens × 60 ms of a CPU, and prompts of 190
    tokens, three times: 20 s; loading twice 6 s.
    """
    from breakeven.decoding.budget import Budget
    from breakeven.rendering.encoding import ThinkMarks

    sizes = bench.sizes
    prompts = make_prompts(sizes, sizes.compared_rows, shared=32)
    budget = Budget(
        marks=ThinkMarks(1, 2),
        tokens=sizes.compared_tokens // 2,
        closing=(3, 2),
        asking=(4,),
        waiting=(5,),
        waits=1,
        opened=True,
    )
    ways: dict[str, dict[str, Any]] = {
        "greedy": {},
        "sampled": {"decoding": SAMPLED},
        "budget": {"decoding": SAMPLED, "budget": budget},
    }
    limit = sizes.compared_tokens
    with placed_base(bench.base, device=bench.device.kind, dtype="float32", threads=None) as model:
        batched = {way: project_tokens(model, prompts, limit, **more) for way, more in ways.items()}
    with placed_base(bench.base, device="cpu", dtype="float32", threads=None) as model:
        single = {
            way: [
                project_tokens(model, [prompt], limit, first=row, **more)[0]
                for row, prompt in enumerate(prompts)
            ]
            for way, more in ways.items()
        }
    alike = {
        way: sum(one == other for one, other in zip(batched[way], single[way], strict=True))
        for way in ways
    }
    closed = sum(2 in row[: budget.tokens] for row in batched["budget"])
    return {
        "rows": len(prompts),
        "rows_alike": alike,
        "rows_closed_in_budget": closed,
        "passed": {*alike.values(), closed} == {len(prompts)},
    }


def check_roofline(bench: Bench) -> dict[str, Any]:
    """Seconds of a step of decoding against its floor by bandwidth and peak, measured here.

    `layer_seconds` is the fixed time of a layer that explains what is above the floor. H100: what
    the check of decoding has measured, 0 s; 35 s alone.
    """
    measured = bench.once("decoding", lambda: measure_decoding(bench))
    here = Hardware(
        name=bench.device.name,
        memory_bytes=math.inf,
        bandwidth_bytes_per_second=bench.bandwidth(),
        peak_flops_per_second={bench.dtype: bench.ceiling(bench.dtype).flops_per_second},
        source="measured",
    )
    known = next((one for one in hardware_table() if one.name in bench.device.name), None)
    numbers, shape, steps = FORMATS[bench.dtype], bench.architecture, bench.sizes.new_tokens - 1
    rows = {}
    for batch, (ours, _) in measured["decoded"].items():
        context = statistics.mean(map(len, measured["prompts"][:batch]))
        work = decode_work(shape, numbers, batch=batch, context=context, steps=steps)
        floor = Serving(shape, here, numbers, achieved=Achieved(1.0, 1.0, 0.0))
        floor_seconds = pass_seconds(floor, work, steps) / steps
        seconds = (ours.seconds - ours.first_seconds) / steps
        assumed = known and pass_seconds(Serving(shape, known, numbers), work, steps) / steps
        rows[f"batch {batch}"] = {
            "step_seconds": seconds,
            "floor_seconds": floor_seconds,
            "measured_over_floor": seconds / floor_seconds,
            "layer_seconds": (seconds - floor_seconds) / shape.layers,
            "predicted_seconds_of_a_server": assumed,
        }
    # A small model on a CPU is read from caches, which are faster than memory.
    judged = bench.device.kind == "cuda"
    above = all(row["measured_over_floor"] >= 1 - FLOOR_TOLERANCE for row in rows.values())
    return {"server_shares": ASSUMED._asdict(), **rows, "passed": above or not judged}


def check_packing(bench: Bench) -> dict[str, Any]:
    """Packed rows give the logits of padded ones, and no sequence sees another.

    With sdpa in both formats, and with flash attention in bfloat16 where it is installed. H100: 2
    or 3 loadings of 3 s and passes over 4096 tokens of 30 ms, 60 of them: 12 s.
    """
    from breakeven.train.packing import packed_attention

    ways: list[tuple[Dtype, str]] = [("float32", "sdpa"), ("bfloat16", "sdpa")]
    flash = packed_attention(bench.torch_device, torch.bfloat16)
    rows: dict[str, Any] = {}
    if flash == "sdpa":
        rows["flash"] = {"absent": "flash-attn is not installed, or there is no GPU"}
    else:
        ways.append(("bfloat16", flash))
    for dtype, attention in ways:
        rows[f"{attention} {dtype}"] = packed_against_padded(bench, dtype, attention)
        free_memory()
    return {**rows, "passed": all(row.get("passed", True) for row in rows.values())}


def packed_against_padded(bench: Bench, dtype: Dtype, attention: str) -> dict[str, Any]:
    """Logits of the same examples packed and padded, and seconds of both passes."""
    from breakeven.train.losses import collate, collate_packed, gated_head, gated_logits
    from breakeven.train.packing import check_packing as check_isolation
    from breakeven.train.packing import uses_flash

    sizes, where = bench.sizes, bench.torch_device
    count = 2 * sizes.step_tokens // sum(sizes.lengths)
    examples = make_examples(sizes, count, sizes.lengths, seed=6)
    model = load_base(bench.base, torch_dtype(dtype)).to(where).eval()
    with gated_head(model) as gate, torch.no_grad():
        padded = collate(examples).to(where)
        wanted = gated_logits(model, padded, gate)
        padded_seconds = timed(where, lambda: gated_logits(model, padded, gate), 5)
        model.set_attn_implementation(attention)
        flash = uses_flash(model)
        packed = collate_packed(examples, flash=flash).to(where)
        error = relative_error(gated_logits(model, packed, gate), wanted)
        packed_seconds = timed(where, lambda: gated_logits(model, packed, gate), 5)
        vocabulary = sizes.config["vocab_size"]
        check_isolation(model, gate, vocabulary=vocabulary, flash=flash, device=where)
    return {
        "examples": count,
        "error": error,
        "tolerance": LOGITS_TOLERANCE[dtype],
        "padded_forward_seconds": padded_seconds,
        "packed_forward_seconds": packed_seconds,
        "passed": error <= LOGITS_TOLERANCE[dtype],
    }


def check_energy(bench: Bench) -> dict[str, Any]:
    """The project's meter against power, read ten times a second, times time.

    H100: matrix products for 2 s, until power is steady, and for 6 s: 8 s.
    """
    if bench.device.kind != "cuda":
        with metered(bench.device) as meter:
            time.sleep(bench.sizes.energy_seconds)
        reason = meter.usage.energy_joules.reason
        raise SkippedError(
            f"power is read through NVML, which needs a GPU; {reason or ''}".rstrip("; ")
        )
    power = power_reader(bench)
    left = torch.rand(4096, 4096, device=bench.torch_device).to(torch.bfloat16)

    def multiply(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for _ in range(50):  # 10 ms, so that the queue stays short
                torch.mm(left, left)
            torch.cuda.synchronize()

    multiply(2.0)
    with sampled(power, 0.1) as samples, metered(bench.device) as meter:
        multiply(bench.sizes.energy_seconds)
    joules, seconds = meter.usage.energy_joules, meter.usage.device_seconds
    if joules.value is None:
        raise SkippedError(str(joules.reason))
    watts = statistics.mean(samples)
    ratio = joules.value / (watts * seconds)
    return {
        "joules": joules.value,
        "seconds": seconds,
        "mean_watts": watts,
        "power_samples": len(samples),
        "energy_over_power_times_time": ratio,
        "tolerance": ENERGY_TOLERANCE,
        "passed": abs(ratio - 1) <= ENERGY_TOLERANCE,
    }


def power_reader(bench: Bench) -> Callable[[], float]:
    """What reads the board's power in watts."""
    try:
        import pynvml
    except ImportError as error:
        raise SkippedError("NVML is not installed (nvidia-ml-py)") from error
    pynvml.nvmlInit()
    uuid = f"GPU-{torch.cuda.get_device_properties(bench.device.index).uuid}"
    handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
    return lambda: pynvml.nvmlDeviceGetPowerUsage(handle) / 1e3


@contextmanager
def sampled(read: Callable[[], float], every_seconds: float) -> Iterator[list[float]]:
    """What `read` gives while the block runs, at even intervals."""
    samples: list[float] = []
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(every_seconds):
            samples.append(read())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


def check_nf4(bench: Bench) -> dict[str, Any]:
    """A QLoRA training: finite, near the loss of LoRA at first, within the planned memory.

    H100: loading, rounding 0.36e9 weights, 13 steps of 0.15 s: 8 s; LoRA's, if not yet run, 5 s.
    """
    try:
        importlib.import_module("bitsandbytes")
    except ImportError as error:
        raise SkippedError("bitsandbytes is not installed") from error
    lora, found = measured_training(bench, "lora"), measured_training(bench, "qlora")
    shift = abs(found["losses"][0] / lora["losses"][0] - 1)
    row: dict[str, Any] = {
        "losses": found["losses"],
        "losses_of_lora": lora["losses"],
        "first_loss_shift": shift,
        "step_seconds": found["seconds"],
        "step_seconds_of_lora": lora["seconds"],
        "predicted_bytes": found["predicted"].total,
    }
    passed = shift <= FIRST_LOSS_TOLERANCE and found["losses"][-1] < found["losses"][0]
    if bench.device.kind == "cuda":
        row["measured_bytes"] = peak_bytes(found["usage"])
        ratio = row["measured_bytes"] / row["predicted_bytes"]
        passed = passed and abs(ratio - 1) <= MEMORY_TOLERANCE
    return {**row, "passed": passed}


def check_serving(bench: Bench) -> dict[str, Any]:
    """Predicted against measured seconds of answers, over sizes, batches and lengths.

    The numbers of the roofline are fitted to the batches that `breakeven plan --calibrate` times
    and judged on others, as scripts/serving_speed.py does it on a CPU. H200: 114 layers of the four
    models, 0.15 ms a token each, 720 tokens to fit and 552 to judge, twice: 45 s; the first tokens
    and 144 records: 30 s; models of 5 GB to make, write and load: 20 s.
    """
    try:
        importlib.import_module("scipy")
    except ImportError as error:
        raise SkippedError("the roofline is fitted by scipy, which is not installed") from error
    from breakeven.costs.measured_hardware import measured_hardware
    from breakeven.planning.serving_speed import timed_answers
    from serving_speed import JUDGED_BATCHES, JUDGED_LENGTHS, judged_answers

    sizes, seen, judged = bench.sizes, [], []
    for name, shape in sizes.served.items():
        folder = bench.scratch / f"served-{name}"
        write_base(folder, shape, bench.torch_device)
        free_memory()
        timed = partial(
            timed_answers,
            folder,
            device=bench.device.kind,
            dtype=bench.dtype,
            threads=1,
            repeats=1,
        )
        seen += timed(batches=sizes.served_batches, lengths=LENGTHS)
        judged += timed(batches=JUDGED_BATCHES, lengths=JUDGED_LENGTHS)
        shutil.rmtree(folder)
    hardware = measured_hardware(bench.device, bench.dtype, math.inf, 1)
    found = judged_answers(seen, judged, hardware, FORMATS[bench.dtype])
    for row in found["answers"]:
        row["model"] = Path(row["model"]).parent.name.removeprefix("served-")
    # A machine that does other work besides, or answers of milliseconds, say nothing.
    passed = found["within_a_quarter"] == found["judged"] or bench.device.kind != "cuda"
    return {**found, "passed": passed}


def check_out_of_memory(bench: Bench) -> dict[str, Any]:
    """A step and a batch for which memory does not suffice are done in parts, with the same result.

    The allocator is given less than the device has, and raises what it raises when all is used.
    H100: 65,000 tokens of a step in passes, three times: 10 s; 2,048 answers of 24 tokens, twice in
    parts: 15 s; loading 6 s.
    """
    if bench.device.kind != "cuda":
        raise SkippedError(
            "the allocator of a CPU has no limit; tests/train and tests/decoding limit the process"
        )
    rows = {"training": halved_training(bench), "answers": halved_answers(bench)}
    return {**rows, "passed": all(row["passed"] for row in rows.values())}


@contextmanager
def memory_limit(bytes_: int) -> Iterator[None]:
    """What the allocator may have of the device's memory, what it has already included."""
    free_memory()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(bytes_ / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        free_memory()


def halved_training(bench: Bench) -> dict[str, Any]:
    """Losses of two steps in passes that fit by planning, and in one pass that does not."""
    full = bench.sizes.full_memory
    length = (full.row_tokens, full.row_tokens)
    examples = make_examples(bench.sizes, full.rows, length, seed=7)
    found: dict[str, Any] = {}
    for name, part in (("planned", 4), ("halved", full.rows)):
        step = [examples[start : start + part] for start in range(0, full.rows, part)]
        with (
            training_run(bench, "full", "bfloat16", steps=10) as (run, gate),
            memory_limit(full.bytes_for_training),
        ):
            for _ in range(2):
                run.take_step(step, gate)
            found[name] = {"losses": run.curves.loss, "halvings": run.curves.halvings}
    pairs = zip(found["planned"]["losses"], found["halved"]["losses"], strict=True)
    difference = max(abs(one - other) for one, other in pairs)
    halved = [len(found[name]["halvings"]) for name in ("planned", "halved")]
    return {
        **found,
        "largest_difference_nats": difference,
        "tolerance_nats": CURVE_TOLERANCE_NATS,
        "passed": difference <= CURVE_TOLERANCE_NATS and halved[0] == 0 and halved[1] > 0,
    }


def halved_answers(bench: Bench) -> dict[str, Any]:
    """Answers of a batch that does not fit, beside those of the same rows a few at a time."""
    from breakeven.decoding.memory_room import MemoryRoom, generate_in_room
    from breakeven.decoding.sampling import chooser

    full = bench.sizes.full_memory
    prompts = make_prompts(bench.sizes, full.prompts)

    def choose_for(places: Sequence[int]) -> Any:  # noqa: ANN401
        names = [f"check/{place}/0" for place in places]
        rows = [prompts[place] for place in places]
        return chooser(SimpleNamespace(**GREEDY), names, full.new_tokens, rows)

    halvings: list[list[int]] = []
    with placed_base(
        bench.base, device=bench.device.kind, dtype=bench.dtype, threads=None
    ) as model:
        with memory_limit(full.bytes_for_answers):
            made = generate_in_room(
                model,
                prompts,
                MemoryRoom("answering.batch_size"),
                limit=full.new_tokens,
                end_ids=(),
                choose_for=choose_for,
                halvings=halvings,
            )
        few = project_tokens(model, prompts[:64], full.new_tokens)
        tokens = [one.ids for one in made]
        parted = [
            (prompts[row], *pair)
            for row, pair in enumerate(zip(tokens[:64], few, strict=True))
            if pair[0] != pair[1]
        ]
        partings = examine_partings(bench, model, parted[:32])
    whole = all(len(one) == full.new_tokens for one in tokens)
    return {
        "prompts": len(prompts),
        "halvings": len(halvings),
        "all_answered": whole,
        "partings": partings,
        "passed": whole and halvings != [] and partings["passed"],
    }


class Check(NamedTuple):
    """A check and the seconds that it takes on an H100 by the arithmetic of its docstring."""

    run: Callable[[Bench], dict[str, Any]]
    expected_seconds: float


# In the order of what is most wanted, should time run out. With 30 s for imports, the base and the
# first kernels: 7 minutes.
CHECKS = {
    "ceilings": Check(check_ceilings, 5),
    "loss_curves": Check(check_loss_curves, 60),
    "training_speed": Check(check_training_speed, 40),
    "training_memory": Check(check_training_memory, 1),
    "decoding_speed": Check(check_decoding_speed, 35),
    "roofline": Check(check_roofline, 1),
    "packing": Check(check_packing, 12),
    "decoding_tokens": Check(check_decoding_tokens, 26),
    "adapter": Check(check_adapter, 12),
    "energy": Check(check_energy, 8),
    "nf4": Check(check_nf4, 12),
    "out_of_memory": Check(check_out_of_memory, 35),
    "serving": Check(check_serving, 90),
}


def run_check(check: Check, bench: Bench, seconds_left: float) -> dict[str, Any]:
    """What a check found, or why it was skipped or broke off."""
    if seconds_left < check.expected_seconds:
        reason = f"{seconds_left:.0f} s are left, it takes {check.expected_seconds:g}"
        return {"status": "skipped", "reason": reason}
    started = time.monotonic()
    try:
        found = check.run(bench)
        status = {"status": "passed" if found.pop("passed") else "failed"}
    except SkippedError as error:
        status, found = {"status": "skipped", "reason": str(error)}, {}
    except Exception as error:  # whatever it is, the other checks are to run
        traceback.print_exc()
        status, found = {"status": "failed", "reason": _reason(error)}, {}
    free_memory()
    return {**status, "seconds": time.monotonic() - started, **found}


def _reason(error: Exception) -> str:
    """What to tell of an error, with the last line of this repository that it came through."""
    if isinstance(error, BreakevenError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    here = [one for one in frames if Path(one.filename).is_relative_to(_ROOT)]
    own = [one for one in here if "site-packages" not in one.filename]
    last = (own or frames)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"


def machine() -> dict[str, Any]:
    """The device and what runs on it."""
    names = ("torch", "transformers", "peft", "accelerate", "numpy", "safetensors", "bitsandbytes")
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in (*names, "flash-attn", "nvidia-ml-py")},
        "cuda": torch.version.cuda,
        "driver": None,
    }
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found["memory_bytes"] = properties.total_memory
        found["capability"] = [properties.major, properties.minor]
        found["driver"] = _driver()
    return found


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _driver() -> str | None:
    try:
        import pynvml

        pynvml.nvmlInit()
        return str(pynvml.nvmlSystemGetDriverVersion())
    except Exception as error:  # a missing driver's name must stop nothing
        print(f"driver: {_reason(error)}", file=sys.stderr, flush=True)
        return None


def checked(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all checks that were asked for; the report, which is also written after each."""
    report: dict[str, Any] = {"shape": given.shape, **machine(), "checks": {}}
    bench = Bench(SHAPES[given.shape], folder)
    report["device"] = bench.device.name
    report["parameters"] = bench.architecture.total_parameters
    report["setup_seconds"] = time.monotonic() - _STARTED
    for name in given.only or CHECKS:
        left = given.seconds_limit - (time.monotonic() - _STARTED)
        print(f"{name} …", file=sys.stderr, flush=True)
        found = run_check(CHECKS[name], bench, left)
        report["checks"][name] = found
        why = f": {found['reason']}" if "reason" in found else ""
        seconds = found.get("seconds", 0.0)
        print(f"{name}: {found['status']} in {seconds:.1f} s{why}", file=sys.stderr, flush=True)
        statuses = [one["status"] for one in report["checks"].values()]
        report["passed"] = "failed" not in statuses
        report["skipped"] = {
            name: one["reason"]
            for name, one in report["checks"].items()
            if one["status"] == "skipped"
        }
        report["seconds"] = time.monotonic() - _STARTED
        if given.out is not None:
            given.out.write_text(as_json(report), encoding="utf-8")
    return report


def as_json(report: Mapping[str, Any]) -> str:
    """The report as JSON, in which what is no number is null."""
    return json.dumps(_finite(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main() -> None:
    """Check, print, and say by the exit code whether anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="0.5b")
    parser.add_argument("--only", action="append", choices=CHECKS, help="may be given again")
    parser.add_argument("--seconds-limit", type=float, default=560.0, help="of the whole command")
    parser.add_argument("--out", type=Path, help="a file, written after every check")
    given = parser.parse_args()
    if given.out is not None:
        given.out = given.out.resolve()
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # ceilings are kept in the working directory: none of another day counts
        try:
            report = checked(given, Path(folder))
        finally:
            os.chdir(_ROOT)
    print(as_json(report), end="", flush=True)
    sys.exit(0 if report["passed"] else 1)


if __name__ == "__main__":
    main()
