"""What an order of cells comes to on so many places: the schedule of a run, without the run."""

import heapq
from collections.abc import Collection, Mapping
from typing import NamedTuple

from breakeven.running.schedule import Schedule


class Simulated(NamedTuple):
    """How a schedule went.

    Attributes:
        makespan_seconds: From the first cell's start to the last one's end.
        utilisation: Share of the places' time in which they were at work.
        bound_seconds: What no order can beat: the longest way, or all work divided by the places.
    """

    makespan_seconds: float
    utilisation: float
    bound_seconds: float


def simulate(
    reads: Mapping[str, Collection[str]],
    seconds: Mapping[str, float],
    places: int,
    *,
    longest_first: bool = True,
) -> Simulated:
    """Cells in DVC's order with what each reads, and the seconds that each takes of one place.

    A place that is free takes the ready cell with the longest way to the end, as a run does, or the
    first one in DVC's order. Seconds are known beforehand; a run learns them as it goes.
    """
    ways = Schedule(reads).ways(seconds.__getitem__)
    number = {name: index for index, name in enumerate(reads)}

    def waiting(name: str) -> tuple[float, int, str]:
        return (-ways[name] if longest_first else 0.0, number[name], name)

    left = {name: len(before) for name, before in reads.items()}
    readers: dict[str, list[str]] = {name: [] for name in reads}
    for name, before in reads.items():
        for one in before:
            readers[one].append(name)
    ready = [waiting(name) for name, count in left.items() if not count]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    clock = 0.0
    while ready or running:
        while ready and len(running) < places:
            name = heapq.heappop(ready)[-1]
            heapq.heappush(running, (clock + seconds[name], name))
        clock, ended = heapq.heappop(running)
        for name in readers[ended]:
            left[name] -= 1
            if not left[name]:
                heapq.heappush(ready, waiting(name))
    work = sum(seconds[name] for name in reads)
    return Simulated(
        clock,
        work / (clock * places) if clock else 0.0,
        max([work / places, *ways.values()]),
    )
