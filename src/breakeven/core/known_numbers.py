"""Sums and means that are known only where each of their parts is."""

from collections.abc import Iterable


def known_sum(numbers: Iterable[float | None]) -> float | None:
    """The sum, 0 of nothing; None where a part of it was not measured."""
    parts = list(numbers)
    known = [number for number in parts if number is not None]
    # What is left out of a sum reads as if it had cost nothing.
    return sum(known) if len(known) == len(parts) else None


def known_mean(numbers: Iterable[float | None]) -> float | None:
    """The mean; None of nothing, and where a part of it was not measured."""
    parts = list(numbers)
    total = known_sum(parts)
    return None if total is None or not parts else total / len(parts)
