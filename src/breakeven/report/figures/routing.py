"""Asking IFT or reasoning by question: the router's curve against a coin's chord and the bound."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.routers import LearnedRouter, Routing
from breakeven.report.figures.axes import accuracy_axis
from breakeven.report.figures.spec import CsvRow, FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.figures.told import accuracy_told, tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import StudyView
from breakeven.words import INK, MUTED, STAGE_COLOURS, STYLE_COLOURS, points_interval, scientific

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Ask IFT or reasoning, question by question"
ROUTER_COLOURS = {
    "text alone": STAGE_COLOURS["training"],
    "text and task": STAGE_COLOURS["teacher"],
    "text and task and IFT answer": STAGE_COLOURS["answers"],
    "length and task": STAGE_COLOURS["teacher"],
    "length and task and IFT answer": STAGE_COLOURS["answers"],
}


def routing_figure(view: StudyView) -> FigureSpec:
    """A panel a student and pair of arms: both ends, the chord, the routers, the oracle."""
    drawn = [one for one in view.routings if one.plain is not None]
    if not drawn:
        reasons = dict.fromkeys(one.reason for one in view.routings if one.reason)
        reason = "; ".join(reasons) or "no student has both an IFT and a reasoning arm"
        return absent_figure("routing", TITLE, reason)
    routers = dict.fromkeys(router.reads for one in drawn for router in one.routers)
    return FigureSpec(
        "routing",
        TITLE,
        takeaway=_takeaway(drawn),
        how_to_read="Right of IFT's point a router sends a growing share of the questions to "
        "reasoning. Dashed is a coin that spends as much; above it the router knows something. "
        "Bands are 95% intervals of the height above the coin, at each share by itself. The star "
        "takes the better answer of every question: a bound, which no router can reach. Families "
        f"count the same. {scope_sentence(view, 'The bands', told_by='itself')}",
        panels=tuple(Panel(_title(one, drawn), partial(_draw, one)) for one in drawn),
        legend=(
            LegendEntry("IFT alone", STYLE_COLOURS["ift"], "o"),
            LegendEntry("reasoning alone", STYLE_COLOURS["reasoning"], "^"),
            LegendEntry("random mixing", MUTED, line="--"),
            *(LegendEntry(f"router by {name}", ROUTER_COLOURS[name], line="-") for name in routers),
            LegendEntry("oracle (a bound)", INK, "*"),
        ),
        rows=tuple(row for one in drawn for row in _rows(one)),
    )


def _title(one: Routing, drawn: Sequence[Routing]) -> str:
    alone = sum(other.student == one.student for other in drawn) == 1
    return one.student if alone else f"{one.student}, {one.arm} and {one.ift_arm}"


def _takeaway(drawn: Sequence[Routing]) -> str:
    """Every router in words; nothing is picked."""
    parts: dict[str, list[str]] = {}
    for one in drawn:
        for router in one.routers:
            mean = router.mean_gain
            words = points_interval(mean.value, mean.low, mean.high)
            parts.setdefault(router.reads, []).append(f"{_title(one, drawn)} {words}")
    if not parts:
        return "No router could be fitted; the bound is shown without it."
    by_reads = (f"by {reads}: {', '.join(gains)}" for reads, gains in parts.items())
    return (
        "Over all shares, a learned router is above random mixing at equal cost by so many "
        f"points, each interval by itself; {'; '.join(by_reads)}."
    )


def _draw(one: Routing, axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter

    assert one.plain and one.thinking and one.oracle  # those without are not drawn
    axes.plot(
        [one.plain.cost, one.thinking.cost],
        [one.plain.accuracy, one.thinking.accuracy],
        color=MUTED,
        lw=1.2,
        ls="--",
    )
    for router in one.routers:
        _curve(router, axes)
    for what, place, colour, marker in (
        (one.ift_arm, one.plain, STYLE_COLOURS["ift"], "o"),
        (one.arm, one.thinking, STYLE_COLOURS["reasoning"], "^"),
        ("oracle, a bound", one.oracle, INK, "*"),
    ):
        size = 11 if marker == "*" else 7
        drawn = axes.plot(
            place.cost, place.accuracy, marker, color=colour, markersize=size, zorder=4
        )
        told = accuracy_told(f"{one.student} {what}", place.accuracy, None, None)
        tell(drawn, f"{told}\n{scientific(place.cost)} FLOPs a question")
    # A chord is straight on a linear axis only.
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: scientific(value)))
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("inference FLOPs a question")
    accuracy_axis(axes, label="accuracy, mean over families")


def _curve(router: LearnedRouter, axes: "Axes") -> None:
    colour = ROUTER_COLOURS[router.reads]
    costs = [point.cost for point in router.curve]
    axes.fill_between(
        costs,
        [point.accuracy - point.gain + point.low for point in router.curve],
        [point.accuracy - point.gain + point.high for point in router.curve],
        color=colour,
        alpha=0.25,
        lw=0,
    )
    axes.plot(costs, [point.accuracy for point in router.curve], color=colour, lw=1.6)


def _rows(one: Routing) -> list[CsvRow]:
    """The ends and the bound without a share, and the routers at every share."""
    found: list[CsvRow] = []
    ends = {"IFT": one.plain, "reasoning": one.thinking, "oracle (a bound)": one.oracle}
    for what, place in ends.items():
        if place is not None:
            found.append(_row(one, what, place.cost, place.accuracy))
    for router in one.routers:
        found += [
            _row(one, f"router by {router.reads}", p.cost, p.accuracy)
            | {"share": p.share, "gain": p.gain, "gain_low": p.low, "gain_high": p.high}
            for p in router.curve
        ]
    return found


def _row(
    one: Routing, what: str, cost: float, accuracy: float
) -> dict[str, str | int | float | bool | None]:
    return {
        "corpus": one.corpus,
        "student": one.student,
        "ift_arm": one.ift_arm,
        "arm": one.arm,
        "what": what,
        "share": None,
        "inference_flops": cost,
        "accuracy": accuracy,
        "gain": None,
        "gain_low": None,
        "gain_high": None,
    }
