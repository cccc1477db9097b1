"""Training curves in MLflow while a training runs.

The training only writes lines into a pipe. A child process at low priority imports MLflow and logs
them (`breakeven.tracking.live_writer`), so neither the import nor a slow or failing store takes
time from the training, and a killed training is seen as the end of the pipe. What it shows is for
watching: `track` replaces it by the run made from the records.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from breakeven.params import Params
from breakeven.tracking.run_names import COLOUR, cell_colour, cell_keys, cell_name, cell_title

# A training shorter than this is over before anyone could watch it, and the child's 3 s of the
# processor, which all cores of a study may be busy with, would be a tenth of it and more.
START_AFTER_SECONDS = 120.0
FLUSH_EVERY_SECONDS = 0.5
WAIT_AT_END_SECONDS = 5.0
_MOST_UNSENT_BYTES = 8 << 20


class LiveRun:
    """Curves of one training; a context manager with `log(step, metrics)`.

    `training` identifies the training (the key of its scratch folder): a resumed training goes on
    in its own live run, any other live run of the cell is archived. Nothing is started before
    `START_AFTER_SECONDS` of training. No failure of MLflow reaches the caller: the child prints one
    line and the rest of the points go nowhere.
    """

    def __init__(
        self,
        params: Params,
        student: str,
        arm: str,
        seed: int,
        training: str,
        *,
        start_after_seconds: float = START_AFTER_SECONDS,
        wait_at_end_seconds: float = WAIT_AT_END_SECONDS,
    ) -> None:
        header = {
            "study": params.study,
            "cell": cell_name(student, arm, seed),
            "name": f"{cell_title(params, student, arm, seed)} (training)",
            "keys": cell_keys(params, student, arm, seed),
            "tags": {COLOUR: cell_colour(params, arm)},
            "training": training,
        }
        self._unsent = bytearray(_line(header))
        self._child: subprocess.Popen[bytes] | None = None
        self._off = False
        self._wait_at_end_seconds = wait_at_end_seconds
        self._flush_at = time.monotonic() + start_after_seconds

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Note the metrics of a step (`train/<name>` if a name has no group); returns at once."""
        if self._off:
            return
        point = {"step": step, "time": time.time_ns() // 1_000_000, "metrics": dict(metrics)}
        # Kept for half a second: a write a step would be a system call a step.
        self._unsent += _line(point)
        now = time.monotonic()
        if now >= self._flush_at:
            self._flush_at = now + FLUSH_EVERY_SECONDS
            self._send()

    def close(self, status: str = "FINISHED") -> None:
        """End the run as FINISHED, FAILED or KILLED; waits a few seconds at most."""
        child = self._child
        if child is None or child.stdin is None:
            self._off = True
            return
        self._unsent += _line({"end": status})
        deadline = time.monotonic() + self._wait_at_end_seconds
        while not self._off and self._unsent and time.monotonic() < deadline:
            self._send()
            time.sleep(0.01)
        self._off = True
        with contextlib.suppress(OSError):
            child.stdin.close()
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # KeyboardInterrupt and SystemExit are no failures of the training.
        stopped = kind is not None and not issubclass(kind, Exception)
        self.close("FINISHED" if kind is None else "KILLED" if stopped else "FAILED")

    def _send(self) -> None:
        """Write what the pipe takes without blocking."""
        try:
            if self._child is None:
                self._child = _start()
            assert self._child.stdin is not None
            while self._unsent:
                # Straight to the pipe: a buffered file would block, or lose track of what was sent.
                sent = os.write(self._child.stdin.fileno(), self._unsent[:65536])
                del self._unsent[:sent]
        except BlockingIOError:
            if len(self._unsent) > _MOST_UNSENT_BYTES:
                self._off = True  # a store that hangs must not fill the training's memory
        except OSError:
            # The child has ended and has said why.
            self._off = True
            self._unsent.clear()


def _start() -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", "breakeven.tracking.live_writer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,  # ctrl-C is for the training, which then ends the pipe
    )
    assert child.stdin is not None
    os.set_blocking(child.stdin.fileno(), False)
    return child


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode() + b"\n"
