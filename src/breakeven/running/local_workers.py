"""Warm workers as plain child processes: where Ray does not start, as on a machine that is busy.

`python -m breakeven.running.local_workers` is one of them: a line in is a cell, a line out how it
ended. It ends with its input, or with the process that started it.
"""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from breakeven.core.interrupts import end_with
from breakeven.running.cell import Cell, Ended, Lost
from breakeven.running.places import Node, this_node
from breakeven.running.warm_process import INTERRUPT, WarmProcess

_Process = subprocess.Popen[bytes]


class LocalWorkers:
    """Runs cells in the way of `RayWorkers`; a context manager."""

    def __init__(self) -> None:
        import torch

        # Nobody deals out GPUs here: one cell at a time sees all of them.
        self._node = this_node(min(1, torch.cuda.device_count()))
        self._idle: list[_Process] = []
        self._running: dict[_Process, Cell] = {}

    def __enter__(self) -> "LocalWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self._idle, *self._running]:
            _end(process)

    def nodes(self) -> Mapping[str, Node]:
        """This machine."""
        return {"": self._node}

    def start(self, cell: Cell, _nodes: Sequence[str]) -> None:
        """Run a cell on an idle worker, or on a new one."""
        process = self._idle.pop() if self._idle else _new()
        self._running[process] = cell
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is gone, as `wait` will find
            process.stdin.write(json.dumps(cell).encode() + b"\n")
            process.stdin.flush()

    def wait(self, seconds: float) -> Mapping[str, Ended | Lost]:
        """The cells that have ended by then, by name."""
        ended: dict[str, Ended | Lost] = {}
        with selectors.DefaultSelector() as selector:
            for process in self._running:
                assert process.stdout is not None
                selector.register(process.stdout, selectors.EVENT_READ, process)
            for key, _ in selector.select(seconds):
                process = key.data
                cell = self._running.pop(process)
                line = process.stdout.readline()
                if line.endswith(b"\n"):
                    ended[cell.name] = Ended(*json.loads(line))
                    self._idle.append(process)
                else:
                    ended[cell.name] = Lost(f"it ended with {_end(process)}")
        return ended

    def interrupt(self) -> None:
        """Have every running cell end as after ctrl-C; what it has done is kept."""
        for process in self._running:
            process.send_signal(INTERRUPT)


def _new() -> _Process:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # ctrl-C of a terminal is for who runs the workers
    )


def _end(process: _Process) -> int:
    """End a worker, close its pipes and wait for it; its exit code, negative for a signal."""
    process.kill()
    with contextlib.suppress(BrokenPipeError), process:
        pass
    return process.wait()


def _work() -> None:
    # Apart from what cells and their children read and print.
    lines, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    process = WarmProcess()
    for line in lines:
        print(json.dumps(process.run(Cell(*json.loads(line)))), file=replies, flush=True)


if __name__ == "__main__":
    _work()
