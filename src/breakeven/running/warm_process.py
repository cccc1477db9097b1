"""Runs a cell in a process that has run others: imports are paid once, all else is as if new.

What a stage could find of the cell before it, its threads, its environment, its peak of memory, is
put back, so that the cell's outputs and record are those of `dvc repro`.
"""

import contextlib
import ctypes
import gc
import json
import os
import runpy
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from breakeven.core.cell_log import CELL_LOG, printed_to
from breakeven.core.errors import MachineError, disk_error
from breakeven.core.progress import watched
from breakeven.pipeline.code import look_again
from breakeven.running.cell import Cell, Ended

LOGS = Path(".work/run")
# Ctrl-C of a terminal goes to whoever runs the workers, who tells them by this one.
INTERRUPT = signal.SIGUSR2
# These import no PyTorch; for all others its number of threads has to be known before they set it.
_WITHOUT_TORCH = frozenset({"inputs", "tasks", "prompts", "texts", "lessons", "pairs", "track"})
_TELL_EVERY_SECONDS = 0.5


class WarmProcess:
    """This process, as one that runs cell after cell of the project in the working directory."""

    def __init__(self) -> None:
        self._threads: int | None = None
        self._environment = dict(os.environ)
        self._interrupted = False
        signal.signal(INTERRUPT, self._note)

    def run(self, cell: Cell) -> Ended:
        """Run a cell to its end, whatever it is; what it prints goes to its log."""
        started = time.perf_counter()
        log, progress = log_path(cell.name), progress_path(cell.name)
        try:
            with printed_to(log), watched(Bulletin(progress)):
                code = self._run_script(cell)
            progress.unlink(missing_ok=True)
            line = last_line(log)
        except OSError as error:  # of the log's folder: there is nowhere to print it
            code, line = MachineError.exit_code, str(disk_error(error) or error)
        return Ended(code, time.perf_counter() - started, line)

    def _run_script(self, cell: Cell) -> int:
        arguments = sys.argv
        sys.argv = [*cell.arguments]
        try:
            # Imports for seconds, in which an exception can be lost: what is only noted cannot.
            self._renew(cell)
            signal.signal(INTERRUPT, signal.default_int_handler)
            if self._interrupted:
                return 130
            runpy.run_path(cell.arguments[0], run_name="__main__")
        except SystemExit as ended:
            if isinstance(ended.code, str):  # as Python does at its own end
                print(ended.code, file=sys.stderr)
                return 1
            return ended.code or 0
        except KeyboardInterrupt:
            return 130
        except BaseException:  # a fault of the stage ends the stage, not the worker
            traceback.print_exc()
            return 1
        finally:
            signal.signal(INTERRUPT, self._note)
            sys.argv = arguments
        return 0

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        # The cell that it was sent to has just ended, or has not begun.
        self._interrupted = True

    def _renew(self, cell: Cell) -> None:
        # As DVC sets them for the commands that it runs.
        told = {"DVC_STAGE": cell.name, "DVC_ROOT": str(Path.cwd())}
        log = {CELL_LOG: str(log_path(cell.name))}
        _set_environment({**self._environment, **told, **log})
        look_again()
        gc.collect()
        if cell.stage not in _WITHOUT_TORCH or "torch" in sys.modules:
            import torch

            self._threads = self._threads or torch.get_num_threads()
            torch.set_num_threads(self._threads)
            if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
                torch.cuda.empty_cache()
        if "accelerate" in sys.modules:
            from accelerate.state import AcceleratorState, GradientState

            AcceleratorState._reset_state(reset_partial_state=True)
            GradientState._reset_state()
        _forget_peak()


def _set_environment(wanted: Mapping[str, str]) -> None:
    # Only what differs: threads of libraries may be reading others.
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def log_path(name: str) -> Path:
    """Where a cell's output goes."""
    return LOGS / f"{name}.log"


def progress_path(name: str) -> Path:
    """Where a running cell tells how far it is."""
    return LOGS / f"{name}.progress.json"


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Bulletin:
    """Writes how far a cell is, twice a second at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = 0.0
        self._first: tuple[int, float] = (0, 0.0)
        self._last: tuple[int, int] | None = None

    def __call__(self, done: int, total: int, note: str) -> None:
        """Note that `done` of `total` are done."""
        now = time.time()
        # Less than before, or of another total: the next thing that the stage counts.
        if self._last is None or done < self._last[0] or total != self._last[1]:
            self._first = (done, now)
        self._last = (done, total)
        if now < self._next and done != total:
            return
        self._next = now + _TELL_EVERY_SECONDS
        first_done, since = self._first
        told = {"done": done, "total": total, "first_done": first_done, "since": since}
        text = json.dumps({**told, "note": note})
        # Who reads it skips what is half written: a stage is not to wait for the disk, nor to end
        # where that takes nothing more; what it keeps itself is told.
        with contextlib.suppress(OSError):
            self._path.write_text(text, encoding="utf-8")


def _forget_peak() -> None:
    """Give freed memory back, and have the system count this process's peak from here (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
