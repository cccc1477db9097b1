"""The whole bill of a cell: teacher, tuning, training, answering, judging.

- `Cost`: tokens, FLOPs, device-seconds, GPU-hours, energy; adds up, and `money(price)`.
- `generation_cost`: a Cost from the token counts of one completion.
- `NO_COST`: nothing ran, a true zero. `absent_cost(reason)`: something ran, nobody measured it.
- `Bill`: the five items and how many answers they bought; bills add up to that of a study.
"""

from dataclasses import dataclass, fields

from breakeven.costs import exact
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.architecture import Architecture
from breakeven.costs.prices import PRICE_KEY, known_price

_NOT_METERED = "device was not metered"
_UNTOLD = absent("how many tokens had been read before is not recorded")


@dataclass(frozen=True)
class Cost:
    """What one item took. `read_tokens` went in (prompts, training text), `new_tokens` came out.

    `cached_tokens` of those that went in had a service read before, for which it may ask less.
    """

    read_tokens: Amount
    new_tokens: Amount
    flops: Amount
    device_seconds: Amount
    gpu_hours: Amount
    energy_joules: Amount
    cached_tokens: Amount = _UNTOLD

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            **{part.name: getattr(self, part.name) + getattr(other, part.name) for part in _PARTS}
        )

    def times(self, factor: float) -> "Cost":
        """The cost `factor` times over."""
        return Cost(**{part.name: getattr(self, part.name).times(factor) for part in _PARTS})

    def money(self, price_per_device_hour: float | None) -> Amount:
        """Device-hours × price, in the price's currency; absent without a price, or at none."""
        price = known_price(price_per_device_hour, PRICE_KEY)
        if price.value is None:
            return price
        return self.device_seconds.times(price.value / 3600)


_PARTS = fields(Cost)


def _cost_of_parts(amount: Amount) -> Cost:
    return Cost(**{part.name: amount for part in _PARTS})


NO_COST = _cost_of_parts(Amount(0.0))


def absent_cost(reason: str) -> Cost:
    """A cost of which nothing was measured, for this reason."""
    return _cost_of_parts(absent(reason))


def generation_cost(
    architecture: Architecture | None,
    prompt_tokens: int,
    new_tokens: int,
    cached_tokens: int | None = None,
) -> Cost:
    """The cost of one completion by a model that somebody else runs, such as a judge.

    Without an architecture (a closed service) its FLOPs are absent; what it ran on always is.
    `cached_tokens` of the prompt had been read before, None where nobody says how many.
    """
    read, new = float(prompt_tokens), float(new_tokens)
    flops = absent("the generator has no known architecture")
    if architecture is not None:
        flops = Amount(float(exact.answer_flops(architecture, read, new)))
    nothing = absent(_NOT_METERED)
    cached = _UNTOLD if cached_tokens is None else Amount(float(cached_tokens))
    return Cost(
        read_tokens=Amount(read),
        new_tokens=Amount(new),
        flops=flops,
        device_seconds=nothing,
        gpu_hours=nothing,
        energy_joules=nothing,
        cached_tokens=cached,
    )


@dataclass(frozen=True)
class Bill:
    """What a cell took, item by item, and how many answers `answering` bought.

    `teacher` holds the completions the arm trained on, of one style or both, `tuning` the trainings
    that its learning rate was chosen by.
    """

    teacher: Cost
    training: Cost
    answering: Cost
    judging: Cost
    answers: int
    tuning: Cost = NO_COST

    def __add__(self, other: "Bill") -> "Bill":
        costs = {item: getattr(self, item) + getattr(other, item) for item in ITEMS}
        return Bill(**costs, answers=self.answers + other.answers)

    @property
    def total(self) -> Cost:
        """All items together; a quantity that one item lacks is absent with its reason."""
        return self.teacher + self.tuning + self.training + self.answering + self.judging

    @property
    def per_answer(self) -> Cost:
        """The mean cost of an answer; absent where nothing was answered."""
        if not self.answers:
            return absent_cost("nothing was answered")
        return self.answering.times(1 / self.answers)


ITEMS = ("teacher", "tuning", "training", "answering", "judging")
