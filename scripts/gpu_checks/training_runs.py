"""Runs of the project's own trainer: how it cuts steps, their seconds, their peak of memory."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from breakeven.costs.devices import DeviceUsage, metered
from breakeven.costs.dtypes import BYTES, Dtype
from breakeven.costs.exact import train_flops
from breakeven.costs.lora import Lora
from breakeven.models.memory import TrainingPlan, training_memory
from breakeven.rendering import Example
from gpu_checks.bench import Bench, free_memory
from gpu_checks.examples import full_step
from gpu_checks.settings import TRAINING, training_settings

# Measured over predicted peak: what docs/students.md says of the plan.
MEMORY_TOLERANCE = 0.25


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


def step_seconds(run: Any, gate: Any, step: Any, count: int) -> list[float]:  # noqa: ANN401
    """Seconds of a step, `count` times over; each reads its loss, and so waits for the device."""
    seconds = []
    for _ in range(count):
        before = time.perf_counter()
        run.take_step(step, gate)
        seconds.append(time.perf_counter() - before)
    return seconds


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


def peak_bytes(usage: DeviceUsage) -> float:
    """The peak of a usage that has one."""
    assert usage.peak_memory_bytes.value is not None, usage.peak_memory_bytes.reason
    return usage.peak_memory_bytes.value
