"""Accuracy against cost by family: points, frontier, fits with bands, extrapolation shaded."""

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from breakeven.findings.groups import Group
from breakeven.params import ResultStyle
from breakeven.report.curves import (
    Axis,
    CostKind,
    CostPanel,
    CostPoint,
    FittedCurve,
    cost_panels,
)
from breakeven.report.figures.axes import accuracy_axis, cost_axis, label_point
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    Panel,
    absent_figure,
    arm_legend,
)
from breakeven.report.figures.told import accuracy_told, tell
from breakeven.report.interval_scope import band_scope, scope_sentence
from breakeven.report.lifetimes import LifetimeAxis
from breakeven.report.view import StudyView
from breakeven.results.axes import CostAxis, Quantity
from breakeven.results.cell_results import ENERGY
from breakeven.words import INK, MUTED, SHADE, scientific, size_word, span, times, unsigned_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

# More panels are counted in the caption, not named.
MOST_LISTED = 8
# The share of draws from which on a place is called sure.
SURE = 0.95
# Enough that a bent chord looks smooth.
_CHORD_POINTS = 24
NOT_SERVED = (
    "no cell has measured tokens, a known architecture and a device of costs.served_on with a price"
)
NO_LIFETIME = "costs.price_per_device_hour is not set, and no device of costs.served_on has a price"
MODELLED = (
    "From the measured tokens of the answers through a model of the device; nothing ran on it."
)
_TITLES: dict[CostKind, str] = {
    "inference": "Accuracy against inference FLOPs a query",
    "training": "Accuracy against training FLOPs",
    "lifetime": "Accuracy against lifetime FLOPs",
    "energy": "Accuracy against joules a query, as measured",
}
_AXES: dict[CostKind, str] = {
    "inference": "inference FLOPs a query (log)",
    "training": "training FLOPs (log)",
    "lifetime": "training + queries × inference FLOPs (log)",
    "energy": "joules a query, as measured (log)",
}


def frontier_figure(view: StudyView, kind: CostKind) -> FigureSpec:
    """One figure of the four."""
    queries = view.lifetime_queries if kind == "lifetime" else None
    name, title = f"frontier-{kind}", _TITLES[kind]
    if queries is not None:
        title += f" at {queries:,.0f} queries"
    panels = cost_panels(view, kind, queries)
    drawn = [panel for panel in panels if panel.points]
    if not drawn:
        return absent_figure(name, title, panels[0].reason or "no group has a cost")
    return FigureSpec(
        name,
        title,
        takeaway=frontier_takeaway(drawn),
        how_to_read=_how_to_read(view, kind, drawn),
        panels=tuple(Panel(panel.key.title, partial(_draw, view, panel, kind)) for panel in drawn),
        legend=_legend(view, drawn),
        rows=tuple(row for panel in drawn for row in _rows(panel, kind)),
    )


def served_frontier_figure(view: StudyView, quantity: Quantity) -> FigureSpec:
    """Accuracy against money or the wait for an answer, on the first device; points alone.

    Fits are in FLOPs: a curve in modelled money would be one model on top of another.
    """
    name = f"frontier-{quantity}"
    axis = next((one for one in view.results.judged_axes if one.quantity == quantity), None)
    if axis is None:
        what = "money a query" if quantity == "money" else "seconds an answer"
        return absent_figure(name, f"Accuracy against modelled {what}", NOT_SERVED)
    drawn = [panel for panel in cost_panels(view, axis, fits=False) if panel.points]
    return FigureSpec(
        name,
        f"Accuracy against {axis.name}",
        takeaway=frontier_takeaway(drawn),
        how_to_read=f"{MODELLED} {_how_to_read(view, axis, drawn)}",
        panels=tuple(Panel(panel.key.title, partial(_draw, view, panel, axis)) for panel in drawn),
        legend=_legend(view, drawn),
        rows=tuple(row for panel in drawn for row in _rows(panel, axis)),
    )


def lifetime_money_figure(view: StudyView) -> FigureSpec:
    """Accuracy against lifetime money: as measured where there is a price, else on a device."""
    name = "frontier-lifetime-money"
    axes = view.lifetime_axes
    if not axes:
        return absent_figure(name, "Accuracy against lifetime money", NO_LIFETIME)
    axis = axes[0]
    drawn = [panel for panel in cost_panels(view, axis, fits=False) if panel.points]
    return FigureSpec(
        name,
        f"Accuracy against {axis.name}",
        takeaway=frontier_takeaway(drawn),
        how_to_read=f"{axis.words} {_how_to_read(view, axis, drawn)}",
        panels=tuple(Panel(panel.key.title, partial(_draw, view, panel, axis)) for panel in drawn),
        legend=_legend(view, drawn),
        rows=tuple(row for panel in drawn for row in _rows(panel, axis)),
    )


def frontier_takeaway(panels: list[CostPanel]) -> str:
    """Who is on the frontier, and at its dear end, in words."""
    on = [point for panel in panels for point in panel.frontier]
    reasoning = [point for point in on if point.arm.style == "reasoning"]
    sure = [p for p in reasoning if p.probability is not None and p.probability >= SURE]
    every = [p for panel in panels for p in panel.points if p.arm.style == "reasoning"]
    text = f"{len(reasoning)} of {len(every)} reasoning points are on the frontier"
    if any(point.probability is not None for point in on):
        text += f", {len(sure)} of them in at least 95% of the bootstrap draws"
    text += ". " + _ends(panels)
    return text


def _ends(panels: list[CostPanel]) -> str:
    """Which arm holds the most accurate student of each panel, where the draws can tell."""
    known: dict[str, list[str]] = {}
    open_: list[str] = []
    for panel in panels:
        shares: dict[str, float] = {}
        for point in panel.points:
            if point.leads is not None:
                shares[point.arm.name] = shares.get(point.arm.name, 0.0) + point.leads
        # Sizes of an arm are added up: the question is which arm leads, not which student.
        arm = max(shares, key=lambda name: shares[name], default=None)
        if arm is not None and shares[arm] >= SURE:
            known.setdefault(arm, []).append(panel.key.title)
        else:
            open_.append(panel.key.title)
    if not known:
        return "Which arm holds the most accurate student is not to be told in any panel."
    few = sum(map(len, known.values())) <= MOST_LISTED
    parts = [
        f"{arm} in {_listed(titles) if few else f'{len(titles)} of {len(panels)}'}"
        for arm, titles in known.items()
    ]
    if open_:
        where = _listed(open_) if len(open_) <= MOST_LISTED else f"{len(open_)} of {len(panels)}"
        parts.append(f"not to be told in {where}")
    return f"The arm of the most accurate student is {'; '.join(parts)}."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _how_to_read(view: StudyView, kind: Axis, panels: list[CostPanel]) -> str:
    text = (
        "Up and to the left is better. The steps join the students that no other one beats "
        "at the same or a lower cost."
    )
    if any(len(panel.hull) > 1 for panel in panels):
        text += (
            " The dotted line is the hull: sending each query to one of two students at random "
            "gives any point of it, so that a student below it is beaten by a mix of two others."
        )
    if any(point.estimate.low is not None for panel in panels for point in panel.points):
        text += f" Bars are 95% intervals. {scope_sentence(view)}"
    else:
        text += " No intervals: these results hold no item-level answers."
    curves = [curve for panel in panels for curve in panel.curves]
    fitted = [curve for curve in curves if curve.costs]
    if fitted:
        text += (
            f" Curves are saturating fits; {band_scope(view, sampled=_has_draws(panels))}."
            " In the grey area IFT was not measured: its dashed curve is an extrapolation by "
            "the factor printed."
        )
    reasons = dict.fromkeys(curve.reason for curve in curves if curve.reason)
    if reasons:
        text += f" No curve where a fit cannot be made: {'; '.join(filter(None, reasons))}."
    misses = [curve.miss for curve in fitted if curve.miss is not None]
    if misses:
        text += (
            f" Fitted without one of its sizes, a curve misses it by "
            f"{span(unsigned_points(min(misses)), unsigned_points(max(misses)))} points on average."
        )
    if kind == "training":
        text += " Untrained students cost no training here and are left out."
    if any(_style(group) == "control" for group in _not_drawn(view, panels)):
        text += " Controls are not drawn."
    if unpriced := _unpriced(view, kind, panels):
        text += f" Their cost is not known, so they are not drawn: {', '.join(unpriced)}."
    return text


def _unpriced(view: StudyView, kind: Axis, panels: list[CostPanel]) -> list[str]:
    """Students and arms of these panels without a cost; an untrained one has none in training."""
    left_out = ("base", "control") if kind == "training" else ("control",)
    left = _not_drawn(view, panels)
    return list(dict.fromkeys(one.label for one in left if _style(one) not in left_out))


def _not_drawn(view: StudyView, panels: list[CostPanel]) -> list[Group]:
    drawn = {point.group for panel in panels for point in panel.points}
    return [
        group for panel in panels for group in view.panel_groups(panel.key) if group not in drawn
    ]


def _style(group: Group) -> ResultStyle:
    return group.cells[0].style


def _has_draws(panels: list[CostPanel]) -> bool:
    return any(point.probability is not None for panel in panels for point in panel.points)


def _legend(view: StudyView, panels: list[CostPanel]) -> tuple[LegendEntry, ...]:
    shown = {point.arm.name for panel in panels for point in panel.points}
    arms = arm_legend(arm for arm in view.arms if arm.name in shown)
    hull = [LegendEntry("hull", INK, None, ":")] if any(len(one.hull) > 1 for one in panels) else []
    return (*arms, LegendEntry("frontier", INK, None, "-"), *hull)


def _draw(view: StudyView, panel: CostPanel, kind: Axis, axes: "Axes") -> None:
    _shade(panel, axes)
    for curve in panel.curves:
        _draw_curve(curve, axes)
    _draw_frontier(panel, axes)
    mixes = {point.arm for point in panel.points if point.arm.style == "mixed"}
    for point in panel.points:
        # Several mixes would bury the two styles that the figure is about.
        drawn = _draw_point(point, axes, small=point.arm in mixes and len(mixes) > 1)
        estimate, name = point.estimate, f"{point.group.cells[0].student} {point.arm.name}"
        accuracy = accuracy_told(name, point.accuracy, estimate.low, estimate.high)
        words = _axis_words(view, kind).removesuffix(" (log)")
        tell(drawn, f"{accuracy}\n{words}: {scientific(point.cost)}")
    chance = next((p.group.cells[0].chance for p in panel.points), None)
    cost_axis(axes, [point.cost for point in panel.points], _axis_words(view, kind))
    accuracy_axis(axes, chance)
    _label_students(panel, axes)


def _axis_words(view: StudyView, kind: Axis) -> str:
    if isinstance(kind, str):
        return _AXES[kind]
    if isinstance(kind, LifetimeAxis):
        return f"{view.summary.currency} over a life, {kind.place} (log)"
    unit = view.summary.currency if kind.quantity == "money" else "s"
    return f"modelled {unit}, {kind.place} (log)"


def _column(kind: Axis) -> str:
    if isinstance(kind, CostAxis):
        return f"modelled_{kind.key}"
    if isinstance(kind, LifetimeAxis):
        return kind.key
    return ENERGY if kind == "energy" else f"{kind}_flops"


def _shade(panel: CostPanel, axes: "Axes") -> None:
    """Grey where the IFT curve rests on no IFT point."""
    ift = [c for c in panel.curves if c.arm.style == "ift" and c.costs and c.factor > 1.02]
    if not ift:
        return
    start = max(c.largest for c in ift)
    end = max(point.cost for point in panel.points)
    # Ten times further than the axis, which is narrowed to the points afterwards.
    axes.axvspan(start, end * 10, color=SHADE, zorder=0, linewidth=0)
    axes.text(
        0.99,
        0.015,
        f"IFT extrapolated, up to {times(ift[0].factor)}×",
        ha="right",
        va="bottom",
        fontsize=7.5,
        color=MUTED,
        transform=axes.transAxes,
    )


def _draw_curve(curve: FittedCurve, axes: "Axes") -> None:
    if not curve.costs:
        return
    import numpy as np

    costs, best = np.array(curve.costs), np.array(curve.best)
    # The last measured cost is a point of the grid, but for rounding.
    inside = costs <= curve.largest * (1 + 1e-9)
    # One grid step of overlap, so that the dashes go on where the line ends.
    outside = np.append(~inside[1:], True) if (~inside).any() else ~inside
    axes.fill_between(costs, curve.low, curve.high, color=curve.arm.colour, alpha=0.13, lw=0)
    axes.plot(costs[inside], best[inside], color=curve.arm.colour, lw=1.1, alpha=0.9)
    if outside.any():
        axes.plot(costs[outside], best[outside], color=curve.arm.colour, lw=1.1, ls=(0, (4, 3)))


def _draw_frontier(panel: CostPanel, axes: "Axes") -> None:
    members = panel.frontier
    if members:
        axes.step(
            [point.cost for point in members],
            [point.accuracy for point in members],
            where="post",
            color=INK,
            lw=1.3,
            alpha=0.75,
            zorder=2.5,
        )
    _draw_hull(panel, axes)


def _draw_hull(panel: CostPanel, axes: "Axes") -> None:
    """Its chords, which are straight on a linear axis of costs and bent on this one."""
    import numpy as np

    members = panel.hull
    for cheaper, dearer in pairwise(members):
        costs = np.geomspace(cheaper.cost, dearer.cost, _CHORD_POINTS)
        rise = np.interp(costs, [cheaper.cost, dearer.cost], [cheaper.accuracy, dearer.accuracy])
        axes.plot(costs, rise, color=INK, lw=1.0, ls=":", alpha=0.75, zorder=2.4)


def _label_students(panel: CostPanel, axes: "Axes") -> None:
    """Names at the points of the first IFT and the first reasoning arm: they tell the others'."""
    for style, side in (("ift", "below"), ("reasoning", "above")):
        arm = next((point.arm for point in panel.points if point.arm.style == style), None)
        for point in panel.points:
            if point.arm == arm:
                student = point.group.cells[0].student
                label_point(axes, point.cost, point.accuracy, student, side=side)


def _draw_point(point: CostPoint, axes: "Axes", *, small: bool) -> "list[Line2D]":
    estimate, colour = point.estimate, point.arm.colour
    if estimate.low is not None and estimate.high is not None:
        width = 0.5 if small else 1.2
        axes.vlines(point.cost, estimate.low, estimate.high, color=colour, lw=width, zorder=3)
    return axes.plot(
        point.cost,
        point.accuracy,
        marker=point.arm.marker,
        color=colour,
        markersize=4.0 if small else 6.5,
        markeredgecolor=INK if point.on_frontier else colour,
        markeredgewidth=1.0 if point.on_frontier else 0.4,
        linestyle="none",
        zorder=4,
    )


def _rows(panel: CostPanel, kind: Axis) -> list[CsvRow]:
    return [
        {
            "corpus": panel.key.corpus,
            "family": panel.key.family,
            "student": point.group.cells[0].student,
            "size": size_word(size) if (size := point.group.cells[0].size_parameters) else None,
            "arm": point.arm.name,
            "style": point.arm.style,
            _column(kind): point.cost,
            "accuracy": point.accuracy,
            "accuracy_low": point.estimate.low,
            "accuracy_high": point.estimate.high,
            "on_frontier": point.on_frontier,
            "probability_on_frontier": point.probability,
            **(
                {}
                if point.on_hull is None
                else {"on_hull": point.on_hull, "probability_on_hull": point.hull_probability}
            ),
        }
        for point in panel.points
    ]
