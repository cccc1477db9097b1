"""An amount that was measured, or is absent with the reason: never a zero that nobody measured."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True)
class Amount:
    """A finite value of at least zero, or None with the reason why there is none.

    Adds up; a sum with an absent part is absent and keeps each reason once. Raises ValueError where
    both or neither of value and reason are given.
    """

    value: float | None
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.reason):
            raise ValueError(f"an amount has a value or a reason: {self.value!r}, {self.reason!r}")
        if self.value is not None and not (math.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"an amount is finite and at least 0: {self.value!r}")

    def __add__(self, other: "Amount") -> "Amount":
        if self.value is not None and other.value is not None:
            return Amount(self.value + other.value)
        # A sum's reasons are taken apart again, so that none is told twice.
        reasons = [part.reason.split("; ") for part in (self, other) if part.reason]
        return absent("; ".join(dict.fromkeys(chain.from_iterable(reasons))))

    def times(self, factor: float) -> "Amount":
        """The amount `factor` times over; absent stays absent."""
        return self if self.value is None else Amount(self.value * factor)


def absent(reason: str) -> Amount:
    """No value, for this reason."""
    return Amount(None, reason)


def largest(amounts: Iterable[Amount]) -> Amount:
    """The largest of amounts, such as peaks of memory; absent where one of them is.

    Raises ValueError where there are none.
    """
    parts = list(amounts)
    for part in parts:
        if part.value is None:
            return part
    return max(parts, key=lambda part: part.value or 0.0)
