"""Whether a student fits into this machine's memory, asked before anything is downloaded."""

import sys
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import MachineError
from breakeven.costs.architecture import Architecture
from breakeven.costs.dtypes import BYTES, Dtype, best_dtype, chosen_dtype
from breakeven.models.disk_space import gigabytes
from breakeven.models.memory import (
    Memory,
    TrainingPlan,
    answering_memory,
    fitting_changes,
    training_memory,
)
from breakeven.models.pass_plans import pass_plan
from breakeven.params import Params
from breakeven.params.cells import cells, resolve_cell
from breakeven.params.launch_file import read_launch_file

# No machine that runs a study has less: a student that needs less is not worth asking a GPU for.
_SMALL_BYTES = 2e9
_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


class DeviceMemory(NamedTuple):
    """What a device is called in messages, its memory in bytes, the dtype it is made for."""

    name: str
    total_bytes: float
    dtype: Dtype


def training_plans(params: Params, student: str, *, best: Dtype) -> dict[str, TrainingPlan]:
    """The memory plan of each arm that trains a student, by the arm's name.

    `best` is the dtype that the device is made for.

    Raises:
        InputError: there is no such student, or `training.launch` cannot be read.
    """
    training = params.training
    plans = {}
    for cell in cells(params, student=student):
        settings = resolve_cell(params, cell).training
        if settings is not None:
            plans[cell.arm] = pass_plan(
                settings,
                compute_bytes=BYTES[chosen_dtype(training.dtype, best)],
                shards=_shards(training.launch),
            )
    return plans


def require_memory(
    params: Params, student: str, shape: Architecture | str, device: DeviceMemory | None = None
) -> None:
    """Check that every arm of a student can be trained, and one answer written, on a device.

    Says so where it cannot be told, as `shape` is why it is not known. `device` is this machine's
    own if None: what trains by `training.launch`, and what answers, may be two. The training that
    needs most speaks for all.

    Raises:
        MachineError: it cannot; the message says need, have, and which changes would fit.
    """
    if isinstance(shape, str):
        print(f"{student}: its memory was not reckoned: {shape}", file=sys.stderr, flush=True)
        return
    # Asked of the dearest number format first, so that a small student imports no PyTorch for it.
    plans = training_plans(params, student, best="float32")
    needs = [training_memory(shape, plan).total for plan in plans.values()]
    if max([*needs, _one_answer(params, shape, 4).total]) < _SMALL_BYTES:
        return
    if device is None and _trains_elsewhere(params.training.launch):
        print(
            f"{student}: its memory was not reckoned: training.launch takes GPUs of several "
            "machines and this one has none; they reckon when they train",
            file=sys.stderr,
            flush=True,
        )
        return
    trains = device or _training_device(params.training.launch)
    plans = training_plans(params, student, best=trains.dtype)
    for name, plan in plans.items():
        _require_training(student, name, shape, plan, trains)
    _require_answer(params, student, shape, device or this_device())


def require_pretraining_memory(student: str, shape: Architecture, batch_tokens: int) -> None:
    """Check that a base can be trained from nothing in the memory of this machine.

    Raises:
        MachineError: it cannot; the message says need and have.
    """
    need_bytes = training_memory(shape, TrainingPlan("full", batch_tokens)).total
    have_bytes = system_bytes()
    if need_bytes > max(_SMALL_BYTES, have_bytes):
        raise MachineError(
            f"params.yaml: students.{student}.base: training {shape.total_parameters:,} parameters "
            f"from nothing needs {gigabytes(need_bytes)}, this machine has {gigabytes(have_bytes)}"
            "; use fewer layers or a smaller hidden and intermediate"
        )


def this_device() -> DeviceMemory:
    """The GPU that PyTorch would use, or the memory of the machine (or of its container)."""
    import torch

    if torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        return DeviceMemory(found.name, float(found.total_memory), best_dtype("cuda"))
    return DeviceMemory("this machine without a GPU", system_bytes(), best_dtype("cpu"))


def _training_device(launch: str | None) -> DeviceMemory:
    """What one process of a training has here: its share of the machine, where none uses a GPU."""
    given = None if launch is None else read_launch_file(Path(launch))
    if given is None or not given.uses_cpu:
        return this_device()
    each = given.processes_each
    name = f"each of {each} processes on this machine's CPUs"
    return DeviceMemory(name, system_bytes() / each, best_dtype("cpu"))


def _require_training(
    student: str, arm: str, shape: Architecture, plan: TrainingPlan, device: DeviceMemory
) -> None:
    memory = training_memory(shape, plan)
    if memory.total <= device.total_bytes:
        return
    parts = ", ".join(
        f"{name} {gigabytes(part)}" for name, part in memory._asdict().items() if part
    )
    ways = fitting_changes(shape, plan, device.total_bytes)
    use = " or ".join(f"{words} ({gigabytes(need.total)})" for words, need in ways)
    raise MachineError(
        f"params.yaml: students.{student}: training arm {arm} ({plan.method}, "
        f"{plan.micro_batch_tokens} tokens a pass) needs {gigabytes(memory.total)} ({parts}), "
        f"{device.name} has {gigabytes(device.total_bytes)}; use "
        f"{use or 'a smaller student or a larger device'}"
    )


def _require_answer(
    params: Params, student: str, shape: Architecture, device: DeviceMemory
) -> None:
    answering = params.answering
    size = BYTES[chosen_dtype(answering.dtype, device.dtype)]
    # Weights and cache are divided among the devices of one server; copies of it divide nothing.
    split = answering.server.tensor_parallel if answering.engine == "vllm" else 1
    need_bytes = _one_answer(params, shape, size).total / split
    if need_bytes > device.total_bytes:
        raise MachineError(
            f"params.yaml: students.{student}: one answer of {answering.longest} tokens "
            f"needs {gigabytes(need_bytes)}, {device.name} has {gigabytes(device.total_bytes)}; "
            "use engine vllm with a higher answering.server.tensor_parallel, or a smaller student"
        )


def _one_answer(params: Params, shape: Architecture, number_bytes: int) -> Memory:
    """The least that answering takes: engines make batches smaller, but no answer shorter."""
    return answering_memory(
        shape,
        sequences=1,
        tokens=params.answering.longest,
        weight_bytes=number_bytes,
        cache_bytes=number_bytes,
    )


def _shards(launch: str | None) -> int:
    """How many devices FSDP divides a model among, over all machines."""
    if launch is None:
        return 1
    given = read_launch_file(Path(launch))
    return given.processes if given.sharded else 1


def _trains_elsewhere(launch: str | None) -> bool:
    """Whether GPUs of several machines train together, and this one has none."""
    import torch

    if launch is None or torch.cuda.is_available():
        return False
    given = read_launch_file(Path(launch))
    return given.machines > 1 and not given.uses_cpu


def system_bytes() -> float:
    """The memory of this machine, or of its container."""
    import psutil

    total = float(psutil.virtual_memory().total)
    if _MEMORY_LIMIT.is_file():
        # Of the container; the word `max` where there is none.
        limit = _MEMORY_LIMIT.read_text(encoding="ascii").strip()
        total = min(total, float(limit)) if limit.isdigit() else total
    return total
