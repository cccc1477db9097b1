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
from typing import Any

import yaml

from breakeven.core.errors import BreakevenError, InputError, MachineError
from breakeven.core.exits import machine_error_of
from breakeven.core.files import refuse_pipe
from breakeven.train.process_rank import STARTED_BY_STAGE

# Where torch's launcher looks for what a failed process has to say.
_ERROR_FILE = "TORCHELASTIC_ERROR_FILE"
_PR_SET_PDEATHSIG = 1  # sys/prctl.h; Python has no name for it
_TYPES = ("MULTI_GPU", "FSDP")


def launch(configuration: Path, script: Path, arguments: Sequence[str]) -> None:
    """Run a script in the processes that an accelerate configuration asks for; wait for all.

    Raises:
        InputError, MachineError: one of the processes raised it, the configuration is none that
            can be used, or the machine lacks devices.
        BreakevenError: a process failed otherwise; its traceback has been printed.
    """
    given = checked_configuration(configuration)  # before seconds of imports
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    check_devices(configuration, given)
    _silence_launcher()
    parsed = launch_command_parser().parse_args(
        ["--config_file", str(configuration), str(script), *arguments]
    )
    with _environment(
        {STARTED_BY_STAGE: "1", "ACCELERATE_USE_CPU": str(bool(given.get("use_cpu")))}
    ):
        try:
            launch_command(parsed)
        except ChildFailedError as error:
            raise _first_error(error) from None
        except SignalException as error:
            raise KeyboardInterrupt from error


def checked_configuration(path: Path) -> Mapping[str, Any]:
    """An accelerate configuration, if it starts several processes on this machine.

    Raises:
        InputError: the file is missing, no mapping, or asks for something else.
    """
    refuse_pipe(path)
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"params.yaml: training.launch: value is {path.as_posix()!r}; no such file; use one "
            "like profiles/accelerate/cpu-2.yaml"
        ) from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: is no mapping; use an accelerate configuration")
    _check_value(path, given, "distributed_type", given.get("distributed_type") in _TYPES, _TYPES)
    number = given.get("num_processes")
    several = isinstance(number, int) and number > 1
    _check_value(path, given, "num_processes", several, ("2 or more", "remove training.launch"))
    _check_value(path, given, "num_machines", given.get("num_machines", 1) == 1, ("1",))
    return given


def _check_value(
    path: Path, given: Mapping[str, Any], key: str, is_right: bool, allowed: Sequence[str]
) -> None:
    if not is_right:
        raise InputError(f"{path}: {key}: value is {given.get(key)!r}; use {' or '.join(allowed)}")


def check_devices(path: Path, given: Mapping[str, Any]) -> None:
    """Raise MachineError where this machine lacks the devices that a configuration asks for."""
    import torch

    found = torch.cuda.device_count()
    if not given.get("use_cpu") and found < given["num_processes"]:
        raise MachineError(
            f"{path}: num_processes: value is {given['num_processes']}; PyTorch sees {found} CUDA "
            "devices; use as many processes, or profiles/accelerate/cpu-2.yaml"
        )


def report_to_stage(error: BaseException) -> int:
    """Leave word of an error for the stage that waits; the exit code to end with."""
    if isinstance(error, Exception):
        error = machine_error_of(error) or error
    is_ours = isinstance(error, BreakevenError)
    text = str(error) if is_ours else "".join(traceback.format_exception(error))
    now = time.time()
    # The form in which torch's launcher reads it.
    message = {"message": text, "extraInfo": {"timestamp": str(int(now)), "py_callstack": ""}}
    path = os.environ.get(_ERROR_FILE)
    if path:
        Path(path).write_text(json.dumps({"message": message, "time": now}), encoding="utf-8")
    return error.exit_code if isinstance(error, BreakevenError) else 1


def end_with_stage() -> None:
    """Have the system end this process when the stage that started it is gone (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _first_error(error: Any) -> BreakevenError:  # noqa: ANN401 - a ChildFailedError, imported late
    """The error of the process that failed first; the others fail because it is gone."""
    failures = error.failures
    process = min(failures, key=lambda one: (_rank_of(failures[one]), _time_of(failures[one])))
    failure = failures[process]
    if failure.exitcode < 0:
        name = signal.Signals(-failure.exitcode).name
        hint = ", as a system does that is out of memory" if name == "SIGKILL" else ""
        return MachineError(
            f"training process {process} was ended by {name}{hint}; what was done is kept and the "
            "next run goes on"
        )
    text = _text_of(failure)
    for kind in (InputError, MachineError):
        if failure.exitcode == kind.exit_code and text:
            return kind(text)
    print(text, file=sys.stderr, end="")
    return BreakevenError(f"training process {process} failed (exit code {failure.exitcode})")


def _rank_of(failure: Any) -> int:  # noqa: ANN401
    """0 for a process that something killed, 1 for one that failed, 2 for one ended for that."""
    if failure.exitcode == -signal.SIGTERM:
        return 2
    return 0 if failure.exitcode < 0 else 1


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
