"""What students cost over their lives in money: all that is known of both styles alike.

Money of the machine that the study ran on, at its price, and modelled on every device that answers
are served on, as many at once as fit.
"""

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from breakeven.costs.amounts import Amount
from breakeven.costs.prices import PRICE_KEY, known_price
from breakeven.costs.query_costs import Lengths
from breakeven.decide.family_options import group_options
from breakeven.decide.options import Option
from breakeven.decide.paid_once import why_left_out
from breakeven.decide.serving import ServedStudy
from breakeven.findings.groups import Group
from breakeven.results.cell_results import Results
from breakeven.results.served import CellKey, lengths_by_cell
from breakeven.study.summary import StudySummary

# Paid once for a student; its training and its answers are counted always.
_ONCE = ("teacher", "tuning", "judging")


@dataclass(frozen=True, eq=False)
class LifetimeAxis:
    """Lifetime money of groups at so many queries, on a device (modelled) or as measured (None).

    Training and answers are in it, and the items of the bill that are `counted`; `left_out` are
    those that are not known of every IFT and every reasoning student, with a reason: what one style
    did not pay, neither pays.
    """

    hardware: str | None
    queries: float
    costs: Mapping[Group, float]
    counted: tuple[str, ...]
    left_out: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called; it says whether it is modelled."""
        return f"lifetime money at {self.queries:,.0f} queries, {self.place}"

    @property
    def place(self) -> str:
        """Where it is paid for."""
        return "as measured" if self.hardware is None else f"modelled on {self.hardware}"

    @property
    def key(self) -> str:
        """The same as a name in a file."""
        return f"lifetime_money_{self.hardware or 'measured'}".replace(" ", "_")

    @property
    def words(self) -> str:
        """What is counted and what is not."""
        items = ["training", *self.counted, "answers"]
        text = f"Counted are {', '.join(items[:-1])} and {items[-1]}"
        if self.hardware is not None:
            text += ", as many at once as fit"
        left = [f"{item} ({reason})" for item, reason in self.left_out.items()]
        return (
            f"{text}; not known of both styles, and left out: {', '.join(left)}."
            if left
            else (f"{text}.")
        )


def answer_lengths(results: Results, summary: StudySummary) -> Mapping[CellKey, Lengths]:
    """Of the answers by item, or what the maker of the results says of them."""
    return summary.lengths if results.items is None else lengths_by_cell(results.items)


def even_queries(groups: Iterable[Group]) -> float | None:
    """The power of ten of queries at which training and answering weigh about the same in FLOPs."""
    ratios = []
    for group in groups:
        if group.cells[0].style == "control":
            continue
        train, answer = group.mean("train_flops"), group.mean("inference_flops")
        if train and answer:
            ratios.append(train / answer)
    if not ratios:
        return None
    # The median of the ratios, so that one student with a long trace does not set the axis of all.
    return float(10 ** round(math.log10(statistics.median(ratios))))


def lifetime_axes(
    groups: Sequence[Group], results: Results, summary: StudySummary, queries: float | None
) -> tuple[LifetimeAxis, ...]:
    """Lifetime money of groups, of any decoding; none where nothing has a price."""
    if queries is None:
        return ()
    found = (
        _axis(hardware, price, queries, groups, options)
        for hardware, price, options in _priced(groups, results, summary)
    )
    return tuple(axis for axis in found if axis.costs)


def _priced(
    groups: Sequence[Group], results: Results, summary: StudySummary
) -> Iterator[tuple[str | None, float, Sequence[Option]]]:
    """The groups as options on each machine that has a price: this one is None."""
    own = known_price(summary.price_per_device_hour, PRICE_KEY)
    if own.value is not None:
        yield None, own.value, group_options(groups, summary.bills, None, summary.services)
    lengths = answer_lengths(results, summary) if summary.served_on else {}
    for place in summary.served_on:
        price = place.hardware.hourly_price.value
        if price is not None:
            served = ServedStudy(place, summary.shapes, by_item=lengths)
            options = group_options(groups, summary.bills, served, summary.services)
            yield place.hardware.name, price, options


def _axis(
    hardware: str | None,
    price: float,
    queries: float,
    groups: Sequence[Group],
    options: Sequence[Option],
) -> LifetimeAxis:
    counted, left_out = [], {}
    for item in _ONCE:
        amounts = [option.money(item, price) for option in options]
        reason = why_left_out(options, amounts)
        if reason is not None:
            left_out[item] = reason
        elif any(amount.value for amount in amounts):
            counted.append(item)
    costs = {}
    for group, option in zip(groups, options, strict=True):
        once = [option.money(item, price) for item in ("training", *counted)]
        answers = option.money("answering", price).times(queries)
        total = sum(once, Amount(0.0)) + answers
        # The axis is logarithmic: what costs nothing has no place on it.
        if total.value:
            costs[group] = total.value
    return LifetimeAxis(hardware, queries, costs, tuple(counted), left_out)
