"""Tables of what a right answer costs, and of how much dearer it gets without a style."""

from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.report.curves import Axis, priced_groups
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import PanelKey, StudyView
from breakeven.results.axes import CostAxis
from breakeven.words import scientific, times

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STYLES = ("ift", "reasoning")
_THOUSAND = 1000
_SOURCE = "(Erol et al. 2025, arXiv 2504.13359)"


class RightAnswers(NamedTuple):
    """What a query costs in a panel, by group, and their accuracies over draws (draws, groups)."""

    key: PanelKey
    groups: tuple[Group, ...]
    costs: tuple[float, ...]
    accuracies: tuple[float, ...]
    draws: "NDArray[np.float64] | None"


class Price(NamedTuple):
    """What a query and a right answer cost, the second with its interval; infinite if never."""

    query: float
    value: float
    low: float | None
    high: float | None


class Worth(NamedTuple):
    """How many times dearer a right answer gets in a panel without the students of a style."""

    key: PanelKey
    style: str
    value: float
    low: float | None
    high: float | None


def money_axis(view: StudyView) -> CostAxis | None:
    """The money that a right answer is told in: at full throughput, or by the token."""
    return next((axis for axis in view.results.judged_axes if axis.quantity == "money"), None)


def right_answers(view: StudyView, axis: Axis) -> tuple[RightAnswers, ...]:
    """Every panel whose groups have a cost on an axis."""
    found = []
    for key in view.panels:
        priced = priced_groups(view, key, axis)
        if priced:
            groups = tuple(group for group, _ in priced)
            drawn = view.draws(key.family)
            found.append(
                RightAnswers(
                    key,
                    groups,
                    tuple(cost for _, cost in priced),
                    tuple(group.accuracy for group in groups),
                    None if drawn is None else drawn.of(list(groups)),
                )
            )
    return tuple(found)


def worth_of_styles(view: StudyView, axis: Axis) -> tuple[Worth, ...]:
    """Each style in each panel that has it beside another, with its 95% interval of draws."""
    from breakeven.frontiers.cost_of_pass import dearer_without

    found = []
    for panel in right_answers(view, axis):
        styles = [group.cells[0].style for group in panel.groups]
        for style in STYLES:
            if style in styles and set(styles) != {style}:
                value = float(dearer_without(panel.costs, panel.accuracies, styles, style))
                drawn = (
                    None
                    if panel.draws is None
                    else dearer_without(panel.costs, panel.draws, styles, style)
                )
                found.append(Worth(panel.key, style, value, *_interval(drawn)))
    return tuple(found)


def right_answer_prices(view: StudyView, axis: Axis) -> dict[tuple[str, Group], Price]:
    """What a right answer costs on an axis, by the title of a panel and the group."""
    from breakeven.frontiers.cost_of_pass import cost_of_pass

    found = {}
    for panel in right_answers(view, axis):
        values = cost_of_pass(panel.costs, panel.accuracies)
        drawn = None if panel.draws is None else cost_of_pass(panel.costs, panel.draws)
        for place, group in enumerate(panel.groups):
            ends = _interval(None if drawn is None else drawn[:, place])
            price = Price(panel.costs[place], float(values[place]), *ends)
            found[panel.key.title, group] = price
    return found


def right_answer_table(view: StudyView) -> Table:
    """What a right answer costs in FLOPs and in money, by family, size and arm."""
    name, title = "right-answers", "What a right answer costs"
    axis = money_axis(view)
    flops = right_answer_prices(view, "inference")
    money = right_answer_prices(view, axis) if axis else {}
    if not (flops or money):
        return absent_table(name, title, "no group has inference FLOPs")
    body: list[tuple[str, ...]] = []
    rows: list[CsvRow] = []
    for panel, group in dict.fromkeys([*flops, *money]):
        cell, one, paid = group.cells[0], flops.get((panel, group)), money.get((panel, group))
        row = (panel, cell.student, view.arm_label(cell.arm))
        query = scientific(one.query if one else None)
        body.append((*row, query, *_told(one), *(_told(paid, _THOUSAND) if money else ())))
        rows.append(
            {
                "panel": panel,
                "student": cell.student,
                "arm": cell.arm,
                "inference_flops": one.query if one else None,
                "flops_a_right_answer": _finite(one.value if one else None),
                "low": _finite(one.low if one else None),
                "high": _finite(one.high if one else None),
                **(_paid(paid) if money else {}),
            }
        )
    told = f" Money is {axis.name}." if axis and money else ""
    in_money = (f"{view.summary.currency}, {_THOUSAND:,} right", "95% interval") if money else ()
    return Table(
        name,
        title,
        "The cost of a query over accuracy: what is paid on average until an answer is right "
        f"{_SOURCE}, where tries are independent and a right answer is seen to be one.{told} "
        f"Intervals: 95% of the bootstrap draws. {scope_sentence(view, told_by='the arm')}",
        (
            "family",
            "student",
            "arm",
            "FLOPs a query",
            "FLOPs a right answer",
            "95% interval",
            *in_money,
        ),
        tuple(body),
        tuple(rows),
    )


def worth_table(view: StudyView) -> Table:
    """How much dearer a right answer gets without IFT, and without reasoning."""
    name, title = "worth-of-styles", "How much dearer a right answer gets without a style"
    axis = money_axis(view)
    flops = {(one.key.title, one.style): one for one in worth_of_styles(view, "inference")}
    money = {(one.key.title, one.style): one for one in worth_of_styles(view, axis)} if axis else {}
    if not (flops or money):
        return absent_table(name, title, "no family has two styles with inference FLOPs")
    told = f" Money is {axis.name}." if axis and money else ""
    places = list(dict.fromkeys([*flops, *money]))
    return Table(
        name,
        title,
        "The least cost of a right answer over the students of the other styles, untrained ones "
        f"among them, against the least over all {_SOURCE}. 1 means that the style is never the "
        f"cheapest way to a right answer.{told} It asks for no accuracy: who needs to be right at "
        "the first try reads the frontier. Intervals: 95% of the bootstrap draws, each by itself.",
        (
            "family",
            "without",
            "times the FLOPs",
            "95% interval",
            *(("times the money", "95% interval") if money else ()),
        ),
        tuple(
            (
                *place,
                *_factors(flops.get(place)),
                *(_factors(money.get(place)) if money else ()),
            )
            for place in places
        ),
        tuple(
            {
                "panel": place[0],
                "without": place[1],
                **_times(flops.get(place), ""),
                **(_times(money.get(place), "money_") if money else {}),
            }
            for place in places
        ),
    )


def _told(price: Price | None, times_over: int = 1) -> tuple[str, str]:
    """What a right answer, or so many, cost, with the interval; dashes where that is not known."""
    if price is None:
        return "–", "–"
    value, low, high = (
        None if end is None else times_over * end for end in (price.value, price.low, price.high)
    )
    assert value is not None  # a price has one
    ends = "–" if low is None or high is None else f"{_words(low)} to {_words(high)}"
    return _words(value), ends


def _paid(price: Price | None) -> CsvRow:
    names = ("money_a_right_answer", "money_low", "money_high")
    ends = (None, None, None) if price is None else price[1:]
    return {name: _finite(end) for name, end in zip(names, ends, strict=True)}


def _factors(worth: Worth | None) -> tuple[str, str]:
    if worth is None:
        return "–", "–"
    if worth.low is None or worth.high is None:
        return _factor(worth.value), "–"
    return _factor(worth.value), f"{_factor(worth.low)} to {_factor(worth.high)}"


def _times(worth: Worth | None, prefix: str) -> CsvRow:
    names = (f"{prefix}times", f"{prefix}low", f"{prefix}high")
    ends = (None, None, None) if worth is None else worth[2:]
    return {name: _finite(end) for name, end in zip(names, ends, strict=True)}


def _interval(drawn: "NDArray[np.float64] | None") -> tuple[float | None, float | None]:
    """Percentiles of draws, which may be infinite: no interpolation between two of them."""
    if drawn is None:
        return None, None
    import numpy as np

    low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def _finite(value: float | None) -> float | None:
    """A number for a file; without a right answer there is none."""
    import math

    return value if value is not None and math.isfinite(value) else None


def _words(value: float) -> str:
    return "never right" if _finite(value) is None else scientific(value)


def _factor(value: float) -> str:
    return "never right" if _finite(value) is None else times(value)
