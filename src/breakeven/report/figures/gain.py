"""What thinking buys against what it costs: gain over IFT against the factor of extra tokens."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.differences import Difference
from breakeven.findings.direction import count_directions
from breakeven.findings.groups import Group
from breakeven.params import ResultStyle
from breakeven.report.figures.axes import end_or, label_point, power_ticks, signed_points
from breakeven.report.figures.plain_arms import OverPlain, over_plain_arms
from breakeven.report.figures.spec import CsvRow, FigureSpec, Panel, absent_figure, arm_legend
from breakeven.report.figures.told import tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.leads import MOST_PLAIN
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.words import INK, points_interval, span, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Gain over IFT against extra tokens"


class GainPoint(NamedTuple):
    """One difference with what its answers cost: `factor` times IFT's tokens (or FLOPs)."""

    difference: Difference
    arm: ArmView
    factor: float


def gain_figure(view: StudyView) -> FigureSpec:
    """By plain arm and family; FLOPs stand in for tokens where no tokens are known."""
    points, unit = _gain_points(view)
    if not points:
        reason = "no pair of arms with generated tokens or inference FLOPs"
        return absent_figure("gain", TITLE, reason)
    by_plain = over_plain_arms(view, points, lambda point: point.difference.ift_arm)
    panels = [
        (over, key, rows)
        for over, own in by_plain.items()
        for key in view.panels
        if (rows := _of(own, key))
    ]
    title = TITLE if unit == "tokens" else "Gain over IFT against extra inference FLOPs"
    shared = _shared_axes(points, unit)
    return FigureSpec(
        "gain",
        title,
        takeaway=_takeaway(by_plain, unit),
        how_to_read="Above the line thinking is more accurate than IFT at the same size; further "
        "right it "
        f"costs more {unit} an answer. A thin line joins the sizes of an arm in order; the ends "
        "of the first arms are labelled. " + _bar_words(view, points),
        panels=tuple(
            Panel(over.titled(key.title), partial(_draw, rows, shared, over.name))
            for over, key, rows in panels
        ),
        legend=arm_legend(arm for arm in view.arms if any(point.arm == arm for point in points)),
        rows=tuple(_row(point, unit) for point in points),
    )


def _gain_points(view: StudyView) -> tuple[list[GainPoint], str]:
    arms = {arm.name: arm for arm in view.arms}
    by_key = {
        (group.cells[0].student, group.cells[0].arm, group.cells[0].family): group
        for group in view.every_group
    }
    for unit in ("tokens", "FLOPs"):
        points = []
        for row in view.findings.families:
            spent = [
                _spent(by_key[row.student, arm, row.family], unit) for arm in (row.ift_arm, row.arm)
            ]
            # All in tokens or all in FLOPs: factors of two kinds have no axis in common.
            if spent[0] and spent[1]:
                points.append(GainPoint(row, arms[row.arm], spent[1] / spent[0]))
        if points:
            order = view.results.students()
            return sorted(points, key=lambda one: order.index(one.difference.student)), unit
    return [], "tokens"


def _spent(group: Group, unit: str) -> float | None:
    return group.mean("output_tokens" if unit == "tokens" else "inference_flops")


def _of(points: Sequence[GainPoint], key: PanelKey) -> list[GainPoint]:
    return [
        point
        for point in points
        if point.difference.family == key.family and point.difference.corpus == key.corpus
    ]


class SharedAxes(NamedTuple):
    """What all panels share: the unit of cost, (low, high) of the gain and of the factor."""

    unit: str
    gain: tuple[float, float]
    factor: tuple[float, float]


def _shared_axes(points: Sequence[GainPoint], unit: str) -> SharedAxes:
    lows = [end_or(point.difference.low, point.difference.value) for point in points]
    highs = [end_or(point.difference.high, point.difference.value) for point in points]
    factors = sorted(point.factor for point in points)
    # Panels share their axes, so that a gain is as high in one family as in another.
    margin = max((factors[-1] / factors[0]) ** 0.12, 1.15)
    return SharedAxes(
        unit,
        (min(-0.1, *lows) - 0.04, max(0.1, *highs) + 0.04),
        (factors[0] / margin, factors[-1] * margin),
    )


def _bar_words(view: StudyView, points: Sequence[GainPoint]) -> str:
    if view.results.items is not None:
        return f"Bars are 95% intervals over items, paired. {scope_sentence(view)}"
    if any(point.difference.low is not None for point in points):
        return "Bars are bounds at widest: these results hold no item-level answers."
    return "No intervals: these results hold no item-level answers."


def _takeaway(by_plain: Mapping[OverPlain, Sequence[GainPoint]], unit: str) -> str:
    points = [point for own in by_plain.values() for point in own]
    style: ResultStyle = "reasoning"
    if all(point.arm.style != style for point in points):
        style = points[0].arm.style
    thinking = [point for point in points if point.arm.style == style]
    several = {f"{len(by_plain)} plain arms": points}
    each = {over.name: own for over, own in by_plain.items()}
    factors = []
    for name, own in (several if len(by_plain) > MOST_PLAIN else each).items():
        found = sorted(point.factor for point in own if point.arm.style == style)
        if found:
            factors.append(f"{span(times(found[0]), times(found[-1]))} times those of {name}")
    counts = count_directions(point.difference.direction for point in thinking)
    return (
        f"The {unit} of {style} answers are {' and '.join(factors)}. "
        f"Of {counts.total} gains {counts.ahead} are shown to be above zero, "
        f"{counts.behind} below, and {counts.undecided} are undecided, "
        "after the correction of this report."
    )


def _draw(
    rows: Sequence[GainPoint],
    shared: SharedAxes,
    over: str,
    axes: "Axes",
) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.axhline(0, color=INK, lw=1.0)
    arms = list(dict.fromkeys(point.arm for point in rows))
    # Labels of every arm would lie over each other; sizes are in the same order for all.
    named = arms if len(arms) < 3 else [one for one in arms if one.style == "reasoning"][:1]
    for arm in arms:
        _join([point for point in rows if point.arm == arm], axes)
    for point in rows:
        row, colour = point.difference, point.arm.colour
        if row.low is not None and row.high is not None:
            axes.vlines(point.factor, row.low, row.high, color=colour, lw=1.2)
        drawn = axes.plot(point.factor, row.value, point.arm.marker, color=colour, markersize=6.5)
        words = points_interval(row.value, row.low, row.high)
        name = f"{row.student} {point.arm.name} − {over}"
        tell(drawn, f"{name}\n{words} points\n{times(point.factor)} times the {shared.unit}")
    axes.set_xscale("log")
    axes.set_xlim(*shared.factor)
    power_ticks(axes)
    axes.set_ylim(*shared.gain)
    axes.yaxis.set_major_formatter(FuncFormatter(signed_points))
    axes.set_ylabel(f"accuracy minus {over}, points")
    axes.set_xlabel(f"{shared.unit} of an answer, times those of {over} (log)")
    for arm in named:
        own = [point for point in rows if point.arm == arm]
        # The line runs through the sizes in order, so its two ends tell all of them.
        for end in dict.fromkeys((own[0], own[-1])):
            side = "right" if end.factor == max(point.factor for point in own) else "left"
            label_point(axes, end.factor, end.difference.value, end.difference.student, side=side)


def _join(own: Sequence[GainPoint], axes: "Axes") -> None:
    """A thin line through an arm's points from the smallest student to the largest."""
    axes.plot(
        [point.factor for point in own],
        [point.difference.value for point in own],
        color=own[0].arm.colour,
        lw=0.9,
        alpha=0.6,
    )


def _row(point: GainPoint, unit: str) -> CsvRow:
    row = point.difference
    return {
        "corpus": row.corpus,
        "family": row.family,
        "student": row.student,
        "ift_arm": row.ift_arm,
        "arm": row.arm,
        f"{unit.lower()}_factor": point.factor,
        "gain": row.value,
        "gain_low": row.low,
        "gain_high": row.high,
        "p_value": row.p_value,
        "adjusted_p_value": row.adjusted_p_value,
    }
