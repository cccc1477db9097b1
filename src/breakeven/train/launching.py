"""Starts the training stage in several processes, and says in one line why one of them failed.

The stage runs itself again through `accelerate launch`. It stays to wait, and a process whose stage
is gone is ended by the system: a killed study leaves no training behind that nobody knows of.
"""

import ctypes
import json
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import BreakevenError, InputError, LostNodeError, MachineError
from breakeven.core.exits import machine_error_of
from breakeven.params.launch_file import LaunchFile
from breakeven.train.process_rank import STARTED_BY_STAGE

# Where torch's launcher looks for what a failed process has to say.
_ERROR_FILE = "TORCHELASTIC_ERROR_FILE"
# Errors whose line a process tells its stage.
_TOLD = {kind.exit_code: kind for kind in (InputError, MachineError, LostNodeError)}
_PR_SET_PDEATHSIG = 1  # sys/prctl.h; Python has no name for it


class Failure(NamedTuple):
    """How a training process ended that did not do its work."""

    process: int
    exit_code: int
    time: float
    text: str = ""

    @property
    def order(self) -> tuple[int, float]:
        """Those that something killed first, then those that failed, then those ended for that."""
        if self.exit_code == -signal.SIGTERM:
            return 2, self.time
        return (0 if self.exit_code < 0 else 1), self.time

    @property
    def explains_itself(self) -> bool:
        """Whether it is more than that another process is gone."""
        return self.order[0] == 0 or (self.exit_code in _TOLD and bool(self.text))


def launch(given: LaunchFile, script: Path, arguments: Sequence[str]) -> None:
    """Run a script in the processes of an accelerate configuration, all on this machine.

    Raises:
        InputError, MachineError: one of the processes raised it, or the machine lacks devices.
        BreakevenError: a process failed otherwise; its traceback has been printed.
    """
    failures = run_processes(given, script, arguments)
    if failures:
        raise first_error(failures)


def run_processes(
    given: LaunchFile, script: Path, arguments: Sequence[str], options: Sequence[str] = ()
) -> list[Failure]:
    """Run the processes of this machine to their end; those that failed.

    `options` of `accelerate launch` come before those of the configuration.

    Raises:
        InputError: accelerate has no such key.
        MachineError: the machine lacks devices.
    """
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    check_devices(given)
    try:
        load_config_from_file(str(given.path))
    except ValueError as error:
        raise InputError(f"{given.path}: {' '.join(str(error).split())}") from error
    _silence_launcher()
    parsed = launch_command_parser().parse_args(
        ["--config_file", str(given.path), *options, str(script), *arguments]
    )
    with _environment({STARTED_BY_STAGE: "1", "ACCELERATE_USE_CPU": str(given.uses_cpu)}):
        try:
            launch_command(parsed)
        except ChildFailedError as error:
            return failures_of(error)
        except SignalException as error:
            raise KeyboardInterrupt from error
    return []


def check_devices(given: LaunchFile) -> None:
    """Raise MachineError where this machine lacks the devices that a configuration asks for."""
    import torch

    found, path = torch.cuda.device_count(), given.path
    if given.uses_cpu or found >= given.processes_each:
        return
    each = f", {given.processes_each} a machine" if given.machines > 1 else ""
    raise MachineError(
        f"{path}: num_processes: value is {given.processes}{each}; PyTorch sees {found} CUDA "
        "devices; use as many processes, or profiles/accelerate/cpu-2.yaml"
    )


def report_to_stage(error: BaseException) -> int:
    """Leave word of an error for the stage that waits; the exit code to end with."""
    code, text = told(error)
    now = time.time()
    # The form in which torch's launcher reads it.
    message = {"message": text, "extraInfo": {"timestamp": str(int(now)), "py_callstack": ""}}
    path = os.environ.get(_ERROR_FILE)
    if path:
        Path(path).write_text(json.dumps({"message": message, "time": now}), encoding="utf-8")
    return code


def told(error: BaseException) -> tuple[int, str]:
    """The exit code of an error, and its line; of a fault of the code, its traceback."""
    if isinstance(error, Exception):
        error = machine_error_of(error) or error
    if isinstance(error, BreakevenError):
        return error.exit_code, str(error)
    return 1, "".join(traceback.format_exception(error))


def end_with_stage() -> None:
    """Have the system end this process when the stage that started it is gone (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def failures_of(error: Any) -> list[Failure]:  # noqa: ANN401 - a ChildFailedError, imported late
    """What torch's launcher knows of the processes of a machine that failed."""
    return [
        Failure(process, failure.exitcode, _time_of(failure), _text_of(failure))
        for process, failure in error.failures.items()
    ]


def first_error(failures: Sequence[Failure]) -> BreakevenError:
    """The error of the process that failed first; the others fail because it is gone."""
    failure = min(failures, key=lambda one: one.order)
    if failure.exit_code < 0:
        name = signal.Signals(-failure.exit_code).name
        hint = ", as a system does that is out of memory" if name == "SIGKILL" else ""
        return MachineError(
            f"training process {failure.process} was ended by {name}{hint}; what was done is kept "
            "and the next run goes on"
        )
    if failure.exit_code in _TOLD and failure.text:
        return _TOLD[failure.exit_code](failure.text)
    print(failure.text, file=sys.stderr, end="")
    return BreakevenError(
        f"training process {failure.process} failed (exit code {failure.exit_code})"
    )


def _time_of(failure: Any) -> float:  # noqa: ANN401
    return float(failure.error_file_data.get("time", failure.timestamp))


def _text_of(failure: Any) -> str:  # noqa: ANN401
    message = failure.error_file_data.get("message")
    return str(message.get("message", "")) if isinstance(message, dict) else ""


def _silence_launcher() -> None:
    # torch's launcher would print each process's end and a table of failures besides.
    for name in ("torch.distributed.elastic", "torch.distributed.run"):
        # One by one: torch gives each logger a level of its own, which its parent's does not undo.
        for logger in [*logging.root.manager.loggerDict]:
            if logger.startswith(name):
                logging.getLogger(logger).setLevel(logging.CRITICAL)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
