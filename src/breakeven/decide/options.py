"""What there is to choose from, and what is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from breakeven.core.errors import InputError
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import Bill, Cost, absent_cost
from breakeven.costs.prices import PRICE_KEY, known_price
from breakeven.costs.query_costs import require_latency
from breakeven.params import ResultStyle

Unit = Literal["flops", "device_seconds", "money", "joules"]
UNITS: tuple[Unit, ...] = ("flops", "device_seconds", "money", "joules")
NO_JOULES = "energy was not metered"
# Past any use; sums and products of such numbers with any cost are finite.
MOST = 1e100
# A cost has tokens too; a decision made without them must not say they were zero.
_UNUSED = "not part of a decision"
NO_DEVICE = "no device is named"


@dataclass(frozen=True)
class Option:
    """A student, trained and answering in one way: `accuracy` is a fraction.

    `bill` holds one training, the mean answer (`answers` is 1), and the teacher and judge of the
    whole study; its FLOPs, device-seconds and joules are read. On a named device its seconds are
    modelled, those of training by its steps or, where these are not known, by its FLOPs alone
    (`training_by`), and `latency` is what one person waits, with `batch` answers at once, of the
    `most_at_once` that its memory holds. `paid` is the money of items of the bill that are paid by
    the token, whatever device they ran on: `answering` of the mean answer.
    """

    name: str
    student: str
    arm: str
    style: ResultStyle
    accuracy: float
    bill: Bill
    size_parameters: float | None = None
    decoding: str = "greedy"
    latency: Amount = field(default_factory=lambda: absent(NO_DEVICE))
    batch: int | None = None
    most_at_once: int | None = None
    training_by: Literal["steps", "flops"] | None = None
    paid: Mapping[str, Amount] = field(default_factory=dict)

    def money(self, item: str, price_per_device_hour: float | None) -> Amount:
        """Money of an item of the bill: by the token where it is paid so, else by the hour."""
        if item in self.paid:
            return self.paid[item]
        cost: Cost = getattr(self.bill, item)
        # Whose answers are paid by the token may have no device, and no price of its hours.
        if self.by_token and cost.device_seconds.value == 0:
            return Amount(0.0)
        return cost.money(price_per_device_hour)

    @property
    def by_token(self) -> bool:
        """Whether its answers are paid by the token."""
        return "answering" in self.paid


@dataclass(frozen=True)
class DecisionRequest:
    """What the choice must do. `budget` and costs are in `unit`, value in the price's currency.

    None means no limit, no price, or no known value of a correct answer. Without a `device`,
    device-seconds are those that were measured; on one all of them are modelled, the wait for an
    answer may have a limit too, and `batch` answers are given at once (None: as many as fit, or as
    end within that limit). The teacher is counted unless it is to be left out, in the units in
    which it is known of both styles; once the options are known, `teacher_left_out` has the others
    with the reason (`decide.paid_once`).
    """

    queries: float
    unit: Unit = "money"
    budget: float | None = None
    price_per_device_hour: float | None = None
    max_seconds_per_answer: float | None = None
    value_per_correct: float | None = None
    with_teacher: bool = True
    with_judging: bool = False
    with_tuning: bool = False
    device: str | None = None
    max_latency_seconds: float | None = None
    batch: int | None = None
    teacher_left_out: Mapping[Unit, str] = field(default_factory=dict)

    def counted_once(self, unit: Unit) -> tuple[str, ...]:
        """The items of the bill that a lifetime cost in this unit holds beside the training."""
        teacher = self.with_teacher and unit not in self.teacher_left_out
        asked = {"teacher": teacher, "tuning": self.with_tuning, "judging": self.with_judging}
        return tuple(item for item, counted in asked.items() if counted)


def known(amount: Amount) -> float:
    """The value of an amount that has one; raises ValueError otherwise."""
    if amount.value is None:
        raise ValueError(f"an amount is absent: {amount.reason}")
    return amount.value


def cost_of(flops: Amount, device_seconds: Amount, joules: Amount | None = None) -> Cost:
    """A cost of which a decision reads FLOPs, device-seconds and, where metered, joules."""
    energy = joules or absent(NO_JOULES)
    nothing = absent_cost(_UNUSED)
    return replace(nothing, flops=flops, device_seconds=device_seconds, energy_joules=energy)


def option_bill(
    training: Cost,
    answer: Cost,
    teacher: Cost | None = None,
    judging: Cost | None = None,
    tuning: Cost | None = None,
) -> Bill:
    """The bill of an option from one training and the mean answer."""
    return Bill(
        teacher=teacher or absent_cost("the teacher's cost is not known"),
        training=training,
        answering=answer,
        judging=judging or absent_cost("the judge's cost is not known"),
        answers=1,
        tuning=tuning or absent_cost("the tuning's cost is not known"),
    )


def lifetime(
    option: Option, request: DecisionRequest, unit: Unit, queries: float | None = None
) -> Amount:
    """What the option costs over its life: training + queries × answer (+ what is wanted)."""
    asked = request.queries if queries is None else queries
    amount = item_in_unit(option, "training", request, unit)
    # Nothing is asked without queries, where the mean of an answer may be absent.
    if asked:
        amount += item_in_unit(option, "answering", request, unit).times(asked)
    for item in request.counted_once(unit):
        amount += item_in_unit(option, item, request, unit)
    return amount


def item_in_unit(option: Option, item: str, request: DecisionRequest, unit: Unit) -> Amount:
    """An item of the bill, `answering` of the mean answer: in money by the token where paid so."""
    if unit == "money":
        return option.money(item, request.price_per_device_hour)
    cost: Cost = getattr(option.bill, item)
    quantities = {
        "flops": cost.flops,
        "device_seconds": cost.device_seconds,
        "joules": cost.energy_joules,
    }
    return quantities[unit]


def seconds_per_answer(option: Option) -> Amount:
    """Device-seconds of the mean answer: answers of a batch share its seconds."""
    return option.bill.per_answer.device_seconds


def not_served(option: Option, request: DecisionRequest) -> str | None:
    """Why the device of a request cannot answer with an option, in whatever unit costs are counted.

    None where it can, where no device is named, and of answers that a service is paid for.
    """
    if request.device is None or option.by_token or option.batch is not None:
        return None
    return f"its answers on {request.device} are not known: {seconds_per_answer(option).reason}"


def in_time(option: Option, request: DecisionRequest) -> bool:
    """Whether an option is known to keep the limits on device-seconds and on the wait."""
    if not_served(option, request):
        return False
    limits = (
        (request.max_seconds_per_answer, seconds_per_answer(option)),
        (request.max_latency_seconds, option.latency),
    )
    return all(
        limit is None or (found.value is not None and found.value <= limit)
        for limit, found in limits
    )


def priced(price_per_device_hour: float | None) -> bool:
    """Whether money can be reckoned with: no price, or one of zero, makes it absent."""
    return known_price(price_per_device_hour, PRICE_KEY).value is not None


def check_request(
    request: DecisionRequest,
    names: Mapping[str, str] | None = None,
    options: Sequence[Option] = (),
) -> None:
    """Raise InputError on numbers below 0 or above `MOST`, or on money without a price.

    `names` maps a field to what the person who asked calls it. Where answers of `options` are paid
    by the token, money needs no price of hours.
    """

    def called(name: str) -> str:
        return (names or {}).get(name, name)

    for number in _NUMBERS:
        value = getattr(request, number)
        if value is not None and not 0 <= value <= MOST:
            raise InputError(
                f"decide: {called(number)}: value is {value:g}; use a number of at least 0, "
                f"at most {MOST:g}"
            )
    require_latency(request.max_latency_seconds, f"decide: {called('max_latency_seconds')}")
    if request.batch is not None and request.batch < 1:
        raise InputError(
            f"decide: {called('batch')}: value is {request.batch}; use a whole number of at least 1"
        )
    if request.value_per_correct is not None and request.unit != "money":
        raise InputError(
            f"decide: {called('value_per_correct')}: is compared with costs in money; give "
            f"{called('price_per_device_hour')}, and money as {called('unit')}"
        )
    if request.max_latency_seconds is not None and request.device is None:
        raise InputError(
            f"decide: {called('max_latency_seconds')}: how long one person waits is modelled for a "
            f"device; give {called('device')}"
        )
    by_token = any(option.by_token for option in options)
    if request.unit == "money" and not (by_token or priced(request.price_per_device_hour)):
        name = "unit" if request.budget is None else "budget"
        why = "there is no price" if request.price_per_device_hour is None else "the price is 0"
        raise InputError(
            f"decide: {called(name)}: is in money, and {why}; give "
            f"{called('price_per_device_hour')} above 0, or choose another {called('unit')}"
        )


_NUMBERS = (
    "queries",
    "budget",
    "price_per_device_hour",
    "max_seconds_per_answer",
    "value_per_correct",
)
