"""Where cells run, and what they take there: cores and GPUs by params.yaml, memory by records."""

import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import inf
from pathlib import Path
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
from breakeven.params.launch_file import LaunchFile, read_launch_file
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
        cells: Collection[Cell],
        nodes: Sequence[Node],
        *,
        jobs: int | None = None,
    ) -> None:
        """The cells that are due, on the nodes that there are when the run begins.

        Raises:
            InputError: more `jobs` than the GPUs or the memory allow, no node has enough GPUs, or
                fewer nodes than train together have as many as they take.
        """
        self._jobs = jobs
        self._devices_each = devices_each(params)
        self._with_devices = any(node.devices for node in nodes)
        self._cores = {cell.name: cores_of(params, cell) for cell in cells}
        self._memory = {cell.name: expected_memory_bytes(params, cell) for cell in cells}
        self._together = together(params)
        self._wide = {cell.name for cell in cells if self._together and cell.stage == "train"}
        # Nodes that get nothing more until a cell that needs several has them.
        self._kept: frozenset[str] = frozenset()
        self._on: dict[str, tuple[str, ...]] = {}
        self._running: dict[str, list[str]] = defaultdict(list)
        self._nodes: Mapping[str, Node] = {}
        self._all_cores, self._places = 0, 0
        # Needs that found no place since one was last free: what needs as much finds none either.
        self._too_much: set[tuple[float, float]] = set()
        if self._with_devices:
            self._require_devices(nodes)
        elif jobs is not None:
            self._require_memory(sum(node.memory_bytes for node in nodes), jobs)
        if self._wide and (lack := self.lack(nodes)):
            raise InputError(lack)

    def find(self, nodes: Mapping[str, Node], name: str) -> tuple[str, ...]:
        """The nodes that a cell begins on, those with the most room left; none where it must wait.

        One node, or as many as train together: those have nothing else to do.
        """
        if nodes is not self._nodes:
            self._nodes = nodes
            self._too_much.clear()
            # A node with GPUs may join a cluster whose head has none.
            self._with_devices |= any(node.devices for node in nodes.values())
            self._all_cores = sum(node.cores for node in nodes.values())
            self._places = sum(self._room(node).cells or node.cores for node in nodes.values())
        if self._jobs is not None and len(self._on) >= self._jobs:
            return ()
        if self._together and name in self._wide:
            return self._find_several(nodes, self._together)
        needs = (self._cores[name] or inf, self._memory[name])
        if any(needs[0] >= cores and needs[1] >= memory for cores, memory in self._too_much):
            return ()
        fitting = [
            node
            for node, row in nodes.items()
            if node not in self._kept
            and self._room(row).has_place(
                [self._need(cell, row) for cell in self._running[node]], self._need(name, row)
            )
        ]
        if not fitting:
            self._too_much.add(needs)
            return ()
        return (min(fitting, key=lambda node: self._load(nodes[node], self._running[node])),)

    def _find_several(self, nodes: Mapping[str, Node], given: LaunchFile) -> tuple[str, ...]:
        fitting = [node for node, row in nodes.items() if _has_enough(row, given)]
        fitting.sort(key=lambda node: self._load(nodes[node], self._running[node]))
        chosen = tuple(fitting[: given.machines])
        self._too_much.clear()
        self._kept = frozenset()
        if len(chosen) < given.machines:
            return ()
        if any(self._running[node] for node in chosen):
            # Else others would take each as it becomes free, and these never all be.
            self._kept = frozenset(chosen)
            return ()
        return chosen

    def lack(self, nodes: Sequence[Node]) -> str | None:
        """Why no cell can train on several of these nodes together; None where it can."""
        given = self._together
        if given is None:
            return None
        fitting = sum(_has_enough(node, given) for node in nodes)
        if fitting >= given.machines:
            return None
        count = f"{len(nodes)} node{'s' if len(nodes) > 1 else ''}"
        if len(nodes) < given.machines:
            return (
                f"{given.path}: num_machines: value is {given.machines}; this run has {count}; use "
                f"--ray-address of a cluster of {given.machines} nodes, or 1"
            )
        each, what = given.processes_each, "cores" if given.uses_cpu else "GPUs"
        most = sorted((_units(node, given) for node in nodes), reverse=True)[given.machines - 1]
        fix = most * given.machines or "a configuration with use_cpu: true"
        return (
            f"{given.path}: num_processes: value is {given.processes}; that is {each} {what} on "
            f"each of {given.machines} nodes, and {fitting} of {count} have so many; use {fix}"
        )

    def take(self, name: str, nodes: Sequence[str]) -> None:
        """A cell begins on its nodes."""
        self._on[name] = tuple(nodes)
        for node in nodes:
            self._running[node].append(name)

    def leave(self, name: str) -> None:
        """A cell runs no longer."""
        for node in self._on.pop(name):
            self._running[node].remove(name)
        self._too_much.clear()

    def share(self, name: str) -> float:
        """The share that a cell takes of all places."""
        nodes = self._together.machines if self._together and name in self._wide else 1
        if self._with_devices or self._jobs is not None:
            return min(1.0, nodes / max(1, min(self._places, self._jobs or self._places)))
        return min(1.0, nodes * (self._cores[name] or cores_here()) / max(1, self._all_cores))

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
            # A training that asks for none may take a node without a GPU too.
            return len(running) / max(1, node.devices)
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


def together(params: Params) -> LaunchFile | None:
    """The configuration of trainings that take several machines each; None where they take one."""
    if params.training.launch is None:
        return None
    given = read_launch_file(Path(params.training.launch))
    return given if given.machines > 1 else None


def _units(node: Node, given: LaunchFile) -> int:
    return node.cores if given.uses_cpu else node.devices


def _has_enough(node: Node, given: LaunchFile) -> bool:
    return _units(node, given) >= given.processes_each


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
