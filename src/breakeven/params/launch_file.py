"""The accelerate configuration that `training.launch` names: how many processes, on what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from breakeven.core.errors import InputError
from breakeven.core.files import refuse_pipe

_TYPES = ("MULTI_GPU", "FSDP")


class LaunchFile(NamedTuple):
    """Processes that train together: how many in all, on how many machines, as many on each."""

    path: Path
    processes: int
    machines: int
    sharded: bool
    uses_cpu: bool

    @property
    def processes_each(self) -> int:
        """The processes of one machine."""
        return self.processes // self.machines


def read_launch_file(path: Path) -> LaunchFile:
    """An accelerate configuration that starts several processes.

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
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"params.yaml: training.launch: value is {path.as_posix()!r}; it cannot be read: "
            f"{error}; use one like profiles/accelerate/cpu-2.yaml"
        ) from error
    # Numbers and dates that there are not are a ValueError, deep nesting is a RecursionError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not valid YAML: {reason}") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: is no mapping; use an accelerate configuration")
    kind = given.get("distributed_type")
    _check_value(path, given, "distributed_type", kind in _TYPES, _TYPES)
    processes: Any = given.get("num_processes")
    machines: Any = given.get("num_machines", 1)
    cpu = given.get("use_cpu", False)
    _check_value(path, given, "use_cpu", isinstance(cpu, bool), ("true", "false"))
    several = ("2 or more", "remove training.launch")
    _check_value(path, given, "num_processes", _is_count(processes, least=2), several)
    _check_value(path, given, "num_machines", _is_count(machines), ("1", "the number of nodes"))
    if processes % machines:
        near = max(1, (2 * processes + machines) // (2 * machines)) * machines
        raise InputError(
            f"{path}: num_processes: value is {processes}; it counts those of all {machines} "
            f"machines (num_machines), as many on each; use {near}"
        )
    return LaunchFile(path, processes, machines, kind == "FSDP", cpu)


def _is_count(value: object, *, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _check_value(
    path: Path, given: Mapping[str, Any], key: str, is_right: bool, allowed: Sequence[str]
) -> None:
    if not is_right:
        raise InputError(f"{path}: {key}: value is {given.get(key)!r}; use {' or '.join(allowed)}")
