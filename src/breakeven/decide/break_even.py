"""Break-even numbers of queries: where two options cost the same over their lives."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from breakeven.costs.amounts import Amount, absent
from breakeven.decide.options import (
    UNITS,
    DecisionRequest,
    Option,
    Unit,
    item_in_unit,
    known,
    lifetime,
)


class BreakEven(NamedTuple):
    """Two options, the more accurate one second, and the queries at which they cost the same.

    The queries differ by what is counted, and are absent, with the reason, where one option is
    cheaper at any number of them. `cheaper_before` and `cheaper_after` name the cheaper option on
    either side, and `cost` is what both cost there, all in the unit asked for. `net_value` is where
    both net the same, None without a value of a correct answer.
    """

    first: str
    second: str
    flops: Amount
    device_seconds: Amount
    money: Amount
    joules: Amount
    cheaper_before: str | None
    cheaper_after: str | None
    cost: Amount
    net_value: Amount | None


class CostLine(NamedTuple):
    """Lifetime cost in one unit as a line in the number of queries."""

    fixed: Amount
    per_query: Amount


def line(option: Option, request: DecisionRequest, unit: Unit) -> CostLine:
    """What is paid once, and what a query costs."""
    fixed = lifetime(option, request, unit, 0.0)
    return CostLine(fixed, item_in_unit(option, "answering", request, unit))


def break_even(first: Option, second: Option, request: DecisionRequest, unit: Unit) -> Amount:
    """Queries Q > 0 with fixed₁ + Q·answer₁ = fixed₂ + Q·answer₂; absent where there are none."""
    lines = line(first, request, unit), line(second, request, unit)
    return _meeting(first, second, lines, 0.0, ("cost", "is cheaper"))


def net_break_even(first: Option, second: Option, request: DecisionRequest) -> Amount:
    """Queries Q > 0 at which value × Q × accuracy − lifetime cost is the same for both options.

    Of the two, the one that is dearer to make nets more above it. Absent where there are none.
    """
    lines = line(first, request, request.unit), line(second, request, request.unit)
    gain = (request.value_per_correct or 0.0) * (second.accuracy - first.accuracy)
    return _meeting(first, second, lines, gain, ("net", "nets more"))


def _meeting(
    first: Option,
    second: Option,
    lines: tuple[CostLine, CostLine],
    gain: float,
    words: tuple[str, str],
) -> Amount:
    """Where two lines meet; `gain` is what the second option earns more with each query."""
    one, other = lines
    missing = one.fixed + one.per_query + other.fixed + other.per_query
    if missing.reason:
        return absent(missing.reason)
    once = known(other.fixed) - known(one.fixed)
    each = known(one.per_query) - known(other.per_query) + gain
    # Lines meet right of zero only where what is dearer to make is cheaper to ask.
    if once * each > 0:
        return Amount(once / each)
    if once == each == 0:
        return absent(f"{first.name} and {second.name} {words[0]} the same")
    # No crossing above zero: who is not dearer at the start stays so.
    better = first if once >= 0 and each <= 0 else second
    return absent(f"{better.name} {words[1]} at any number of queries")


def contenders(options: Sequence[Option], request: DecisionRequest) -> list[Option]:
    """Options of known cost that no other one beats at every number of queries, worst first.

    One that trains and answers no cheaper, is no more accurate, and is worse in one of the three
    is left out; the rest is in order of accuracy, and of cost paid once where that is equal.
    """
    rows = []
    for option in options:
        once, each = line(option, request, request.unit)
        if once.value is not None and each.value is not None:
            rows.append((option, (once.value, each.value, -option.accuracy)))
    kept = [(option, row) for option, row in rows if not any(_beats(it, row) for _, it in rows)]
    return [option for option, row in sorted(kept, key=lambda pair: (-pair[1][2], pair[1][0]))]


def break_evens(
    options: Sequence[Option], request: DecisionRequest, choice: Option | None
) -> tuple[BreakEven, ...]:
    """Between contenders next to each other in accuracy, then between the choice and the others."""
    ranked = contenders(options, request)
    # Every pair would be 120 of 16 options, most of them with one that nobody would take.
    pairs = list(pairwise(ranked))
    if choice is not None:
        place = ranked.index(choice) if choice in ranked else None
        for index, other in enumerate(ranked):
            if place is None or abs(index - place) > 1:
                below = other.accuracy <= choice.accuracy if place is None else index < place
                pairs.append((other, choice) if below else (choice, other))
    return tuple(_pair(first, second, request) for first, second in pairs)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _pair(first: Option, second: Option, request: DecisionRequest) -> BreakEven:
    found = {unit: break_even(first, second, request, unit) for unit in UNITS}
    flops, seconds, money, joules = found.values()
    net = None
    if request.value_per_correct is not None:
        net = net_break_even(first, second, request)
    queries, names = found[request.unit], (first.name, second.name)
    if queries.value is None:
        nowhere = absent(queries.reason or "no break-even")
        return BreakEven(*names, flops, seconds, money, joules, None, None, nowhere, net)
    once = [known(line(option, request, request.unit).fixed) for option in (first, second)]
    before, after = names if once[0] < once[1] else names[::-1]
    at = lifetime(first, request, request.unit, queries.value)
    return BreakEven(*names, flops, seconds, money, joules, before, after, at, net)
