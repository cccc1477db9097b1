"""This process as the one worker: for a single cell, which is over before another has started."""

import signal
from collections.abc import Mapping, Sequence

from breakeven.running.cell import Cell, Ended
from breakeven.running.places import Node, this_node
from breakeven.running.warm_process import WarmProcess


class ThisProcess:
    """Runs cells here, one after another, in the way of `RayWorkers`; a context manager."""

    def __init__(self) -> None:
        self._process = WarmProcess()
        self._node = this_node(devices=0)
        self._cells: list[Cell] = []

    def __enter__(self) -> "ThisProcess":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def nodes(self) -> Mapping[str, Node]:
        """This machine."""
        return {"": self._node}

    def start(self, cell: Cell, _nodes: Sequence[str]) -> None:
        """Take a cell, which `wait` runs."""
        self._cells.append(cell)

    def wait(self, _seconds: float) -> Mapping[str, Ended]:
        """Run what was taken to its end, however long that is; ctrl-C ends it."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            ended = {cell.name: _told(self._process.run(cell)) for cell in self._cells}
        finally:
            signal.signal(signal.SIGINT, before)
        self._cells = []
        return ended

    def interrupt(self) -> None:
        """Nothing runs between two calls of `wait`."""


def _told(ended: Ended) -> Ended:
    """SIGTERM, which the stage took for its own, was for the run, as ctrl-C is."""
    return ended._replace(exit_code=130) if ended.exit_code == 143 else ended
