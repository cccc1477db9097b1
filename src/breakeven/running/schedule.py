"""Which cell begins next: those that much else waits for first, so that no long one is left alone.

List scheduling by the longest way to the end (Graham 1969, SIAM J. Appl. Math. 17(2); Hu 1961).
"""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple


class Need(NamedTuple):
    """What a cell takes of its node: cores to compute on, bytes of memory at its peak."""

    cores: int
    memory_bytes: float = 0.0


class Room(NamedTuple):
    """How many cells run at once on a node, with how much together; None where that is no limit."""

    cells: int | None
    cores: int | None
    memory_bytes: float | None = None

    def has_place(self, running: Collection[Need], need: Need) -> bool:
        """Whether a cell fits beside those that run; one alone may take more than there is."""
        if not running:
            return self.cells != 0
        if self.cells is not None and len(running) >= self.cells:
            return False
        cores = need.cores + sum(one.cores for one in running)
        memory = need.memory_bytes + sum(one.memory_bytes for one in running)
        return (self.cores is None or cores <= self.cores) and (
            self.memory_bytes is None or memory <= self.memory_bytes
        )


class Schedule:
    """What waits, what runs, what has ended and what cannot run any more."""

    def __init__(self, reads: Mapping[str, Collection[str]]) -> None:
        self._reads = {name: set(before) for name, before in reads.items()}
        self._readers: dict[str, set[str]] = {name: set() for name in reads}
        for name, before in reads.items():
            for one in before:
                self._readers[one].add(name)
        self.waiting = dict.fromkeys(reads)
        self.running: set[str] = set()
        self.done: list[str] = []
        self.failed: list[str] = []
        self.left_out: list[str] = []

    def ready(self, seconds: Callable[[str], float]) -> list[str]:
        """Cells that may begin, the one with the longest way to the end first."""
        ways = self.ways(seconds)
        names = [name for name in self.waiting if not self._reads[name]]
        return sorted(names, key=lambda name: -ways[name])  # of equal ones, as DVC orders them

    def ways(self, seconds: Callable[[str], float]) -> dict[str, float]:
        """Seconds of the longest way from each cell that has not ended to the end, own one too."""
        ways: dict[str, float] = {}
        # DVC's order has readers after what they read.
        for name in reversed([*self._reads]):
            if name in self.waiting or name in self.running:
                after = (ways.get(reader, 0.0) for reader in self._readers[name])
                ways[name] = seconds(name) + max(after, default=0.0)
        return ways

    def begin(self, name: str) -> None:
        """A cell runs."""
        del self.waiting[name]
        self.running.add(name)

    def end(self, name: str) -> None:
        """A cell is done; what reads it may begin."""
        self.waiting.pop(name, None)
        self.running.discard(name)
        self.done.append(name)
        for reader in self._readers[name]:
            self._reads[reader].discard(name)

    def again(self, name: str) -> None:
        """A cell that runs has to begin anew."""
        self.running.discard(name)
        self.waiting[name] = None

    def fail(self, name: str) -> None:
        """A cell has failed; what reads it, or reads what reads it, is left out."""
        self.running.discard(name)
        self.failed.append(name)
        lost = [*self._readers[name]]
        while lost:
            reader = lost.pop()
            if reader in self.waiting:
                del self.waiting[reader]
                self.left_out.append(reader)
                lost += self._readers[reader]
