"""How far a run is, in a file for who asks from outside, and what had failed when it ended."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from breakeven.core.errors import BreakevenError
from breakeven.core.files import read_json, write_json
from breakeven.running.board import Standing, how_far, told_by
from breakeven.running.warm_process import LOGS, log_path

NOTICE = LOGS / "run.json"
_TELL_EVERY_SECONDS = 2.0


class RunNotice(NamedTuple):
    """A run as it last told of itself.

    `running` has for each cell when it began, in seconds since the epoch, `failed` why it failed.
    `began` is when its `process` began, which tells it from a later one of the same number.
    """

    process: int
    began: float
    standing: Standing
    running: Mapping[str, float]
    failed: Mapping[str, str]

    @property
    def at_work(self) -> bool:
        """Whether its process still runs."""
        import psutil

        try:
            process = psutil.Process(self.process)
            # One that was killed and that nobody has waited for still has its number.
            gone = process.status() == psutil.STATUS_ZOMBIE
            return not gone and bool(process.create_time() == self.began)
        except psutil.Error:
            return False

    def as_dict(self) -> dict[str, Any]:
        """As JSON: counts, what runs and how far it is, what failed and where its log is."""
        return {
            **self.standing._asdict(),
            "running": [
                {"cell": name, "began": began, "how_far": how_far(told_by(name), began)}
                for name, began in self.running.items()
            ],
            "failures": self.failures(),
        }

    def failures(self) -> list[dict[str, str]]:
        """The cells that failed, why, and the file with all that they printed."""
        return [
            {"cell": name, "reason": reason, "log": str(log_path(name))}
            for name, reason in self.failed.items()
        ]

    def lines(self) -> Iterator[str]:
        """What a person is told of a run at work."""
        yield f"a run is at work (process {self.process}): {self.standing.line}"
        for name, began in self.running.items():
            yield f"{name}: {how_far(told_by(name), began)}"
        yield from failure_lines(self.failures())


def failure_lines(failures: list[dict[str, str]]) -> Iterator[str]:
    """A line for each failure."""
    for one in failures:
        yield f"{one['cell']} failed: {one['reason']} (all of it: {one['log']})"


def last_run() -> RunNotice | None:
    """What the last run here told, whether it is at work or has ended; None where there is none."""
    try:
        told = read_json(NOTICE)
        done, total, failed, left = (told["standing"][name] for name in Standing._fields)
        return RunNotice(
            abs(int(told["process"])),
            float(told["began"]),
            Standing(int(done), int(total), int(failed), None if left is None else float(left)),
            {str(name): float(began) for name, began in told["running"].items()},
            {str(name): str(reason) for name, reason in told["failed"].items()},
        )
    except (BreakevenError, LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return None  # none yet, half written by a full disk, or of another version


class NoticeBoard:
    """Writes the notice of this process."""

    def __init__(self) -> None:
        import psutil

        own = psutil.Process()
        self._own = (own.pid, own.create_time())
        self._next = 0.0

    def tell(
        self,
        standing: Standing,
        running: Mapping[str, float],
        failed: Mapping[str, str],
        *,
        at_once: bool = False,
    ) -> None:
        """Write how things stand, every two seconds at most unless `at_once`."""
        now = time.monotonic()
        if now < self._next and not at_once:
            return
        self._next = now + _TELL_EVERY_SECONDS
        notice = RunNotice(*self._own, standing, dict(running), dict(failed))
        # A run does not end where the disk takes nothing more for what only tells of it.
        with contextlib.suppress(OSError):
            write_json(NOTICE, {**notice._asdict(), "standing": standing._asdict()})
