"""The interactive frontier of the page: what it draws, worked out here for every axis and decoding.

The page's script chooses among these numbers and draws them with Vega; it computes none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from breakeven.decide.calculator import embedded_json
from breakeven.findings.groups import Group
from breakeven.report.curves import Axis, CostPanel, CostPoint, cost_panels
from breakeven.report.figures.frontier import MODELLED, frontier_takeaway
from breakeven.report.figures.spec import LegendEntry, arm_legend
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.lifetimes import LifetimeAxis
from breakeven.report.markers import MARKER_PATHS
from breakeven.report.page_svg import LEGEND_COLOURS
from breakeven.report.view import PanelKey, StudyView
from breakeven.results.axes import CostAxis
from breakeven.results.cell_results import CellResult
from breakeven.statistics.estimates import Estimate
from breakeven.words import percent_interval, scientific, size_word

# The figures that show no more than the chart does; they stay as files.
DRAWN_BY_CHART = (
    "frontier-seconds",
    "frontier-money",
    "frontier-energy",
    "frontier-lifetime-money",
)
# The one that the page holds beside it: with fits, and for a reader without scripts.
STATIC = "frontier-inference"
_MEASURED_AXES: Mapping[Axis, str] = {
    "inference": "inference FLOPs a query",
    "tokens": "generated tokens an answer",
    "device_seconds": "device-seconds a query, as measured",
    "energy": "joules a query, as measured",
}


class Place(NamedTuple):
    """A choice of what to show: one family, or all of a corpus; `panels` are numbers."""

    name: str
    panels: tuple[int, ...]


class ChartStudent(NamedTuple):
    """A student that can be shown; `size` in words, None where it is not known."""

    name: str
    size: str | None


@dataclass(frozen=True)
class FrontierChart:
    """What can be chosen, in the order of the page, and `data` for the script.

    `arms` are the legend's entries by the arm's name.
    """

    axes: tuple[str, ...]
    decodings: tuple[str, ...]
    places: tuple[Place, ...]
    students: tuple[ChartStudent, ...]
    arms: Mapping[str, LegendEntry]
    how_to_read: str
    data: Mapping[str, Any]

    @cached_property
    def json(self) -> str:
        """The data as it stands in a script element."""
        return embedded_json(self.data)


def frontier_chart(view: StudyView) -> FrontierChart | None:
    """The chart of a study; None where no student and arm has a cost."""
    views = {view.decoding: view, **view.in_other_decodings}
    every_axis: list[Axis] = [*_MEASURED_AXES, *view.results.axes, *view.lifetime_axes]
    drawn = {
        axis: {
            decoding: cost_panels(one, axis, fits=False, sampled=one is view)
            for decoding, one in views.items()
        }
        for axis in every_axis
    }
    axes = [axis for axis in every_axis if any(map(_has_points, drawn[axis].values()))]
    if not axes:
        return None
    decodings = [name for name in views if any(_has_points(drawn[axis][name]) for axis in axes)]
    keys = list(
        dict.fromkeys(
            panel.key for axis in axes for name in decodings for panel in drawn[axis][name]
        )
    )
    points = [
        point
        for axis in axes
        for name in decodings
        for panel in drawn[axis][name]
        for point in panel.points
    ]
    present = {point.arm.name for point in points}
    arms = [arm for arm in view.arms if arm.name in present]
    cells = {point.group.cells[0].student: point.group.cells[0] for point in points}
    students = [_student(cells[name]) for name in view.results.students() if name in cells]
    legend, places = arm_legend(arms), _places(keys)
    numbers = _Numbers(
        {one.name: number for number, one in enumerate(students)},
        {arm.name: number for number, arm in enumerate(arms)},
    )
    data = {
        "axes": [_axis(view, axis, drawn[axis][view.decoding]) for axis in axes],
        "decodings": decodings,
        "panels": [{"title": key.title, "chance": _chance(view, key)} for key in keys],
        "places": [place._asdict() for place in places],
        "students": [one._asdict() for one in students],
        "arms": [
            {
                "name": arm.name,
                "words": entry.label,
                "colour": f"var({LEGEND_COLOURS[arm.colour]})",
                "shape": MARKER_PATHS[arm.marker],
            }
            for arm, entry in zip(arms, legend, strict=True)
        ],
        "drawn": [
            [
                _panel(
                    views[decoding],
                    key,
                    [_of_key(drawn[axis][decoding], key) for axis in axes],
                    axes,
                    numbers,
                )
                for key in keys
            ]
            for decoding in decodings
        ],
    }
    return FrontierChart(
        axes=tuple(map(_axis_name, axes)),
        decodings=tuple(decodings),
        places=places,
        students=tuple(students),
        arms={arm.name: entry for arm, entry in zip(arms, legend, strict=True)},
        how_to_read=_how_to_read(view, points),
        data=data,
    )


class _Numbers(NamedTuple):
    """Students and arms by the numbers that the data calls them."""

    students: Mapping[str, int]
    arms: Mapping[str, int]


def _has_points(panels: Sequence[CostPanel]) -> bool:
    return any(panel.points for panel in panels)


def _of_key(panels: Sequence[CostPanel], key: PanelKey) -> CostPanel | None:
    return next((panel for panel in panels if panel.key == key), None)


def _axis_name(axis: Axis) -> str:
    return _MEASURED_AXES[axis] if isinstance(axis, str) else axis.name


def _axis(view: StudyView, axis: Axis, panels: Sequence[CostPanel]) -> dict[str, str]:
    """An axis with its unit after a number, and what is to be seen on it in the first decoding."""
    known = [panel for panel in panels if panel.points]
    takeaway = frontier_takeaway(known) if known else ""
    if isinstance(axis, LifetimeAxis):
        takeaway = f"{takeaway} {axis.words}"
    modelled = isinstance(axis, CostAxis) and axis.name.startswith("modelled")
    modelled |= isinstance(axis, LifetimeAxis) and axis.hardware is not None
    return {
        "name": _axis_name(axis),
        "unit": _unit(view, axis),
        "takeaway": f"{takeaway} {MODELLED}" if modelled else takeaway,
    }


def _unit(view: StudyView, axis: Axis) -> str:
    """What stands after a number of an axis that its name leaves open."""
    if isinstance(axis, str):
        return ""
    if isinstance(axis, LifetimeAxis):
        return view.summary.currency
    return view.summary.currency if axis.quantity == "money" else "s"


def _places(keys: Sequence[PanelKey]) -> tuple[Place, ...]:
    """Each corpus with all of its families, then every family by itself."""
    found = []
    corpora = list(dict.fromkeys(key.corpus for key in keys))
    for corpus in corpora:
        own = [number for number, key in enumerate(keys) if key.corpus == corpus]
        every = f"all families · {corpus}" if len(corpora) > 1 else "all families"
        if len(own) > 1:
            found.append(Place(every, tuple(own)))
    return (*found, *(Place(key.title, (number,)) for number, key in enumerate(keys)))


def _student(cell: CellResult) -> ChartStudent:
    size = cell.size_parameters
    return ChartStudent(cell.student, None if size is None else size_word(size))


def _chance(view: StudyView, key: PanelKey) -> float | None:
    return next((g.cells[0].chance for g in view.family_groups(key.family)), None)


def _panel(
    view: StudyView,
    key: PanelKey,
    panels: Sequence[CostPanel | None],
    axes: Sequence[Axis],
    numbers: _Numbers,
) -> dict[str, Any]:
    """The points of a panel, and for each axis their costs and which are on the frontier.

    A point is a row: student, arm, accuracy with its interval, the same in words, questions and
    trainings. Lists of an axis go by the numbers of the points. What is read is written here: a
    browser rounds halves up, where tables round them to the even digit.
    """
    every = {point.group: point for panel in panels if panel for point in panel.points}
    chosen = [group for group in view.panel_groups(key) if group in every]
    return {
        "points": [_point(every[group], numbers) for group in chosen],
        "axes": [
            _on_axis(view, axis, panel, {group: n for n, group in enumerate(chosen)})
            for axis, panel in zip(axes, panels, strict=True)
        ],
    }


def _point(point: CostPoint, numbers: _Numbers) -> list[float | str | None]:
    cell, estimate = point.group.cells[0], point.estimate
    return [
        numbers.students[cell.student],
        numbers.arms[cell.arm],
        _short(point.accuracy),
        _short(estimate.low),
        _short(estimate.high),
        percent_interval(point.accuracy, estimate.low, estimate.high),
        estimate.items,
        len(point.group.cells),
    ]


def _on_axis(
    view: StudyView, axis: Axis, panel: CostPanel | None, number: Mapping[Group, int]
) -> dict[str, Any]:
    on = {point.group: point for point in (panel.points if panel else ())}
    groups = list(number)
    return {
        "cost": [_short(on[group].cost) if group in on else None for group in groups],
        "told": [_told(view, axis, on[group]) if group in on else None for group in groups],
        "share": [_share(on[group].probability) if group in on else None for group in groups],
        "frontier": [number[point.group] for point in (panel.frontier if panel else ())],
        "hull": [number[point.group] for point in (panel.hull if panel else ())],
    }


def _told(view: StudyView, axis: Axis, point: CostPoint) -> str:
    """A cost in words, with the 95% interval of its mean where there are values by question."""
    unit = f" {_unit(view, axis)}".rstrip()
    spread = view.decoded_spreads.get(point.group)
    mean: Estimate | None = None
    if spread is not None:
        mean = {"inference": spread.flops, "tokens": spread.tokens}.get(str(axis))
    if mean is None or mean.low is None or mean.high is None:
        return f"{scientific(point.cost)}{unit}"
    ends = f"{scientific(mean.low)} to {scientific(mean.high)}"
    return f"{scientific(point.cost)}{unit} ({ends})"


def _short(value: float | None) -> float | None:
    """Six figures, as the tables have them: the page is read, and holds thousands of these."""
    return None if value is None else float(f"{value:.6g}")


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _how_to_read(view: StudyView, points: Sequence[CostPoint]) -> str:
    text = (
        "Up and to the left is better. The steps join the students that no other one beats at the "
        "same or a lower cost; the dotted line is their hull, which sending each query to one of "
        "two students at random reaches. Both are of all students and arms in a decoding, also of "
        "those that are not shown; controls are in neither. "
    )
    if any(point.estimate.low is not None for point in points):
        text += f"Bars are 95% intervals. {scope_sentence(view)}"
    else:
        text += "No intervals: these results hold no item-level answers."
    return text
