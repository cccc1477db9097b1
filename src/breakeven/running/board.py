"""What a run shows: a view that is drawn anew in a terminal, plain lines elsewhere."""

import json
import sys
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.progress import resumed
from breakeven.running.cell import Cell, Ended
from breakeven.running.warm_process import progress_path

if TYPE_CHECKING:
    from rich.table import Table

_LINE_EVERY_SECONDS = 60.0
# What is left is not told where it is only of stages that take seconds.
_WORTH_TELLING_SECONDS = 5.0


class Standing(NamedTuple):
    """How far a run is; `seconds_left` is None where that is not known yet."""

    done: int
    total: int
    failed: int
    seconds_left: float | None

    @property
    def line(self) -> str:
        """The counts, as `12 of 59 done, about 6 min left`."""
        parts = [f"{self.done} of {self.total} done"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.seconds_left is not None and self.seconds_left >= _WORTH_TELLING_SECONDS:
            parts.append(f"about {duration(self.seconds_left)} left")
        return ", ".join(parts)


class Board:
    """Shows running cells and counts; a context manager."""

    def __init__(self) -> None:
        from rich.live import Live

        # A log would keep every drawing of a view.
        terminal = sys.stdout.isatty()
        self._live = Live(auto_refresh=False, transient=True) if terminal else None
        self._next_line = time.monotonic() + _LINE_EVERY_SECONDS
        self._first_with: dict[str, str] = {}
        self._resumed: set[str] = set()
        self._waited: set[str] = set()

    def __enter__(self) -> "Board":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(
        self,
        running: Mapping[str, tuple[Cell, float]],
        standing: Standing,
        waiting: Collection[str] = (),
    ) -> None:
        """Draw how things stand; `running` tells of each cell when it began.

        That a cell goes on from what was kept is told once, by a line that stays; so is that it is
        among those `waiting` for what other jobs hold.
        """
        told = {name: told_by(name) for name in running if name not in waiting}
        for name in [one for one in waiting if one not in self._waited]:
            self._waited.add(name)
            self.say(f"{name}: waits; other jobs on the cluster hold what it takes of its nodes")
        for name, one in told.items():
            if one.get("first_done") and name not in self._resumed:
                self._resumed.add(name)
                self.say(f"{name}: {resumed(one['first_done'], one['total'])}")
        shown = {
            name: how_far(told[name], began) if name in told else f"waits, {_ran(began)}"
            for name, (_, began) in running.items()
        }
        if self._live:
            self._live.update(_table(shown, standing), refresh=True)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_EVERY_SECONDS
            cells = "; ".join(f"{name} {far}" for name, far in shown.items())
            self.say(f"{standing.line}; {cells}")

    def ended(self, cell: Cell, ended: Ended, standing: Standing) -> None:
        """A line for a cell that has ended; why several failed alike is told of the first."""
        if ended.exit_code == 0:
            how = duration(ended.seconds)
        else:
            first = self._first_with.setdefault(ended.reason, cell.name)
            how = f"failed: {ended.reason}" if first == cell.name else f"failed as {first} did"
        self.say(f"{cell.name}: {how} ({standing.line})")

    def say(self, line: str) -> None:
        """A line that stays."""
        if self._live:
            self._live.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            print(line, flush=True)


def duration(seconds: float) -> str:
    """Seconds as a person says them: 9 s, 6 min, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _table(shown: Mapping[str, str], standing: Standing) -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for name, far in shown.items():
        table.add_row(name, far)
    table.add_row(standing.line)
    return table


def told_by(name: str) -> dict[str, Any]:
    """What a running cell tells of its steps; nothing where it has told none."""
    try:
        told: dict[str, Any] = json.loads(progress_path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or just being written
        return {}
    return told


def _ran(began: float) -> str:
    return duration(time.time() - began)


def how_far(told: Mapping[str, Any], began: float) -> str:
    """Steps, note and time left of a running cell where it tells them, else how long it has run."""
    ran = _ran(began)
    if not told:
        return ran
    parts = [f"{told['done']} of {told['total']}", *([told["note"]] if told["note"] else [])]
    new = told["done"] - told["first_done"]
    if not new or told["done"] == told["total"]:  # what comes after the last step is not counted
        return ", ".join([*parts, ran])
    left = (time.time() - told["since"]) * (told["total"] - told["done"]) / new
    return ", ".join([*parts, f"about {duration(left)} left"])
