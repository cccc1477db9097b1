"""What a run has used of its devices so far, over every process that worked on it.

A line is added every few seconds, so that a kill loses few of them; work that was done again after
a kill is counted again, for the device was held. Processes that train together write a file each:
none waits for another, and each holds a device of its own.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.sealed import read_sealed_line, sealed_line, tell_damaged
from breakeven.costs.amounts import Amount
from breakeven.costs.devices import Device, DeviceUsage, combined_usage

_FIRST = "usage.jsonl"


class ProcessUsage(NamedTuple):
    """What a process used of its device, and the tokens that it trained on meanwhile."""

    usage: DeviceUsage
    tokens: int
    # Energy of a CPU is that of the whole machine: one of its processes counts it for all.
    counts_machine: bool = True


class RunUsage(NamedTuple):
    """What a run used: device-seconds of all processes together, `seconds` on the clock."""

    usage: DeviceUsage
    tokens: int
    seconds: float


def append_usage(folder: Path, used: ProcessUsage, process: int = 0) -> None:
    """Note what one process used for a part of the run."""
    # The line break comes first: a line that a kill cut short must not spoil this one.
    line = sealed_line({**used._asdict(), "usage": asdict(used.usage)})
    path = folder / (f"usage-{process}.jsonl" if process else _FIRST)
    with path.open("ab") as handle:
        handle.write(b"\n" + line)


def read_run_usage(folder: Path) -> RunUsage:
    """Everything noted so far, without a line that a kill cut short or that was changed since.

    Device-seconds and energy add up over processes, of peak memory the largest counts. Energy of a
    CPU is that of whole machines, which the first process of each has counted.
    """
    first = _read(folder / _FIRST)
    others = [one for path in sorted(folder.glob("usage-*.jsonl")) for one in _read(path)]
    every = [*first, *others]
    usage = combined_usage([one.usage for one in every])
    if usage.device.kind == "cpu":
        own = combined_usage([one.usage for one in every if one.counts_machine])
        usage = replace(usage, energy_joules=own.energy_joules)
    return RunUsage(
        usage,
        sum(one.tokens for one in every),
        sum(one.usage.device_seconds for one in first),
    )


def _read(path: Path) -> list[ProcessUsage]:
    # Bytes that are no text end no run either.
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    rows = [row for line in lines if (row := read_sealed_line(line)) is not None]
    if len(rows) < len(lines):
        tell_damaged(path, f"{len(lines) - len(rows)} of its lines are not counted")
    return [ProcessUsage(**{**row, "usage": usage_from(row["usage"])}) for row in rows]


def usage_from(row: dict[str, Any]) -> DeviceUsage:
    """A usage from what `asdict` made of one."""
    return DeviceUsage(
        device=Device(**row["device"]),
        device_seconds=row["device_seconds"],
        gpu_hours=row["gpu_hours"],
        peak_memory_bytes=Amount(**row["peak_memory_bytes"]),
        energy_joules=Amount(**row["energy_joules"]),
    )
