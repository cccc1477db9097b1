"""What students cost over their lives in money: all that is known of both styles alike.

Money of the machine that the study ran on, at its price, and modelled on every device that answers
are served on, as many at once as fit.
"""

from collections.abc import Iterator, Mapping, Sequence

from breakeven.costs.amounts import Amount
from breakeven.costs.prices import PRICE_KEY, known_price
from breakeven.costs.query_costs import Lengths
from breakeven.decide.family_options import group_options
from breakeven.decide.options import Option
from breakeven.decide.serving import ServedStudy
from breakeven.findings.groups import Group
from breakeven.report.curves import FITTED_STYLES, LifetimeAxis, lifetime_queries
from breakeven.report.view import StudyView
from breakeven.results.served import CellKey, lengths_by_cell

# Paid once for a student; its training and its answers are counted always.
_ONCE = ("teacher", "tuning", "judging")


def answer_lengths(view: StudyView) -> Mapping[CellKey, Lengths]:
    """Of the answers by item, or what the maker of the results says of them."""
    items = view.results.items
    return view.summary.lengths if items is None else lengths_by_cell(items)


def lifetime_axes(view: StudyView) -> tuple[LifetimeAxis, ...]:
    """Lifetime money of every group in every decoding; none where nothing has a price."""
    queries = lifetime_queries(view)
    if queries is None:
        return ()
    views = (view, *view.in_other_decodings.values())
    groups = [group for one in views for group in one.every_group]
    found = (
        _axis(hardware, price, queries, groups, options)
        for hardware, price, options in _priced(view, groups)
    )
    return tuple(axis for axis in found if axis.costs)


def _priced(
    view: StudyView, groups: Sequence[Group]
) -> Iterator[tuple[str | None, float, Sequence[Option]]]:
    """The groups as options on each machine that has a price: this one is None."""
    summary = view.summary
    own = known_price(summary.price_per_device_hour, PRICE_KEY)
    if own.value is not None:
        yield None, own.value, group_options(groups, summary.bills, None, summary.services)
    lengths = answer_lengths(view) if summary.served_on else {}
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
    styles = [
        option
        for group, option in zip(groups, options, strict=True)
        if group.cells[0].style in FITTED_STYLES
    ]
    counted, left_out = [], {}
    for item in _ONCE:
        amounts = [option.money(item, price) for option in styles]
        reason = next((one.reason for one in amounts if one.reason), None)
        if reason is not None:
            left_out[item] = reason
        elif any(one.value for one in amounts):
            counted.append(item)
    costs = {}
    for group, option in zip(groups, options, strict=True):
        once = [option.money(item, price) for item in ("training", *counted)]
        answers = option.bill.per_answer.times(queries).money(price)
        total = sum(once, Amount(0.0)) + answers
        # The axis is logarithmic: what costs nothing has no place on it.
        if total.value:
            costs[group] = total.value
    return LifetimeAxis(hardware, queries, costs, tuple(counted), left_out)
