"""Warm workers as actors of Ray: started when there is work for one more, each with its devices.

Ray is local: it listens on this machine's loopback alone, keeps no statistics and ends with us.
"""

import contextlib
import os
import secrets
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from breakeven.core.errors import MachineError
from breakeven.running.cell import Cell, Ended, Lost
from breakeven.running.warm_process import INTERRUPT, WarmProcess, end_with

# Results are a few numbers; this is about the least that Ray takes.
_STORE_BYTES = 80 << 20
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # As on systems where Ray has no clusters: its servers listen on 127.0.0.1 only.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Whether a cell fits is asked before it runs; Ray would end it for what others hold.
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_AUTH_MODE": "token",
}
_THREADS = "OMP_NUM_THREADS"


class RayWorker:
    """The body of an actor: one process that runs cells."""

    def __init__(self, threads: str | None) -> None:
        # Ray sets it to an actor's share of cores, where the stage's own setting is to count.
        if threads is None:
            os.environ.pop(_THREADS, None)
        else:
            os.environ[_THREADS] = threads
        self._process = WarmProcess()
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

    def pid(self) -> int:
        """The process that an interrupt has to reach."""
        return os.getpid()

    def run(self, cell: Cell) -> Ended:
        """Run a cell to its end."""
        return self._process.run(cell)


class _Worker(NamedTuple):
    """An actor, and the promise of its process's number."""

    actor: Any
    pid: Any


class RayWorkers:
    """Workers that run cells, as many at once as they are asked to; a context manager."""

    def __init__(self, devices_each: int | None = None) -> None:
        """`devices_each` GPUs are a worker's own, all of them where it is None."""
        environment = {**_ENVIRONMENT, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        threads = os.environ.get(_THREADS)
        for name, value in environment.items():
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
        # A worker that is gone has a line of ours; Ray would print a paragraph into the view.
        ray._private.worker.print_to_stdstream = lambda *_, **__: None
        self._ray = ray
        self.devices = int(ray.cluster_resources().get("GPU", 0))
        each = self.devices if devices_each is None else min(devices_each, self.devices)
        self._actor: Any = ray.remote(num_cpus=0, num_gpus=each)(RayWorker)
        self._threads = threads
        self._idle: list[_Worker] = []
        self._running: dict[Any, tuple[Cell, _Worker]] = {}

    def __enter__(self) -> "RayWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def start(self, cell: Cell) -> None:
        """Run a cell on an idle worker, or on a new one."""
        worker = self._idle.pop() if self._idle else self._new()
        self._running[worker.actor.run.remote(cell)] = (cell, worker)

    def _new(self) -> "_Worker":
        actor = self._actor.remote(self._threads)
        return _Worker(actor, actor.pid.remote())

    def wait(self, seconds: float) -> Mapping[str, Ended | Lost]:
        """The cells that have ended by then, by name."""
        if not self._running:
            return {}
        ended: dict[str, Ended | Lost] = {}
        ready, _ = self._ray.wait([*self._running], num_returns=1, timeout=seconds)
        for reference in ready:
            cell, worker = self._running.pop(reference)
            try:
                ended[cell.name] = self._ray.get(reference)
                self._idle.append(worker)
            except self._ray.exceptions.RayError as error:
                ended[cell.name] = Lost(str(error).strip().partition("\n")[0])
        return ended

    def interrupt(self) -> None:
        """Have every running cell end as after ctrl-C; what it has done is kept."""
        for _, worker in self._running.values():
            # One that has not started yet, or is gone, has nothing to keep.
            with contextlib.suppress(self._ray.exceptions.RayError, ProcessLookupError):
                os.kill(self._ray.get(worker.pid, timeout=1.0), INTERRUPT)
