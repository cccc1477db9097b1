"""Where a study's time goes: `dvc repro | python scripts/stage_times.py`.

Passes DVC's lines on, and at the end prints a Markdown table: for each stage its cells, the wall
clock between DVC's lines, the seconds of work that the records say, and what is left: starting
Python, importing libraries, hashing outputs.
"""

import shlex
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from breakeven.core.files import read_json
from breakeven.core.layout import record_path


@dataclass
class StageTime:
    """Cells of one stage, and their seconds."""

    cells: int = 0
    wall_seconds: float = 0.0
    work_seconds: float = 0.0


def main() -> None:
    """Read DVC's output from standard input until it ends."""
    cells: list[tuple[list[str], float]] = []
    for line in sys.stdin:
        print(line, end="", flush=True)
        if line.startswith("> python stages/"):
            cells.append((shlex.split(line)[2:], time.perf_counter()))
    times: dict[str, StageTime] = defaultdict(StageTime)
    ends = [moment for _, moment in cells[1:]] + [time.perf_counter()]
    for ((script, *options), started), ended in zip(cells, ends, strict=True):
        stage = Path(script).stem
        times[stage].cells += 1
        times[stage].wall_seconds += ended - started
        times[stage].work_seconds += work_seconds(record_path(stage, *options[1::2]))
    print(table(times))


def work_seconds(record: Path) -> float:
    """Device-seconds in a record; 0 where the stage writes none."""
    return sum(read_json(record)["device_seconds"].values()) if record.is_file() else 0.0


def table(times: dict[str, StageTime]) -> str:
    """Rows in the order in which the stages first ran, and their sum."""
    rows = ["| stage | cells | wall s | work s | start-up and hashing s |", "|---|--:|--:|--:|--:|"]
    total = StageTime()
    for stage, spent in times.items():
        rows.append(row(stage, spent))
        total.cells += spent.cells
        total.wall_seconds += spent.wall_seconds
        total.work_seconds += spent.work_seconds
    return "\n".join([*rows, row("all", total)])


def row(name: str, spent: StageTime) -> str:
    """One line of the table."""
    rest = spent.wall_seconds - spent.work_seconds
    return (
        f"| {name} | {spent.cells} | {spent.wall_seconds:.1f} | {spent.work_seconds:.1f} "
        f"| {rest:.1f} |"
    )


if __name__ == "__main__":
    main()
