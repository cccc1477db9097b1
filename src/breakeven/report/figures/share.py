"""Accuracy against the share of traces: what some, most and all of them bring, in both orders."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.findings.groups import IN_NO_PAIR, Group
from breakeven.report.figures.axes import accuracy_axis
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    LineStyle,
    Panel,
    absent_figure,
)
from breakeven.report.figures.told import accuracy_told, tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import StudyView
from breakeven.results.cell_results import Order
from breakeven.words import INK, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Accuracy against the share of traces"
# So that a line has a middle.
_FEWEST_SHARES = 3
# Of the axis: half of what sets two orders of a share apart.
_APART = 0.012
_LINES: dict[Order, tuple[LineStyle, str]] = {"mixed": ("-", "o"), "sequential": ("--", "s")}


class SharePoint(NamedTuple):
    """One arm of a student on a family; `order` is None where it learnt one style alone."""

    series: str
    family: str
    student: str
    arm: str
    share: float
    order: Order | None
    accuracy: float
    low: float | None
    high: float | None


def share_figure(view: StudyView) -> FigureSpec:
    """A panel a series and family, a line a size and order."""
    points = _of_mixes(_points(view))
    if not points:
        reason = f"no {_FEWEST_SHARES} arms differ in nothing but their share of traces"
        return absent_figure("share", TITLE, reason)
    students = [name for name in view.results.students() if any(p.student == name for p in points)]
    colours = _colours(students)
    orders = [order for order in _LINES if any(point.order == order for point in points)]
    several = len({point.series for point in points}) > 1
    panels = dict.fromkeys((point.series, point.family) for point in points)
    return FigureSpec(
        "share",
        TITLE,
        takeaway=_takeaway(view, points, students[-1]),
        how_to_read="At 0% every prompt is learnt with its plain answer, at 100% with its trace; "
        "between them that share of the prompts is. Mixed: both kinds in turn. Sequential: the "
        "plain ones first. Bars are 95% intervals of each accuracy; the paired differences to IFT "
        f"are in the table of differences. {scope_sentence(view, 'Intervals')}",
        panels=tuple(
            Panel(
                f"{family} · {series}" if several else family,
                partial(
                    _draw,
                    [one for one in points if (one.series, one.family) == (series, family)],
                    colours,
                    _chance(view, family),
                ),
            )
            for series, family in panels
        ),
        legend=(
            *(LegendEntry(name, colour, None, "-") for name, colour in colours.items()),
            *(LegendEntry(order, INK, _LINES[order][1], _LINES[order][0]) for order in orders),
        ),
        rows=tuple(_row(point) for point in points),
    )


def _points(view: StudyView) -> Iterator[SharePoint]:
    every = view.summary.share_series or _series_of_results(view)
    corpora = {arm.name: str(arm.corpus) for arm in view.arms}
    learnt = [corpora[arms[0]] for arms in every if arms[0] in corpora]
    for arms in every:
        for group in (one for one in view.every_group if one.cells[0].arm in arms):
            cell, found = group.cells[0], view.accuracies[group]
            # What nobody taught says nothing of how much of it was told with a trace.
            if cell.reasoning_share is not None and not cell.untaught:
                # Two series of one corpus differ in their budget, which their arms tell.
                alone = learnt.count(str(cell.corpus)) == 1
                yield SharePoint(
                    series=str(cell.corpus) if alone else f"{cell.corpus}, {', '.join(arms)}",
                    family=cell.family,
                    student=cell.student,
                    arm=cell.arm,
                    share=cell.reasoning_share,
                    order=cell.order if 0 < cell.reasoning_share < 1 else None,
                    accuracy=group.accuracy,
                    low=found.low,
                    high=found.high,
                )


def _of_mixes(points: Iterable[SharePoint]) -> list[SharePoint]:
    """Those of students that learnt enough shares: a line between two ends has no middle."""
    every = list(points)
    shares: dict[tuple[str, str], set[float]] = {}
    for one in every:
        shares.setdefault((one.series, one.student), set()).add(one.share)
    return [one for one in every if len(shares[one.series, one.student]) >= _FEWEST_SHARES]


def _series_of_results(view: StudyView) -> list[tuple[str, ...]]:
    """Arms of one corpus and method, where nothing tells what else they differ in.

    Two arms of one share and order would differ in something else: then they are no series.
    """
    if view.summary.arms:
        return []
    by_training: dict[tuple[str | None, str | None], dict[str, Group]] = {}
    for group in view.every_group:
        cell = group.cells[0]
        if cell.style not in IN_NO_PAIR:
            by_training.setdefault((cell.corpus, cell.method), {})[cell.arm] = group
    found = []
    for arms in by_training.values():
        cells = [group.cells[0] for group in arms.values()]
        places = {(cell.reasoning_share, cell.order) for cell in cells}
        shares = {cell.reasoning_share for cell in cells}
        if len(places) == len(cells) and len(shares) >= _FEWEST_SHARES:
            found.append(tuple(arms))
    return found


def _colours(students: Sequence[str]) -> dict[str, str]:
    """From light to dark by size."""
    import seaborn

    palette = seaborn.color_palette("crest", len(students)).as_hex()
    return dict(zip(students, map(str, palette), strict=True))


def _chance(view: StudyView, family: str) -> float | None:
    return known_mean(group.cells[0].chance for group in view.family_groups(family))


def _takeaway(view: StudyView, points: Sequence[SharePoint], student: str) -> str:
    """What none and all of the traces give the largest student."""
    parts = []
    for family in dict.fromkeys(point.family for point in points):
        own = [one for one in points if (one.family, one.student) == (family, student)]
        ends = [next((one for one in own if one.share == end), None) for end in (0.0, 1.0)]
        if ends[0] is not None and ends[1] is not None:
            parts.append(f"{family} {percent(ends[0].accuracy)} to {percent(ends[1].accuracy)}")
    if not parts:
        return "No arm has learnt no trace at all, or all of them."
    return f"{view.with_size(student)}, from no trace to all of them: {'; '.join(parts)}."


def _draw(
    points: Sequence[SharePoint],
    colours: Mapping[str, str],
    chance: float | None,
    axes: "Axes",
) -> None:
    for student, colour in colours.items():
        own = [point for point in points if point.student == student]
        for order, (line, _) in _LINES.items():
            # What learnt one style alone has no order: it is an end of both lines.
            row = sorted(
                (one for one in own if one.order in (order, None)), key=lambda one: one.share
            )
            if order != "mixed" and all(one.order is None for one in row):
                continue
            axes.plot(
                [_place(one) for one in row],
                [one.accuracy for one in row],
                color=colour,
                ls=line,
                lw=1.5,
            )
        for one in own:
            marker = _LINES[one.order or "mixed"][1]
            drawn = axes.plot(_place(one), one.accuracy, marker, color=colour, markersize=5.0)
            name = f"{one.student} {one.arm}"
            tell(drawn, accuracy_told(name, one.accuracy, one.low, one.high))
            if one.low is not None and one.high is not None:
                axes.vlines(_place(one), one.low, one.high, color=colour, lw=1.0)
    from matplotlib.ticker import PercentFormatter

    axes.set_xticks(sorted({point.share for point in points}))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("prompts learnt with their trace")
    accuracy_axis(axes, chance)


def _place(point: SharePoint) -> float:
    """Where a point stands: the two orders of a share a little apart, or one would hide."""
    shift = {"mixed": -_APART, "sequential": _APART}
    return point.share + (shift[point.order] if point.order else 0.0)


def _row(point: SharePoint) -> CsvRow:
    return {
        "corpus": point.series,
        "family": point.family,
        "student": point.student,
        "arm": point.arm,
        "reasoning_share": point.share,
        "order": point.order,
        "accuracy": point.accuracy,
        "accuracy_low": point.low,
        "accuracy_high": point.high,
    }
