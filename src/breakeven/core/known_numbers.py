"""Sums and means that are known only where each of their parts is.

A part that is left out of a sum would read as if it had cost nothing, so that one unknown part
makes the whole unknown.
"""

from collections.abc import Iterable
from typing import TypeVar

Number = TypeVar("Number", int, float)


def known_sum(numbers: Iterable[Number | None]) -> Number | None:
    """The sum, 0 of nothing; None where a part of it was not measured."""
    parts = list(numbers)
    known = [number for number in parts if number is not None]
    return sum(known) if len(known) == len(parts) else None


def known_mean(numbers: Iterable[float | None]) -> float | None:
    """The mean; None of nothing, and where a part of it was not measured."""
    parts = list(numbers)
    total = known_sum(parts)
    return None if total is None or not parts else total / len(parts)
