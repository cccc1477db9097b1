"""Starts a training's processes on several machines, inside the Ray placement group of its stage.

`breakeven run` has made the group, a bundle a machine, and put the stage into the first. The stage
starts a launcher in each bundle, as `accelerate launch` by hand would be started on each machine,
and waits for all. Launchers belong to it: Ray ends them with it, and they take their processes.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from breakeven.core.cell_log import CELL_LOG, printed_to
from breakeven.core.errors import InputError, LostNodeError, MachineError
from breakeven.core.interrupts import end_with
from breakeven.params.launch_file import LaunchFile
from breakeven.train.launching import Failure, first_error, run_processes, told

# What the stage's processes find in their environment on any machine.
_TAKEN = ("DVC_STAGE", "DVC_ROOT", "OMP_NUM_THREADS")
# A process that lost another fails at once; Ray tells later that a machine is gone.
_GRACE_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 1.0
# A launcher for a machine that was lost after the group was made waits for it without end.
_START_SECONDS = 120.0
# Torch would try for 15 minutes, and then name nothing but a socket.
_REACH_SECONDS = 20.0


def launch_on_nodes(given: LaunchFile, script: Path, arguments: Sequence[str]) -> None:
    """Run a script in the processes of an accelerate configuration, on several machines.

    Raises:
        InputError: this stage was not started by `breakeven run` on a cluster, or as below.
        MachineError: a machine does not reach the first one, at which all processes meet.
        LostNodeError: a machine, or the launcher on it, is gone, or the port is another's by now.
        BreakevenError: as `launch`.
    """
    launchers = _launchers(given, _current_group(given))
    import ray

    try:
        first, *others = launchers
        address = _answer(first.free_address.remote(), _START_SECONDS)
        reached = [one.reach.remote(address, _REACH_SECONDS) for one in others]
        for line in [_answer(one, _START_SECONDS) for one in reached]:
            if line is not None:
                raise MachineError(f"{given.path}: {line}")
        log = os.environ.get(CELL_LOG)
        failures = _wait([one.run.remote(script, [*arguments], address, log) for one in launchers])
    finally:
        for launcher in launchers:
            ray.kill(launcher)
    if failures:
        raise first_error(failures)


def _launchers(given: LaunchFile, group: Any) -> list[Any]:  # noqa: ANN401 - of Ray
    import ray
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    takes, leaves = ("num_cpus", "num_gpus") if given.uses_cpu else ("num_gpus", "num_cpus")
    environment = {name: os.environ[name] for name in _TAKEN if name in os.environ}
    launchers = []
    for rank in range(given.machines):
        where = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank)
        options = {takes: given.processes_each, leaves: 0, "scheduling_strategy": where}
        actor = ray.remote(**options)(NodeLauncher)
        launchers.append(actor.remote(given, rank, str(Path.cwd()), environment))
    return launchers


def has_group() -> bool:
    """Whether `breakeven run` has reserved several machines for this stage."""
    return _is_worker() and _group() is not None


def _is_worker() -> bool:
    # Whoever was started by Ray has imported it.
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())


def _group() -> Any:  # noqa: ANN401 - of Ray
    from ray.util.placement_group import get_current_placement_group

    return get_current_placement_group()


def _current_group(given: LaunchFile) -> Any:  # noqa: ANN401 - of Ray
    if not _is_worker():
        raise InputError(
            f"{given.path}: num_machines: value is {given.machines}; several machines train "
            "together under `breakeven run --ray-address HOST:PORT`; start it so, or use 1"
        )
    group = _group()
    kind = "CPU" if given.uses_cpu else "GPU"
    # A run that has reserved none, or others, has read another file.
    wanted = [{kind: given.processes_each}] * given.machines
    if group is None or group.bundle_specs != wanted:
        raise InputError(
            f"{given.path}: num_machines: value is {given.machines}, num_processes "
            f"{given.processes}; the file was another when this run began; start the run again"
        )
    return group


def _wait(runs: Sequence[Any]) -> list[Failure]:
    """The failures of all launchers, or of those that tell why before the others end."""
    import ray

    pending, failures, until = [*runs], list[Failure](), float("inf")
    while pending and time.monotonic() < until:
        ended, pending = ray.wait(pending, timeout=_LOOK_EVERY_SECONDS)
        for run in ended:
            failures += _answer(run)
        if any(one.explains_itself for one in failures):
            break
        if failures:
            until = min(until, time.monotonic() + _GRACE_SECONDS)
    return failures


def _answer(reference: Any, within_seconds: float | None = None) -> Any:  # noqa: ANN401 - of Ray
    import ray

    try:
        return ray.get(reference, timeout=within_seconds)
    except ray.exceptions.RayTaskError:  # a fault of the code
        raise
    except ray.exceptions.GetTimeoutError as error:
        raise LostNodeError(
            f"on a machine that is to train with others no launcher starts within "
            f"{within_seconds:.0f} s; what was done is kept and the next run goes on"
        ) from error
    # Of many kinds: the actor, its machine or its group is gone, or SIGTERM has ended its work.
    except ray.exceptions.RayError as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise LostNodeError(
            f"a machine that trained with others, or its launcher, is gone: {reason}; what was "
            "done is kept and the next run goes on"
        ) from error


def node_options(rank: int, address: tuple[str, int]) -> list[str]:
    """Options of `accelerate launch` on a machine, whatever the configuration says of them."""
    host, port = address
    options = ["--machine_rank", f"{rank}", "--main_process_ip", host]
    # All that Ray lets the launcher see: numbers in the file would be those of the whole machine.
    return [*options, "--main_process_port", f"{port}", "--gpu_ids", "all"]


def _lost_port(error: Exception, address: tuple[str, int]) -> LostNodeError | None:
    """What to tell where processes cannot meet at an address; None of another error."""
    from torch.distributed import DistNetworkError

    # accelerate looks whether the port is free and raises the first, torch then listens on it.
    if not isinstance(error, ConnectionError | DistNetworkError):
        return None
    host, port = address
    reason = str(error).strip().partition("\n")[0]
    return LostNodeError(
        f"processes that train together do not meet at {host}:{port}, which another program may "
        f"have taken meanwhile: {reason}; what was done is kept and the next run takes another port"
    )


class NodeLauncher:
    """The body of an actor: `accelerate launch` on the machine that it is on."""

    def __init__(
        self, given: LaunchFile, rank: int, folder: str, environment: Mapping[str, str]
    ) -> None:
        self._given, self._rank = given, rank
        self._held: socket.socket | None = None
        for name in _TAKEN:
            os.environ.pop(name, None)
        os.environ.update(environment)
        os.chdir(folder)
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

    def free_address(self) -> tuple[str, int]:
        """This machine's address, and a port on it that is held, and listens, until `run`."""
        import ray

        host = ray.util.get_node_ip_address()
        self._held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        # On every interface, as torch will listen: others may reach us by a translated address.
        self._held.bind(("", 0))
        self._held.listen()
        return host, self._held.getsockname()[1]

    def reach(self, address: tuple[str, int], within_seconds: float) -> str | None:
        """Why the first machine's port is not reached from here; None where it is."""
        import ray

        host, port = address
        try:
            socket.create_connection(address, timeout=within_seconds).close()
        except OSError as error:
            return (
                f"node {ray.util.get_node_ip_address()} does not reach {host}:{port}, at which "
                f"processes that train together meet: {error.strerror or error}; have nodes reach "
                "one another on all ports (firewall), and `ray start --node-ip-address` name an "
                "address that they can reach"
            )
        return None

    def run(
        self, script: Path, arguments: Sequence[str], address: tuple[str, int], log: str | None
    ) -> list[Failure]:
        """Run this machine's processes to their end; those that failed.

        The first machine prints into the cell's log, each other into one beside it.
        """
        rank, given = self._rank, self._given
        options = node_options(rank, address)
        if self._held:
            self._held.close()
        own = Path(log).with_suffix(f".{rank}.log" if rank else ".log") if log else None
        try:
            with printed_to(own, begins=rank > 0) if own else nullcontext():
                return run_processes(given, script, arguments, options)
        except Exception as error:  # whatever it is, the stage tells it, once for all machines
            code, text = told(_lost_port(error, address) or error)
            return [Failure(rank * given.processes_each, code, time.time(), text)]
