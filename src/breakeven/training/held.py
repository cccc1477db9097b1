"""What a run has held of its device so far, over every process that worked on it.

A line is added every few seconds, so that a kill loses few of them; work that was done again after
a kill is counted again, for the device was held.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.costs.amounts import Amount
from breakeven.costs.devices import Device, Usage, combined

_FILE = "usage.jsonl"


class Held(NamedTuple):
    """What work held of its device, and the tokens that it trained on meanwhile."""

    usage: Usage
    tokens: int


def add_held(folder: Path, held: Held) -> None:
    """Note what a part of the run held."""
    # The line break comes first: a line that a kill cut short must not spoil this one.
    line = json.dumps({"usage": asdict(held.usage), "tokens": held.tokens})
    with (folder / _FILE).open("a", encoding="utf-8") as handle:
        handle.write("\n" + line)


def all_held(folder: Path) -> Held:
    """Everything noted so far, without a line that a kill cut short."""
    lines = (folder / _FILE).read_text(encoding="utf-8").splitlines()
    rows = [row for line in lines if (row := _row(line)) is not None]
    usages = [usage_from(row["usage"]) for row in rows]
    return Held(combined(usages), sum(row["tokens"] for row in rows))


def usage_from(row: dict[str, Any]) -> Usage:
    """A usage from what `asdict` made of one."""
    return Usage(
        device=Device(**row["device"]),
        device_seconds=row["device_seconds"],
        gpu_hours=row["gpu_hours"],
        peak_memory_bytes=Amount(**row["peak_memory_bytes"]),
        energy_joules=Amount(**row["energy_joules"]),
    )


def _row(line: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(line))
    except json.JSONDecodeError:
        return None
