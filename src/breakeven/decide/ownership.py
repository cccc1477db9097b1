"""What a student costs its owner: every item of its bill in money, whatever the choice counts."""

from collections.abc import Mapping
from typing import NamedTuple

from breakeven.costs.amounts import Amount
from breakeven.costs.bill import ITEMS, NO_COST
from breakeven.decide.options import DecisionRequest, Option


class Ownership(NamedTuple):
    """Money of each item over a life; `total` is absent where an item is, `at_least` what is known.

    The items are those of a bill: teacher, tuning, training, answering, judging.
    """

    items: Mapping[str, Amount]
    total: Amount
    at_least: float


def ownership(option: Option, request: DecisionRequest) -> Ownership:
    """The total cost of ownership of an option.

    Absent without a price of a device-hour, but for what is paid by the token.
    """
    price, queries = request.price_per_device_hour, request.queries
    items = {item: option.money(item, price) for item in ITEMS}
    # Nothing is asked without queries, where the mean of an answer may be absent.
    if queries or option.by_token:
        items["answering"] = items["answering"].times(queries)
    else:
        items["answering"] = NO_COST.money(price)
    total = sum(items.values(), Amount(0.0))
    known = sum(amount.value for amount in items.values() if amount.value is not None)
    return Ownership(items, total, known)
