"""What a query costs where it is served: one person waiting, within a latency, at full throughput.

for point in operating_points(served, prompt_tokens=250, new_tokens=1000, latency_seconds=10):
    point.times.seconds, point.money
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from breakeven.core.errors import InputError
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.architecture import Architecture
from breakeven.costs.counts import Array
from breakeven.costs.hardware import Hardware
from breakeven.costs.roofline import (
    Achieved,
    AnswerTimes,
    Serving,
    answer_seconds,
    answer_times,
    largest_batch,
)
from breakeven.costs.serving_work import FORMATS

Point = Literal["one waiting", "within latency", "full throughput"]
# Sequences that vLLM runs at once unless told otherwise (`max_num_seqs`), on a device of 70 GiB or
# more; a quarter of it on smaller ones. A memory may hold many more answers of a small model.
MOST_AT_ONCE = 1024
# Of the answers, the share that a late one is behind.
LATE = 0.95


class ServedOn(NamedTuple):
    """Where and how answers are served; `latency_seconds` is what one person would wait."""

    hardware: Hardware
    achieved: Achieved
    number_format: str = "bfloat16"
    devices: int = 1
    latency_seconds: float | None = None

    def serving(self, shape: Architecture) -> Serving:
        """A model there."""
        numbers = FORMATS[self.number_format]
        return Serving(shape, self.hardware, numbers, self.devices, self.achieved)


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
    names = point_names(latency_seconds)
    if reason := no_room(served, prompt_tokens + new_tokens):
        return [OperatingPoint(name, None, absent(reason), reason) for name in names]
    most = largest_batch(served, prompt_tokens + new_tokens)

    def times(batch: int) -> AnswerTimes:
        return answer_times(served, batch=batch, prompt_tokens=prompt_tokens, new_tokens=new_tokens)

    points = []
    for name in names:
        batch = {"one waiting": 1, "full throughput": most}.get(name)
        if batch is None:
            assert latency_seconds is not None
            batch = largest_within(lambda size: times(size).seconds, latency_seconds, most)
        if not batch:
            assert latency_seconds is not None  # another batch is at least 1
            reason = too_late(times(1).seconds, latency_seconds)
            points.append(OperatingPoint(name, None, absent(reason), reason))
            continue
        found = times(batch)
        points.append(OperatingPoint(name, found, money(served, found)))
    return points


def require_latency(seconds: float | None, key: str) -> None:
    """Raise InputError on a wait that no answer can keep, or that limits nothing."""
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise InputError(
            f"{key}: value is {seconds:g}; use a number of seconds above 0, or leave it out for no "
            "limit"
        )


def point_names(latency_seconds: float | None) -> list[Point]:
    """The ways to serve; without a latency there is none within it."""
    if latency_seconds is None:
        return ["one waiting", "full throughput"]
    return ["one waiting", "within latency", "full throughput"]


def no_room(served: Serving, tokens: float) -> str:
    """Why not one answer of so many tokens fits; empty where one does."""
    if largest_batch(served, tokens):
        return ""
    device = f"{served.devices} × {served.hardware.name}"
    return f"not one answer of {tokens:,.0f} tokens fits into {device}"


def too_late(alone: float, latency_seconds: float) -> str:
    """Why no batch keeps a latency."""
    return f"one answer alone takes {alone:,.3g} s, more than {latency_seconds:g} s"


class Lengths(NamedTuple):
    """Tokens of answers, (answers,) each; `weights` add up to one."""

    prompt_tokens: Array
    new_tokens: Array
    weights: Array

    @property
    def prompt(self) -> float:
        """Mean tokens of a prompt."""
        return float(self.weights @ self.prompt_tokens)

    @property
    def new(self) -> float:
        """Mean tokens of an answer."""
        return float(self.weights @ self.new_tokens)


class ServedAnswers(NamedTuple):
    """What answers of all their lengths come to at one operating point: modelled, never measured.

    `seconds` and `device_seconds` are means over the answers, `late_seconds` what 95% of them stay
    within. All are None, with the `reason`, where there are none; money has a reason of its own.
    """

    point: Point
    batch: int | None
    seconds: float | None
    late_seconds: float | None
    device_seconds: float | None
    money: Amount
    reason: str = ""


def served_answers(
    served_on: ServedOn, shape: Architecture, lengths: Lengths
) -> list[ServedAnswers]:
    """Answers of these lengths at every operating point, within the latency by their mean."""
    served = served_on.serving(shape)
    latency = served_on.latency_seconds
    if reason := no_room(served, lengths.prompt + lengths.new):
        return [_none(name, reason) for name in point_names(latency)]
    most = largest_batch(served, lengths.prompt + lengths.new)
    found: dict[Point, ServedAnswers] = {
        "one waiting": at_batch(served, "one waiting", 1, lengths),
        "full throughput": at_batch(served, "full throughput", most, lengths),
    }
    if latency is not None:
        found["within latency"] = answers_within(served, lengths, latency)
    return [found[name] for name in point_names(latency)]


def answers_within(served: Serving, lengths: Lengths, latency_seconds: float) -> ServedAnswers:
    """The largest batch that fits and whose answers end within so many seconds on average."""
    most = largest_batch(served, lengths.prompt + lengths.new)

    def of(batch: int) -> ServedAnswers:
        return at_batch(served, "within latency", batch, lengths)

    def seconds(batch: int) -> float:
        found = of(batch).seconds
        assert found is not None  # a batch has its seconds where it has room
        return found

    if not most:
        return _none("within latency", no_room(served, lengths.prompt + lengths.new))
    # Most often all that fit are quick enough, or none is.
    if seconds(most) <= latency_seconds:
        return of(most)
    batch = largest_within(seconds, latency_seconds, most)
    return of(batch) if batch else _none("within latency", too_late(seconds(1), latency_seconds))


def _none(point: Point, reason: str) -> ServedAnswers:
    return ServedAnswers(point, None, None, None, None, absent(reason), reason)


def at_batch(served: Serving, point: Point, batch: int, lengths: Lengths) -> ServedAnswers:
    """Answers of these lengths, `batch` at a time."""
    first, whole = answer_seconds(
        served,
        batch=batch,
        prompt_tokens=lengths.prompt_tokens,
        new_tokens=lengths.new_tokens,
    )
    mean = float(lengths.weights @ whole)
    device_seconds = mean * served.devices / batch
    by_answer = whole
    if batch > 1:
        # An answer's steps take as long as those of the others beside it, whatever its own length.
        steps = lengths.new_tokens - 1
        all_steps = float(lengths.weights @ steps)
        a_step = float(lengths.weights @ (whole - first)) / all_steps if all_steps else 0.0
        by_answer = float(lengths.weights @ first) + steps * a_step
    return ServedAnswers(
        point,
        batch,
        mean,
        weighted_quantile(by_answer, lengths.weights, LATE),
        device_seconds,
        served.hardware.hourly_price.times(device_seconds / 3600),
    )


def weighted_quantile(values: Array, weights: Array, share: float) -> float:
    """The least value that at least `share` of the weight does not lie above."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    # Sums of weights may end a little below one.
    place = int(np.searchsorted(reached, share - 1e-12))
    return float(values[order[min(place, len(values) - 1)]])


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
