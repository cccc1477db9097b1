"""Where cells run, and what they take there: cores and GPUs by params.yaml, memory by records."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.models.disk_space import gigabytes
from breakeven.models.memory_check import system_bytes
from breakeven.params import (
    Params,
    ScratchBase,
    TransformersTeacher,
    VllmTeacher,
)
from breakeven.running.cell import Cell
from breakeven.running.expected_memory import expected_memory_bytes
from breakeven.running.schedule import Need, Room


class Node(NamedTuple):
    """A machine that runs cells: what messages call it, its cores, GPUs and bytes of memory."""

    name: str
    cores: int
    devices: int
    memory_bytes: float


def this_node(devices: int) -> Node:
    """This machine, with so many GPUs and the memory that is free now."""
    import psutil

    free = min(float(psutil.virtual_memory().available), system_bytes())
    return Node("this machine", cores_here(), devices, free)


class Places:
    """Which node a cell begins on, and what runs where."""

    def __init__(
        self,
        params: Params,
        cells: Iterable[Cell],
        nodes: Sequence[Node],
        *,
        jobs: int | None = None,
    ) -> None:
        """The cells that are due, on the nodes that there are when the run begins.

        Raises:
            InputError: more `jobs` than the GPUs or the memory allow, or no node has enough GPUs.
        """
        self._jobs = jobs
        self._devices_each = devices_each(params)
        self._with_devices = any(node.devices for node in nodes)
        self._cores = {cell.name: cores_of(params, cell) for cell in cells}
        self._memory = {cell.name: expected_memory_bytes(params, cell) for cell in cells}
        self._on: dict[str, str] = {}
        self._running: dict[str, list[str]] = defaultdict(list)
        self._nodes: Mapping[str, Node] = {}
        self._all_cores, self._places = 0, 0
        # Needs that found no place since one was last free: what needs as much finds none either.
        self._too_much: set[tuple[float, float]] = set()
        if self._with_devices:
            self._require_devices(nodes)
        elif jobs is not None:
            self._require_memory(sum(node.memory_bytes for node in nodes), jobs)

    def find(self, nodes: Mapping[str, Node], name: str) -> str | None:
        """The node that has room for a cell and the most left of it; None where none has."""
        if nodes is not self._nodes:
            self._nodes = nodes
            self._too_much.clear()
            # A node with GPUs may join a cluster whose head has none.
            self._with_devices |= any(node.devices for node in nodes.values())
            self._all_cores = sum(node.cores for node in nodes.values())
            self._places = sum(self._room(node).cells or node.cores for node in nodes.values())
        if self._jobs is not None and len(self._on) >= self._jobs:
            return None
        needs = (self._cores[name] or inf, self._memory[name])
        if any(needs[0] >= cores and needs[1] >= memory for cores, memory in self._too_much):
            return None
        fitting = [
            node
            for node, row in nodes.items()
            if self._room(row).has_place(
                [self._need(cell, row) for cell in self._running[node]], self._need(name, row)
            )
        ]
        if not fitting:
            self._too_much.add(needs)
            return None
        return min(fitting, key=lambda node: self._load(nodes[node], self._running[node]))

    def take(self, name: str, node: str) -> None:
        """A cell begins on a node."""
        self._on[name] = node
        self._running[node].append(name)

    def leave(self, name: str) -> None:
        """A cell runs no longer."""
        self._running[self._on.pop(name)].remove(name)
        self._too_much.clear()

    def share(self, name: str) -> float:
        """The share that a cell takes of all places."""
        if self._with_devices or self._jobs is not None:
            return 1 / max(1, min(self._places, self._jobs or self._places))
        return min(1.0, (self._cores[name] or cores_here()) / max(1, self._all_cores))

    def _room(self, node: Node) -> Room:
        if self._with_devices:
            return Room(node.devices // (self._devices_each or max(1, node.devices)), None)
        if self._jobs is not None:
            return Room(None, None)
        return Room(None, node.cores, node.memory_bytes)

    def _need(self, name: str, node: Node) -> Need:
        return Need(self._cores[name] or node.cores, self._memory[name])

    def _load(self, node: Node, running: Sequence[str]) -> float:
        if self._with_devices:
            return len(running) / node.devices
        return sum(self._need(name, node).cores for name in running) / max(1, node.cores)

    def _require_devices(self, nodes: Sequence[Node]) -> None:
        devices = sum(node.devices for node in nodes)
        places = sum(self._room(node).cells or 0 for node in nodes)
        each = self._devices_each or devices
        if not places:
            most = max(node.devices for node in nodes)
            raise InputError(
                f"params.yaml: a server's tensor_parallel × data_parallel: value is {each}; no "
                f"machine here has more than {most} GPUs; use {most} or fewer"
            )
        if self._jobs is not None and self._jobs > places:
            raise InputError(
                f"--jobs: value is {self._jobs}; there are {devices} GPUs and a cell takes {each}; "
                f"use {places} or fewer"
            )

    def _require_memory(self, have_bytes: float, jobs: int) -> None:
        needs = sorted(self._memory.values(), reverse=True)[:jobs]
        fitting = next(
            (count for count in range(len(needs)) if sum(needs[: count + 1]) > have_bytes),
            len(needs),
        )
        # One alone is refused, or not, by its own stage.
        if len(needs) > 1 and fitting < len(needs):
            raise InputError(
                f"--jobs: value is {jobs}; the {len(needs)} largest cells that are due take "
                f"{gigabytes(sum(needs))} of memory together, {gigabytes(have_bytes)} are free; "
                f"use {max(1, fitting)} or fewer"
            )


def cores_here() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores_of(params: Params, cell: Cell) -> int | None:
    """The cores that a cell computes on: its threads; None for all, where nothing bounds them."""
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
    return threads


def devices_each(params: Params) -> int | None:
    """GPUs that a cell may need at once; None for as many as there are."""
    if params.training.launch:
        return None
    servers = [params.answering.server] if params.answering.engine == "vllm" else []
    if isinstance(params.teacher, VllmTeacher):
        servers.append(params.teacher.server)
    needs = (server.tensor_parallel * server.data_parallel for server in servers)
    return max(needs, default=1)
