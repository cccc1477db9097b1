"""Greedy against sampled decoding: the gain of reasoning under each, and how often answers loop."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.sampling import SamplerChange
from breakeven.report.figures.axes import name_columns, signed_points
from breakeven.report.figures.plain_arms import over_plain_arms
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    LineStyle,
    Panel,
    absent_figure,
)
from breakeven.report.figures.told import tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.statistics.estimates import Estimate
from breakeven.words import INK, percent_interval, points, points_interval, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Greedy against sampled decoding"
NO_PAIR = (
    "needs a greedy decoding and a sampled one that differ in nothing else, and a pair of styles "
    "asked in both"
)
_LINES: dict[str, LineStyle] = {"greedy": "-", "sampled": "--"}


class Point(NamedTuple):
    """A value with its interval at one student, of one line."""

    student: str
    value: float
    low: float | None
    high: float | None


class Line(NamedTuple):
    """One arm under one decoding, from the smallest student to the largest."""

    arm: ArmView
    kind: str
    points: Sequence[Point]


def sensitivity_figure(view: StudyView) -> FigureSpec:
    """Of each family the gain by size, a panel a plain arm, and the share that loops by size."""
    changes = view.sampler_changes
    if not changes:
        return absent_figure("sensitivity", TITLE, NO_PAIR)
    panels: list[Panel] = []
    lines: list[Line] = []
    for key in view.panels:
        own = [one for one in changes if _is_of(one, key)]
        for over, part in over_plain_arms(view, own, _plain_arm).items():
            gains = _gain_lines(view, part)
            title = over.titled(f"{key.title}: gain")
            panels.append(Panel(title, partial(_draw_gains, view, gains, over.name), 2.9))
            lines += gains
        looping = _looping_lines(view, own)
        if looping:
            title = f"{key.title}: looping"
            panels.append(Panel(title, partial(_draw_looping, view, looping), 2.9))
        lines += looping
    return FigureSpec(
        "sensitivity",
        TITLE,
        takeaway=_takeaway(changes),
        how_to_read="Of each family, the gain of reasoning over IFT under each decoding, then the "
        "share of answers that end in a loop. Bars are 95% intervals, each held by itself; the "
        f"table has the paired change. {scope_sentence(view)}",
        panels=tuple(panels),
        legend=tuple(
            LegendEntry(f"{arm.name}, {kind}", arm.colour, arm.marker, _LINES[kind])
            for arm in view.arms
            for kind in _LINES
            if any((line.arm, line.kind) == (arm, kind) for line in lines)
        ),
        rows=tuple(change_row(one) for one in changes),
    )


def _is_of(one: SamplerChange, key: PanelKey) -> bool:
    cell = one.greedy.pair.reasoning.cells[0]
    return (cell.corpus, cell.family) == (key.corpus, key.family)


def _plain_arm(one: SamplerChange) -> str:
    return one.greedy.pair.ift.cells[0].arm


def _gain_lines(view: StudyView, changes: Sequence[SamplerChange]) -> list[Line]:
    found: dict[tuple[str, str], list[Point]] = {}
    for one in changes:
        cell = one.greedy.pair.reasoning.cells[0]
        for kind in _LINES:
            gain = getattr(one, kind).gain
            point = Point(cell.student, gain.value, gain.low, gain.high)
            found.setdefault((cell.arm, kind), []).append(point)
    return _lines(view, found)


def _looping_lines(view: StudyView, changes: Sequence[SamplerChange]) -> list[Line]:
    found: dict[tuple[str, str], list[Point]] = {}
    for one in changes:
        for kind in _LINES:
            side = getattr(one, kind)
            for group, share in (
                (side.pair.ift, side.ift_looping),
                (side.pair.reasoning, side.reasoning_looping),
            ):
                cell = group.cells[0]
                rows = found.setdefault((cell.arm, kind), [])
                # An IFT arm is the partner of every reasoning arm of its corpus and method.
                known = {point.student for point in rows}
                if share is None or share.value is None or cell.student in known:
                    continue
                rows.append(Point(cell.student, share.value, share.low, share.high))
    return _lines(view, {key: rows for key, rows in found.items() if rows})


def _lines(view: StudyView, found: dict[tuple[str, str], list[Point]]) -> list[Line]:
    arms = {arm.name: arm for arm in view.arms}
    return [Line(arms[arm], kind, rows) for (arm, kind), rows in found.items()]


def _takeaway(changes: Sequence[SamplerChange]) -> str:
    values = sorted(one.change.value for one in changes)
    pairs = "1 pair of arms" if len(changes) == 1 else f"{len(changes)} pairs of arms"
    text = (
        f"With the sampler the gain of reasoning changes by "
        f"{span(points(values[0]), points(values[-1]))} points, over {pairs}; nothing is decided "
        "of that here, for each interval is held at 95% by itself"
    )
    more, fewer, known = 0, 0, 0
    for one in changes:
        greedy, sampled = one.greedy.reasoning_looping, one.sampled.reasoning_looping
        if greedy is None or sampled is None or greedy.value is None or sampled.value is None:
            continue
        known += 1
        more += greedy.value > sampled.value
        fewer += greedy.value < sampled.value
    if known:
        text += (
            f". Reasoning answers loop more often under greedy decoding in {more} of {known}, less "
            f"often in {fewer}"
        )
    return f"{text}."


def _draw_gains(view: StudyView, lines: Sequence[Line], over: str, axes: "Axes") -> None:
    axes.axhline(0, color=INK, lw=1.0)
    _draw(view, lines, points_interval, axes)
    _percentages(axes, signed_points, f"accuracy minus {over}, points")


def _draw_looping(view: StudyView, lines: Sequence[Line], axes: "Axes") -> None:
    _draw(view, lines, percent_interval, axes)
    # A share that is nowhere above zero has no height of its own, and its marker needs some below.
    top = max(0.05, axes.get_ylim()[1])
    axes.set_ylim(-0.03 * top, top)
    _percentages(axes, lambda share, _: f"{100 * share:g}%", "answers that loop")


def _percentages(axes: "Axes", write: Callable[..., str], label: str) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(write))
    axes.set_ylabel(label)


def _draw(view: StudyView, lines: Sequence[Line], write: Callable[..., str], axes: "Axes") -> None:
    students = [
        name
        for name in view.results.students()
        if any(point.student == name for line in lines for point in line.points)
    ]
    step = min(0.09, 0.5 / len(lines))
    for place, line in enumerate(lines):
        shift = step * (place - (len(lines) - 1) / 2)
        at = [students.index(point.student) + shift for point in line.points]
        drawn = axes.plot(
            at,
            [point.value for point in line.points],
            marker=line.arm.marker,
            linestyle=_LINES[line.kind],
            color=line.arm.colour,
            lw=1.3,
            markersize=5.5,
        )
        tell(drawn, *(_told(line, point, write) for point in line.points))
        for x, point in zip(at, line.points, strict=True):
            if point.low is not None and point.high is not None:
                axes.vlines(x, point.low, point.high, color=line.arm.colour, lw=1.0)
    name_columns(axes, students)


def _told(line: Line, point: Point, write: Callable[..., str]) -> str:
    words = write(point.value, point.low, point.high)
    return f"{point.student} {line.arm.name}, {line.kind}\n{words}"


def change_row(one: SamplerChange) -> CsvRow:
    """A line of the CSV of figure and table."""
    cell = one.greedy.pair.reasoning.cells[0]
    row: dict[str, str | float | None] = {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "ift_arm": _plain_arm(one),
    }
    for kind in _LINES:
        side = getattr(one, kind)
        row[f"{kind}_decoding"] = side.pair.ift.cells[0].decoding
        row |= {f"{kind}_gain{end}": value for end, value in _ends(side.gain)}
        row |= {f"{kind}_ift_looping{end}": value for end, value in _ends(side.ift_looping)}
        row |= {
            f"{kind}_reasoning_looping{end}": value for end, value in _ends(side.reasoning_looping)
        }
    return row | {f"change{end}": value for end, value in _ends(one.change)}


def _ends(found: Estimate | object | None) -> list[tuple[str, float | None]]:
    return [
        (end, None if found is None else getattr(found, name))
        for end, name in (("", "value"), ("_low", "low"), ("_high", "high"))
    ]
