"""Tables of what a right answer costs, and of how much dearer it gets without a style."""

from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.report.curves import priced_groups
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import PanelKey, StudyView
from breakeven.words import scientific, times

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STYLES = ("ift", "reasoning")
_SOURCE = "(Erol et al. 2025, arXiv 2504.13359)"


class RightAnswers(NamedTuple):
    """What a right answer costs in a panel: FLOPs a group, and over draws (draws, groups)."""

    key: PanelKey
    groups: tuple[Group, ...]
    costs: tuple[float, ...]
    accuracies: tuple[float, ...]
    draws: "NDArray[np.float64] | None"


class Worth(NamedTuple):
    """How many times dearer a right answer gets in a panel without the students of a style."""

    key: PanelKey
    style: str
    value: float
    low: float | None
    high: float | None


def right_answers(view: StudyView) -> tuple[RightAnswers, ...]:
    """Every panel whose groups have inference FLOPs."""
    found = []
    for key in view.panels:
        priced = priced_groups(view, key, "inference")
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


def worth_of_styles(view: StudyView) -> tuple[Worth, ...]:
    """Each style in each panel that has it beside another, with its 95% interval of draws."""
    from breakeven.frontiers.cost_of_pass import dearer_without

    found = []
    for panel in right_answers(view):
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


def right_answer_table(view: StudyView) -> Table:
    """What a right answer costs, by family, size and arm."""
    from breakeven.frontiers.cost_of_pass import cost_of_pass

    name, title = "right-answers", "What a right answer costs"
    body: list[tuple[str, ...]] = []
    rows: list[CsvRow] = []
    for panel in right_answers(view):
        values = cost_of_pass(panel.costs, panel.accuracies)
        drawn = None if panel.draws is None else cost_of_pass(panel.costs, panel.draws)
        for place, group in enumerate(panel.groups):
            low, high = _interval(None if drawn is None else drawn[:, place])
            cell = group.cells[0]
            value = float(values[place])
            body.append(
                (
                    panel.key.title,
                    view.label(cell.student),
                    view.arm_label(cell.arm),
                    scientific(panel.costs[place]),
                    _words(value),
                    "–" if low is None or high is None else f"{_words(low)} to {_words(high)}",
                )
            )
            rows.append(
                {
                    "panel": panel.key.title,
                    "student": cell.student,
                    "arm": cell.arm,
                    "inference_flops": panel.costs[place],
                    "flops_a_right_answer": _finite(value),
                    "low": _finite(low),
                    "high": _finite(high),
                }
            )
    if not body:
        return absent_table(name, title, "no group has inference FLOPs")
    return Table(
        name,
        title,
        "FLOPs of a query over accuracy: what is paid on average until an answer is right "
        f"{_SOURCE}, where tries are independent and a right answer is seen to be one. Intervals: "
        f"95% of the bootstrap draws. {scope_sentence(view)}",
        ("family", "size", "arm", "FLOPs a query", "FLOPs a right answer", "95% interval"),
        tuple(body),
        tuple(rows),
    )


def worth_table(view: StudyView) -> Table:
    """How much dearer a right answer gets without IFT, and without reasoning."""
    name, title = "worth-of-styles", "How much dearer a right answer gets without a style"
    found = worth_of_styles(view)
    if not found:
        return absent_table(name, title, "no family has two styles with inference FLOPs")
    return Table(
        name,
        title,
        "The least FLOPs of a right answer over the students of the other styles, untrained ones "
        f"among them, against the least over all {_SOURCE}. 1 means that the style is never the "
        "cheapest way to a right answer. It asks for no accuracy: who needs to be right at the "
        "first try reads the frontier. Intervals: 95% of the bootstrap draws, each by itself.",
        ("family", "without", "times as dear", "95% interval"),
        tuple(
            (
                one.key.title,
                one.style,
                _factor(one.value),
                "–"
                if one.low is None or one.high is None
                else f"{_factor(one.low)} to {_factor(one.high)}",
            )
            for one in found
        ),
        tuple(
            {
                "panel": one.key.title,
                "without": one.style,
                "times": _finite(one.value),
                "low": _finite(one.low),
                "high": _finite(one.high),
            }
            for one in found
        ),
    )


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
