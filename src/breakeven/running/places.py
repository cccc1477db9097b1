"""What cells take of the machine: cores and GPUs, by what params.yaml says."""

import os

from breakeven.core.errors import InputError
from breakeven.params import (
    Params,
    ScratchBase,
    TransformersTeacher,
    VllmTeacher,
)
from breakeven.running.cell import Cell
from breakeven.running.schedule import Room


def cores_here() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores_of(params: Params, cell: Cell) -> int:
    """The cores that a cell computes on: its threads, all where nothing bounds them."""
    training, teacher = params.training, params.teacher
    threads: int | None = 1
    if cell.stage == "train":
        threads = None if training.launch else training.threads
    elif cell.stage == "answer":
        threads = params.answering.threads
    elif cell.stage == "base":
        if isinstance(params.students[cell.options["student"]].base, ScratchBase):
            threads = training.threads or 1
    elif cell.stage == "distill" and isinstance(teacher, TransformersTeacher):
        threads = teacher.threads
    elif cell.stage == "distill" and isinstance(teacher, VllmTeacher):
        threads = teacher.server.threads
    elif cell.stage == "score" and params.grading.judges:
        threads = None
    return threads or cores_here()


def devices_each(params: Params) -> int | None:
    """GPUs that a cell may need at once; None for as many as there are."""
    if params.training.launch:
        return None
    servers = [params.answering.server] if params.answering.engine == "vllm" else []
    if isinstance(params.teacher, VllmTeacher):
        servers.append(params.teacher.server)
    needs = (server.tensor_parallel * server.data_parallel for server in servers)
    return max(needs, default=1)


def room_for(jobs: int | None, *, devices: int, devices_each: int | None) -> Room:
    """How many cells run at once: as many as asked for, else a GPU each, else by their cores.

    Raises:
        InputError: more are asked for than there are GPUs for.
    """
    if not devices:
        return Room(jobs, None) if jobs else Room(cores_here(), cores_here())
    places = max(1, devices // (devices_each or devices))
    if jobs is not None and jobs > places:
        raise InputError(
            f"--jobs: value is {jobs}; there are {devices} GPUs here and a cell takes "
            f"{devices_each or devices}; use {places} or fewer"
        )
    return Room(jobs or places, None)
