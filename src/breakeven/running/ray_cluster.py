"""The workers of `breakeven run --ray-address`: on every node of a Ray cluster that is there.

The study's folder is shared among the nodes, under the same path. Each node is asked what it runs
with before it gets a cell; one that is lost takes its cells with it, which begin anew elsewhere.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import write_text
from breakeven.params.launch_file import LaunchFile
from breakeven.running.cell import Cell
from breakeven.running.identity import MARK, difference, identity
from breakeven.running.places import Node
from breakeven.running.ray_workers import RayWorker, RayWorkers, Worker

_ADDRESS = re.compile(r"[\w.-]+:\d{1,5}")
_ANSWER_SECONDS = 20.0
_JOIN_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 2.0
# Until then a worker only starts, or GPUs are on their way back from one that was ended.
_HELD_SECONDS = 20.0


class _Joining(NamedTuple):
    """A node that has been asked what it runs with, and the worker that was asked."""

    node: Node
    worker: Worker


class RayCluster(RayWorkers):
    """Workers that run cells on the nodes of a cluster; a context manager."""

    def __init__(
        self,
        address: str,
        devices_each: int | None = None,
        together: LaunchFile | None = None,
    ) -> None:
        """Wait until every node that is there now has told what it runs with.

        `together` is what a cell takes of several nodes, where some do.

        Raises:
            InputError: this is no address of a cluster.
            MachineError: nothing answers there, this machine is no part of the cluster, or a node
                has other code, packages, or another folder.
        """
        self._address, self._together = address, together
        super().__init__(devices_each)
        self._nodes: dict[str, Node] = {}
        self._joining: dict[Any, _Joining] = {}
        self._refused: dict[str, str] = {}
        self._look_at = 0.0
        write_text(MARK, f"{os.getpid()} {time.time_ns()}\n")
        self._identity = identity()
        try:
            self._wait_for_all()
        except BaseException:
            self._ray.shutdown()
            raise

    def _connect(self) -> Any:  # type: ignore[override]  # noqa: ANN401 - the module
        _require_answer(self._address)
        import ray

        try:
            ray.init(address=self._address, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # of many kinds
            reason = str(error).strip().partition("\n")[0]
            ray.shutdown()
            raise MachineError(
                f"--ray-address {self._address}: {reason}; start the run on a node of the cluster"
            ) from error
        return ray

    def nodes(self) -> Mapping[str, Node]:
        """The nodes that are there and run with what this process does; newcomers too.

        Raises:
            MachineError: there is none any more.
        """
        if time.monotonic() >= self._look_at:
            self._look()
        needed = self._together.machines if self._together else 1
        # While cells run, those that end are not to wait for a node that has been asked.
        while self._joining and not self._running and len(self._nodes) < needed:
            time.sleep(0.1)
            self._look()
        if not (self._nodes or self._joining):
            raise MachineError(
                f"--ray-address {self._address}: every node is gone; what was done is kept and the "
                "next run goes on"
            )
        return self._nodes

    def start(self, cell: Cell, nodes: Sequence[str]) -> None:
        """Run a cell on a worker of its node, or of its first, in a placement group on all."""
        if len(nodes) == 1:
            super().start(cell, nodes)
            return
        # Each holds all GPUs of its node.
        for worker in [one for one in self._idle if one.node in nodes]:
            self._idle.remove(worker)
            self._ray.kill(worker.actor)
        worker = self._in_group(tuple(nodes))
        self._running[worker.actor.run.remote(cell)] = (cell, worker)

    def _in_group(self, nodes: tuple[str, ...]) -> Worker:
        """A worker in the first bundle; its stage starts the processes of all bundles."""
        from ray.util import placement_group
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        assert self._together is not None
        kind = "CPU" if self._together.uses_cpu else "GPU"
        group = placement_group(
            [{kind: self._together.processes_each} for _ in nodes],
            strategy="STRICT_SPREAD",
            bundle_label_selector=[{"ray.io/node-id": node} for node in nodes],
        )
        # It holds none of them itself, and sees the GPUs of its node all the same.
        where = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=0)
        remote = self._ray.remote(num_cpus=0, num_gpus=0, scheduling_strategy=where)(RayWorker)
        actor = remote.remote(self._threads, str(Path.cwd()))
        return Worker(actor, nodes[0], actor.pid.remote(), time.monotonic(), group, nodes)

    def waiting(self) -> Collection[str]:
        """The cells that do not run yet because other jobs on the cluster hold what they take."""
        until = time.monotonic() - _HELD_SECONDS
        return [
            cell.name
            for cell, worker in self._running.values()
            if worker.asked_at < until and not self._has_started(worker)
        ]

    def _free(self, worker: Worker) -> None:
        if worker.group is None:
            super()._free(worker)
        else:
            self._ray.util.remove_placement_group(worker.group)

    def _lost(self, worker: Worker) -> None:
        """Perhaps its node is gone, which Ray knows later: it gets no cell until it answers."""
        nodes = worker.nodes or (worker.node,)
        if worker.group is not None:
            self._ray.util.remove_placement_group(worker.group)
        self._nodes = {name: node for name, node in self._nodes.items() if name not in nodes}
        self._idle = [one for one in self._idle if one.node not in nodes]
        self._look_at = 0.0

    def _look(self) -> None:
        """Ask nodes that are new, take those that have answered, leave those that are gone."""
        self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
        alive = self._alive()
        self._nodes = {name: node for name, node in self._nodes.items() if name in alive}
        self._idle = [worker for worker in self._idle if worker.node in alive]
        self._joining = {
            answer: one for answer, one in self._joining.items() if one.worker.node in alive
        }
        for _, worker in self._running.values():
            # Ray waits without end for the nodes of a group that it has not made yet.
            if not (alive.keys() >= {*worker.nodes} or self._has_started(worker)):
                self._ray.kill(worker.actor)
        known = {*self._nodes, *self._refused, *(one.worker.node for one in self._joining.values())}
        for name, node in alive.items():
            if name not in known and self._could_work(node, alive):
                # It takes no GPU: other jobs may hold them all, and be done before a cell begins.
                worker = self._new(name, 0)
                self._joining[worker.actor.identity.remote()] = _Joining(node, worker)
        self._take_answers()

    def _alive(self) -> dict[str, Node]:
        return {row["NodeID"]: _node(row) for row in self._ray.nodes() if row["Alive"]}

    def _could_work(self, node: Node, alive: Mapping[str, Node]) -> bool:
        """Where there are GPUs, a node without them, such as the head's, runs nothing."""
        return node.devices > 0 or not any(other.devices for other in alive.values())

    def _take_answers(self) -> None:
        for answer, one in [*self._joining.items()]:
            if self._ray.wait([answer], timeout=0)[0]:
                why = self._difference(answer)
            elif time.monotonic() - one.worker.asked_at > _JOIN_SECONDS:
                why = f"no worker starts there within {_JOIN_SECONDS:.0f} s"
            else:
                continue
            del self._joining[answer]
            if one.worker.node not in self._alive():  # it went before it could answer
                continue
            if why is None:
                self._nodes[one.worker.node] = one.node
            else:
                self._refused[one.worker.node] = f"{one.node.name}: {why}"
                print(f"not used: {self._refused[one.worker.node]}", file=sys.stderr, flush=True)
            if why is None and not one.node.devices:
                self._idle.append(one.worker)
            else:
                self._ray.kill(one.worker.actor)

    def _difference(self, answer: Any) -> str | None:  # noqa: ANN401 - of Ray
        try:
            return difference(self._identity, self._ray.get(answer))
        except self._ray.exceptions.RayError as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            return f"a worker does not start there: {lines[-1] if lines else 'no reason is given'}"

    def _wait_for_all(self) -> None:
        self._look()
        while self._joining:
            time.sleep(0.1)
            self._take_answers()
        if self._refused:
            rest = f" ({len(self._refused)} such nodes)" if len(self._refused) > 1 else ""
            raise MachineError(
                f"--ray-address {self._address}: node {next(iter(self._refused.values()))}{rest}; "
                "have all nodes run the same code and packages on the same folder"
            )


def _node(row: Mapping[str, Any]) -> Node:
    has = row["Resources"]
    return Node(
        row["NodeManagerAddress"],
        int(has.get("CPU", 0)),
        int(has.get("GPU", 0)),
        float(has.get("memory", 0.0)),
    )


def _require_answer(address: str) -> None:
    """Ask a cluster whether it is there: Ray itself would wait for minutes, or end this process."""
    if not _ADDRESS.fullmatch(address):
        raise InputError(
            f"--ray-address: value is {address!r}; use host:port, as `ray start --head` prints it"
        )
    if not _listens(address) or not _is_healthy(address):
        raise MachineError(
            f"--ray-address {address}: no Ray cluster of this version answers there within "
            f"{_ANSWER_SECONDS:.0f} s; `ray start --head` starts one and prints its address"
        )


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS / 2):
            return True
    except (OSError, OverflowError):
        return False


def _is_healthy(address: str) -> bool:
    ask = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    with suppress(subprocess.TimeoutExpired):
        asked = subprocess.run(  # noqa: S603
            ask, capture_output=True, timeout=_ANSWER_SECONDS, check=False
        )
        return asked.returncode == 0
    return False
