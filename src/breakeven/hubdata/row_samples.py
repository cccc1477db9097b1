"""A seeded sample of a stream: the rows whose seeded hashes are smallest.

The hash is that of a row's position in its split, so that the sample is the same however the rows
arrive, and a larger sample of the same seed holds a smaller one.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from typing import TypeVar

Value = TypeVar("Value")


def sample(
    rows: Iterable[tuple[int, Value]], count: int | None, seed: int, *, total: int | None = None
) -> Iterator[tuple[int, Value]]:
    """`count` (1 or more) of the numbered `rows`, or all of them, in the order of their numbers.

    Where `total` is known rows are passed on as they come, and only numbers are held in memory;
    they must then come in order. Otherwise `count` rows are held until the stream ends.
    """
    if count is None or (total is not None and count >= total):
        return iter(rows)
    if total is not None:
        return _numbered(rows, _smallest(total, count, seed))
    return _held(rows, count, seed)


def rank(seed: int, number: int) -> int:
    """The seeded hash of a row's number."""
    digest = hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _smallest(total: int, count: int, seed: int) -> list[int]:
    ranked = heapq.nsmallest(count, ((rank(seed, number), number) for number in range(total)))
    return sorted(number for _, number in ranked)


def _numbered(rows: Iterable[tuple[int, Value]], wanted: list[int]) -> Iterator[tuple[int, Value]]:
    """The wanted rows; the stream is left after the last of them."""
    ahead = iter(wanted)
    following = next(ahead, None)
    for number, row in rows:
        if number == following:
            yield number, row
            following = next(ahead, None)
            if following is None:
                return


def _held(rows: Iterable[tuple[int, Value]], count: int, seed: int) -> Iterator[tuple[int, Value]]:
    # Negative, as heapq keeps the smallest first and it is the largest that has to give way.
    heap: list[tuple[int, int, Value]] = []  # no two numbers are alike
    for number, row in rows:
        entry = (-rank(seed, number), number, row)
        if len(heap) < count:
            heapq.heappush(heap, entry)
        elif entry[:2] > heap[0][:2]:
            heapq.heapreplace(heap, entry)
    yield from ((number, row) for _, number, row in sorted(heap, key=lambda entry: entry[1]))
