"""Warm workers as actors of Ray: started when there is work for one more, each with its devices.

Here Ray is local: it listens on this machine's loopback alone, keeps no statistics and ends with
us. `ray_cluster` has the same workers on the nodes of a cluster.
"""

import contextlib
import os
import secrets
import signal
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import LostNodeError, MachineError
from breakeven.core.interrupts import Terminated, end_with
from breakeven.running.cell import Cell, Ended, Lost
from breakeven.running.identity import identity
from breakeven.running.places import Node, this_node
from breakeven.running.warm_process import INTERRUPT, WarmProcess

# Results are a few numbers; this is about the least that Ray takes.
_STORE_BYTES = 80 << 20
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # As on systems where Ray has no clusters: its servers listen on 127.0.0.1 only.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Whether a cell fits is asked before it runs; Ray would end it for what others hold.
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_AUTH_MODE": "token",
    # As stages that `dvc repro` starts; Ray's 15 yields to whatever else wants a core.
    "RAY_worker_niceness": "0",
}
_THREADS = "OMP_NUM_THREADS"


class RayWorker:
    """The body of an actor: one process that runs cells."""

    def __init__(self, threads: str | None, folder: str) -> None:
        # Ray sets it to an actor's share of cores, where the stage's own setting is to count.
        if threads is None:
            os.environ.pop(_THREADS, None)
        else:
            os.environ[_THREADS] = threads
        os.chdir(folder)
        self._process = WarmProcess()
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

    def pid(self) -> int:
        """The process that an interrupt has to reach."""
        return os.getpid()

    def identity(self) -> dict[str, str]:
        """The code and the packages that cells run with here."""
        return identity()

    def run(self, cell: Cell) -> Ended:
        """Run a cell to its end."""
        return self._process.run(cell)


class Worker(NamedTuple):
    """An actor, the node that it is on, and the promise of its process's number.

    For a cell that takes several nodes: the placement group, and its nodes, the worker's first.
    """

    actor: Any
    node: str
    pid: Any
    asked_at: float
    group: Any = None
    nodes: tuple[str, ...] = ()


class RayWorkers:
    """Workers that run cells, as many at once as they are asked to; a context manager."""

    def __init__(self, devices_each: int | None = None) -> None:
        """`devices_each` GPUs are a worker's own, all of them where it is None."""
        self._threads = os.environ.get(_THREADS)
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            self._ray = self._connect()
        except SystemExit as ended:  # SIGTERM, once Ray has put its own handler there
            raise Terminated from ended
        # Its own would end this process in the middle of whatever it does, and its workers with it.
        signal.signal(signal.SIGTERM, on_sigterm)
        # A worker that is gone has a line of ours; Ray would print a paragraph into the view.
        self._ray._private.worker.print_to_stdstream = lambda *_, **__: None
        self._devices_each = devices_each
        self._idle: list[Worker] = []
        self._running: dict[Any, tuple[Cell, Worker]] = {}
        devices = int(self._ray.cluster_resources().get("GPU", 0))
        self._here = self._ray.get_runtime_context().get_node_id()
        self._nodes = {self._here: this_node(devices)}

    @staticmethod
    def _connect() -> Any:  # noqa: ANN401 - the module
        for name, value in {**_ENVIRONMENT, "RAY_AUTH_TOKEN": secrets.token_hex(32)}.items():
            os.environ.setdefault(name, value)
        import ray

        try:
            ray.init(
                address="local",
                # Cores are counted by who schedules, from cells' threads. Ray would start an idle
                # process for each of its own.
                num_cpus=0,
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                log_to_driver=False,
                logging_level="ERROR",
                _node_ip_address="127.0.0.1",
            )
        except Exception as error:  # of many kinds
            reason = str(error).strip().partition("\n")[0]
            ray.shutdown()
            raise MachineError(f"Ray does not start: {reason}") from error
        return ray

    def __enter__(self) -> "RayWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def nodes(self) -> Mapping[str, Node]:
        """The machines that cells may begin on now, by what `start` calls them."""
        return self._nodes

    def start(self, cell: Cell, nodes: Sequence[str]) -> None:
        """Run a cell on an idle worker of its node, or on a new one there."""
        (node,) = nodes
        worker = next((one for one in self._idle if one.node == node), None)
        if worker:
            self._idle.remove(worker)
        else:
            worker = self._new(node, self._nodes[node].devices)
        self._running[worker.actor.run.remote(cell)] = (cell, worker)

    def _new(self, node: str, devices: int) -> Worker:
        each = devices if self._devices_each is None else min(self._devices_each, devices)
        actor = self._on(node, RayWorker, devices=each).remote(self._threads, str(Path.cwd()))
        return Worker(actor, node, actor.pid.remote(), time.monotonic())

    def _on(self, node: str, what: Any, *, devices: int = 0) -> Any:  # noqa: ANN401 - of Ray
        """An actor or a task that runs on this node or nowhere."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        where = NodeAffinitySchedulingStrategy(node, soft=False)
        return self._ray.remote(num_cpus=0, num_gpus=devices, scheduling_strategy=where)(what)

    def wait(self, seconds: float) -> Mapping[str, Ended | Lost]:
        """The cells that have ended by then, by name."""
        if not self._running:
            return {}
        ended: dict[str, Ended | Lost] = {}
        ready, _ = self._ray.wait([*self._running], num_returns=1, timeout=seconds)
        for reference in ready:
            cell, worker = self._running.pop(reference)
            try:
                done = self._ray.get(reference)
                ended[cell.name] = done
                if done.exit_code == LostNodeError.exit_code:
                    ended[cell.name] = Lost(done.reason)
                    self._lost(worker)
                else:
                    self._free(worker)
            except self._ray.exceptions.RayError as error:
                ended[cell.name] = Lost(str(error).strip().partition("\n")[0])
                self._lost(worker)
        return ended

    def waiting(self) -> Collection[str]:
        """The cells that have been started and do not run yet; here, there are none for long."""
        return ()

    def _free(self, worker: Worker) -> None:
        """A worker has nothing to do."""
        self._idle.append(worker)

    def _lost(self, worker: Worker) -> None:
        """A worker is gone; here, only it."""

    def interrupt(self) -> None:
        """Have every running cell end as after ctrl-C; what it has done is kept."""
        for _, worker in self._running.values():
            if not self._has_started(worker):  # it has nothing to keep
                self._ray.kill(worker.actor)
                continue
            with contextlib.suppress(self._ray.exceptions.RayError, ProcessLookupError):
                pid = self._ray.get(worker.pid)
                if worker.node == self._here:
                    os.kill(pid, INTERRUPT)
                else:
                    self._on(worker.node, _interrupt).remote(pid)

    def _has_started(self, worker: Worker) -> bool:
        """Whether a worker has told its process's number, or is gone."""
        return bool(self._ray.wait([worker.pid], timeout=0)[0])


def _interrupt(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, INTERRUPT)
