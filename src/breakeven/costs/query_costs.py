"""What a query costs where it is served: one person waiting, within a latency, at full throughput.

for point in operating_points(served, prompt_tokens=250, new_tokens=1000, latency_seconds=10):
    point.times.seconds, point.money
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.roofline import AnswerTimes, Serving, answer_times, largest_batch

Point = Literal["one waiting", "within latency", "full throughput"]


class OperatingPoint(NamedTuple):
    """One way to serve: its times, or the reason why there are none, and the money of a query."""

    name: Point
    times: AnswerTimes | None
    money: Amount
    reason: str = ""


def operating_points(
    served: Serving,
    *,
    prompt_tokens: float,
    new_tokens: float,
    latency_seconds: float | None = None,
) -> list[OperatingPoint]:
    """Batch 1; the largest batch whose answers end within `latency_seconds`; the largest that fits.

    Without a latency there is no such point. Where not one answer fits into the memory, every point
    has the reason in place of its times.
    """
    names: list[Point] = ["one waiting", "full throughput"]
    if latency_seconds is not None:
        names.insert(1, "within latency")
    most = largest_batch(served, prompt_tokens + new_tokens)
    if not most:
        reason = (
            f"not one answer of {prompt_tokens + new_tokens:,.0f} tokens fits into "
            f"{served.devices} × {served.hardware.name}"
        )
        return [OperatingPoint(name, None, absent(reason), reason) for name in names]

    def times(batch: int) -> AnswerTimes:
        return answer_times(served, batch=batch, prompt_tokens=prompt_tokens, new_tokens=new_tokens)

    points = []
    for name in names:
        batch = {"one waiting": 1, "full throughput": most}.get(name)
        if batch is None:
            assert latency_seconds is not None
            batch = largest_within(lambda size: times(size).seconds, latency_seconds, most)
        if not batch:
            alone = times(1).seconds
            reason = f"one answer alone takes {alone:,.3g} s, more than {latency_seconds:g} s"
            points.append(OperatingPoint(name, None, absent(reason), reason))
            continue
        found = times(batch)
        points.append(OperatingPoint(name, found, money(served, found)))
    return points


def money(served: Serving, times: AnswerTimes) -> Amount:
    """What one answer costs, in the currency of the hardware's price; absent without a price."""
    return served.hardware.hourly_price.times(times.device_seconds / 3600)


def largest_within(seconds: Callable[[int], float], limit: float, most: int) -> int:
    """The largest batch of at most `most` that takes no longer than `limit`; 0 where none does.

    A larger batch never takes less time, so that halving finds it.
    """
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if seconds(middle) <= limit:
            low = middle
        else:
            high = middle - 1
    return low
