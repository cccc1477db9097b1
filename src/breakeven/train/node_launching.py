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
from breakeven.core.errors import InputError, LostNodeError
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


def launch_on_nodes(given: LaunchFile, script: Path, arguments: Sequence[str]) -> None:
    """Run a script in the processes of an accelerate configuration, on several machines.

    Raises:
        InputError: this stage was not started by `breakeven run` on a cluster, or as below.
        LostNodeError: a machine, or the launcher on it, is gone.
        BreakevenError: as `launch`.
    """
    launchers = _launchers(given, _current_group(given))
    import ray

    try:
        addresses = [one.free_address.remote() for one in launchers]
        address, *_ = [_answer(one, _START_SECONDS) for one in addresses]
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


def _current_group(given: LaunchFile) -> Any:  # noqa: ANN401 - of Ray
    group = None
    if "ray" in sys.modules:  # whoever is in a group has been started by it
        import ray
        from ray.util.placement_group import get_current_placement_group

        group = get_current_placement_group() if ray.is_initialized() else None
    if group is None:
        raise InputError(
            f"{given.path}: num_machines: value is {given.machines}; several machines train "
            "together under `breakeven run --ray-address HOST:PORT`; start it so, or use 1"
        )
    kind = "CPU" if given.uses_cpu else "GPU"
    if group.bundle_specs != [{kind: given.processes_each}] * given.machines:
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


class NodeLauncher:
    """The body of an actor: `accelerate launch` on the machine that it is on."""

    def __init__(
        self, given: LaunchFile, rank: int, folder: str, environment: Mapping[str, str]
    ) -> None:
        self._given, self._rank = given, rank
        for name in _TAKEN:
            os.environ.pop(name, None)
        os.environ.update(environment)
        os.chdir(folder)
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

    def free_address(self) -> tuple[str, int]:
        """This machine's address, and a port that is free on it."""
        import ray

        host = ray.util.get_node_ip_address()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as free:
            # On every interface, as torch will listen: others may reach us by a translated address.
            free.bind(("", 0))
            return host, free.getsockname()[1]

    def run(
        self, script: Path, arguments: Sequence[str], address: tuple[str, int], log: str | None
    ) -> list[Failure]:
        """Run this machine's processes to their end; those that failed.

        The first machine prints into the cell's log, each other into one beside it.
        """
        rank, given = self._rank, self._given
        options = node_options(rank, address)
        own = Path(log).with_suffix(f".{rank}.log" if rank else ".log") if log else None
        try:
            with printed_to(own, begins=rank > 0) if own else nullcontext():
                return run_processes(given, script, arguments, options)
        except Exception as error:  # whatever it is, the stage tells it, once for all machines
            code, text = told(error)
            return [Failure(rank * given.processes_each, code, time.time(), text)]
