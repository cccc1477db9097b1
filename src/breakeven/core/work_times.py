"""When a cell was worked on: noted in scratch, beside the record and not in it.

A record says what comes out and how much work it was, the same wherever DVC restores it. The hour
is of one machine, so a copy that was pulled knows none.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from breakeven.core.layout import record_path
from breakeven.core.records import read_record
from breakeven.core.sealed import read_sealed, write_sealed

_FOLDER = Path(".work/times")


class WorkTimes(NamedTuple):
    """Unix times in milliseconds at which a process began and ended a cell.

    Of the process that ended it: what an earlier one did before it was killed is not in between.
    """

    started_ms: int
    ended_ms: int


@contextmanager
def noted_times(stage: str, *cell: str | int) -> Iterator[None]:
    """Note when the block began and ended, for the record that it leaves; none, nothing noted."""
    started = _now_ms()
    yield
    if record_path(stage, *cell).is_file():
        record = read_record(stage, *cell).digest
        times = WorkTimes(started, _now_ms())
        write_sealed(_path(stage, *cell), {"record": record, **times._asdict()})


def work_times(stage: str, *cell: str | int) -> WorkTimes | None:
    """When the record of a cell was made; None where that was not here."""
    noted = read_sealed(_path(stage, *cell))
    if noted is None:
        return None
    if noted["record"] != read_record(stage, *cell).digest:
        return None
    return WorkTimes(int(noted["started_ms"]), int(noted["ended_ms"]))


def _path(stage: str, *cell: str | int) -> Path:
    return _FOLDER / record_path(stage, *cell).relative_to("records")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
