"""The whole bill of a cell: teacher, training, answering, judging; and its lifetime cost.

- `Cost`: tokens, FLOPs, device-seconds, GPU-hours, energy; adds up, and `money(price)`.
- `generation_cost`, `training_cost`: a Cost from token counts and, where measured, a DeviceUsage.
- `NO_COST`: nothing ran, a true zero. `absent_cost(reason)`: something ran, nobody measured it.
- `Bill`: the four items and how many answers they bought; bills add up to that of a study.
- `lifetime_cost(bill, queries)`: training + queries × answer (+ teacher + judge).
- `bill_to_json`, `bill_from_json`: as a record keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from numpy.typing import ArrayLike

from breakeven.costs import exact
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.architecture import Architecture
from breakeven.costs.counts import checked_array
from breakeven.costs.devices import DeviceUsage
from breakeven.costs.lora import Lora

_NOT_METERED = "device was not metered"


@dataclass(frozen=True)
class Cost:
    """What one item took. `read_tokens` went in (prompts, training text), `new_tokens` came out."""

    read_tokens: Amount
    new_tokens: Amount
    flops: Amount
    device_seconds: Amount
    gpu_hours: Amount
    energy_joules: Amount

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            **{part.name: getattr(self, part.name) + getattr(other, part.name) for part in _PARTS}
        )

    def times(self, factor: float) -> "Cost":
        """The cost `factor` times over."""
        return Cost(**{part.name: getattr(self, part.name).times(factor) for part in _PARTS})

    def money(self, price_per_device_hour: float | None) -> Amount:
        """Device-hours × price, in the price's currency; absent without a price."""
        if price_per_device_hour is None:
            return absent("costs.price_per_device_hour is not set")
        return self.device_seconds.times(price_per_device_hour / 3600)


_PARTS = fields(Cost)
_ZERO = Amount(0.0)
NO_COST = Cost(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)


def absent_cost(reason: str) -> Cost:
    """A cost of which nothing was measured, for this reason."""
    nothing = absent(reason)
    return Cost(nothing, nothing, nothing, nothing, nothing, nothing)


def generation_cost(
    architecture: Architecture | None,
    prompt_tokens: ArrayLike,
    new_tokens: ArrayLike,
    usage: DeviceUsage | None = None,
) -> Cost:
    """The cost of answering prompts: a student's answers, a teacher's completions, a judge's.

    One count a completion. Without an architecture (a solver, a closed service) FLOPs are absent;
    without a usage, so are device-seconds, GPU-hours and energy.
    """
    prompts, news = (
        checked_array("prompt_tokens", prompt_tokens),
        checked_array("new_tokens", new_tokens),
    )
    if prompts.shape != news.shape:
        raise ValueError("prompt_tokens, new_tokens: use one count each a completion")
    flops = absent("the generator has no known architecture")
    if architecture is not None:
        flops = Amount(float(exact.answer_flops(architecture, prompts, news).sum()))
    return _with_usage(prompts.sum(), news.sum(), flops, usage)


def training_cost(
    architecture: Architecture,
    tokens_per_sequence: ArrayLike,
    method: exact.Method = "full",
    lora: Lora | None = None,
    *,
    logits_positions: ArrayLike | None = None,
    usage: DeviceUsage | None = None,
) -> Cost:
    """The cost of training over sequences, once each; see `exact.train_flops`."""
    tokens = checked_array("tokens_per_sequence", tokens_per_sequence)
    flops = exact.train_flops(architecture, tokens, method, lora, logits_positions)
    return _with_usage(tokens.sum(), 0.0, Amount(flops), usage)


@dataclass(frozen=True)
class Bill:
    """What a cell took, item by item, and how many answers `answering` bought.

    `teacher` holds the completions the arm trained on, of one style or both.
    """

    teacher: Cost
    training: Cost
    answering: Cost
    judging: Cost
    answers: int

    def __add__(self, other: "Bill") -> "Bill":
        costs = {item: getattr(self, item) + getattr(other, item) for item in ITEMS}
        return Bill(**costs, answers=self.answers + other.answers)

    @property
    def total(self) -> Cost:
        """All items together; a quantity that one item lacks is absent with its reason."""
        return self.teacher + self.training + self.answering + self.judging

    @property
    def per_answer(self) -> Cost:
        """The mean cost of an answer; absent where nothing was answered."""
        if not self.answers:
            return absent_cost("nothing was answered")
        return self.answering.times(1 / self.answers)


ITEMS = ("teacher", "training", "answering", "judging")


def lifetime_cost(
    bill: Bill, queries: float, *, with_teacher: bool = False, with_judging: bool = False
) -> Cost:
    """The cost of making a student and answering `queries` with it.

    Training + queries × the mean answer; teacher and judging are paid once, where wanted.
    Raises ValueError on negative queries.
    """
    if not queries >= 0:
        raise ValueError(f"queries: value is {queries}; use a number of at least 0")
    cost = bill.training + (bill.per_answer.times(queries) if queries else NO_COST)
    if with_teacher:
        cost += bill.teacher
    if with_judging:
        cost += bill.judging
    return cost


def bill_to_json(bill: Bill) -> dict[str, Any]:
    """The bill as JSON: item, quantity, value or null; reasons under `absent`; `answers`."""
    amounts = {
        f"{item}.{part.name}": getattr(getattr(bill, item), part.name)
        for item in ITEMS
        for part in _PARTS
    }
    return {
        "answers": bill.answers,
        **{
            item: {part.name: amounts[f"{item}.{part.name}"].value for part in _PARTS}
            for item in ITEMS
        },
        "absent": {name: amount.reason for name, amount in amounts.items() if amount.reason},
    }


def bill_from_json(values: Mapping[str, Any]) -> Bill:
    """The bill that `bill_to_json` wrote; raises KeyError or ValueError on anything else."""
    reasons = values["absent"]
    costs = {
        item: Cost(
            **{
                part.name: Amount(values[item][part.name], reasons.get(f"{item}.{part.name}"))
                for part in _PARTS
            }
        )
        for item in ITEMS
    }
    return Bill(**costs, answers=values["answers"])


def _with_usage(read: float, new: float, flops: Amount, usage: DeviceUsage | None) -> Cost:
    tokens = Amount(float(read)), Amount(float(new))
    if usage is None:
        nothing = absent(_NOT_METERED)
        return Cost(*tokens, flops, nothing, nothing, nothing)
    return Cost(
        *tokens,
        flops,
        Amount(usage.device_seconds),
        Amount(usage.gpu_hours),
        usage.energy_joules,
    )
