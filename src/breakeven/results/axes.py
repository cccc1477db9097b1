"""Axes that accuracy is set against where answers are served, and what a cell comes to on them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from breakeven.costs.query_costs import Lengths, Point, ServedOn
from breakeven.costs.token_prices import TokenPrices

Quantity = Literal["money", "seconds"]
TOKENS = "prices of tokens"
ONE_WAITING = "one person waiting"
FULL = "full throughput"
_QUANTITY_WORDS: dict[Quantity, str] = {
    "money": "modelled money a query",
    "seconds": "modelled seconds an answer",
}


class CostAxis(NamedTuple):
    """Money or seconds of a query on a device, at one way to serve; `name` is its words too."""

    quantity: Quantity
    hardware: str
    point: str

    @property
    def name(self) -> str:
        """What findings, tables and figures call it; it says that it is modelled."""
        if self.hardware == TOKENS:
            return "money a query, by the prices of tokens"
        return f"{_QUANTITY_WORDS[self.quantity]}, {self.place}"

    @property
    def place(self) -> str:
        """The device and the way to serve."""
        return f"{self.hardware}, {self.point}" if self.point else self.hardware

    @property
    def key(self) -> str:
        """The same as a name in a file: `money_within_10_s`."""
        return f"{self.quantity}_{self.point.replace(' ', '_')}".rstrip("_")


@dataclass(frozen=True)
class ServedPoint:
    """The mean query of a cell on one device at one way to serve, all of it modelled.

    `seconds` are what one person waits, and `late_seconds` what 95% of the answers stay within;
    `device_seconds` are the query's share of the device, `money` those at its price. What is not
    known is None, and `reason` or `money_reason` says why.
    """

    hardware: str
    point: str
    batch: int | None = None
    seconds: float | None = None
    late_seconds: float | None = None
    device_seconds: float | None = None
    money: float | None = None
    reason: str = ""
    money_reason: str = ""

    @classmethod
    def by_token(
        cls,
        prices: TokenPrices,
        lengths: Lengths | None,
        missing: str,
        cached_tokens: float | None = None,
    ) -> "ServedPoint":
        """A student that is paid by the token: money alone is known of it."""
        if lengths is None:
            return cls(TOKENS, "", reason=missing, money_reason=missing)
        paid = prices.money_of(lengths.prompt, lengths.new, cached_tokens)
        return cls(TOKENS, "", money=paid.value, money_reason=paid.reason or "")

    def times(self, samples: int) -> "ServedPoint":
        """So many answers to each query; how long one waits for them together is not modelled."""

        def all_of(value: float | None) -> float | None:
            return None if value is None else samples * value

        return replace(
            self,
            seconds=None,
            late_seconds=None,
            device_seconds=all_of(self.device_seconds),
            money=all_of(self.money),
        )

    @property
    def amounts(self) -> Iterator[tuple[str, float]]:
        """What is known, by the name of its axis."""
        known: dict[Quantity, float | None] = {"money": self.money, "seconds": self.seconds}
        for quantity, value in known.items():
            if value is not None:
                yield CostAxis(quantity, self.hardware, self.point).name, value


def axes_on(place: ServedOn) -> Iterator[CostAxis]:
    """The axes of a device that can rank answers differently.

    One person waiting, money is seconds at a price, and ranks alike; the seconds of a full batch
    are nobody's choice.
    """
    name = place.hardware.name
    yield CostAxis("seconds", name, ONE_WAITING)
    if place.latency_seconds is not None:
        yield CostAxis("money", name, point_words("within latency", place))
    yield CostAxis("money", name, FULL)


def axis_of_tokens() -> CostAxis:
    """Money where tokens are paid for."""
    return CostAxis("money", TOKENS, "")


def point_words(point: Point, place: ServedOn) -> str:
    """A way to serve, as it is read."""
    if point == "within latency":
        return f"within {place.latency_seconds:g} s"
    return ONE_WAITING if point == "one waiting" else FULL
