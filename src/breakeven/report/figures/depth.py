"""Accuracy against serial depth: how many steps in a row a task takes, and which arm keeps up."""

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.differences import NO_ITEMS
from breakeven.report.figures.axes import accuracy_axis
from breakeven.report.figures.spec import CsvRow, FigureSpec, Panel, absent_figure, arm_legend
from breakeven.report.figures.told import accuracy_told, tell
from breakeven.report.view import ArmView, StudyView
from breakeven.statistics.estimates import Estimate
from breakeven.words import percent

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

TITLE = "Accuracy against serial depth"
# More tasks are counted, not named.
MOST_LISTED = 6


class DepthPoint(NamedTuple):
    """Accuracy of one student and arm on a task's items of one depth (steps in a row)."""

    task: str
    family: str
    student: str
    arm: ArmView
    depth: int
    estimate: Estimate


def depth_points(view: StudyView) -> list[DepthPoint]:
    """Every task with depths, from the item rows of the study's decoding."""
    items = view.results.items
    if items is None or "depth" not in items.columns:
        return []
    from breakeven.statistics.intervals import accuracy_interval

    rows = items[items["depth"].notna() & (items["decoding"] == view.decoding)]
    arms = {arm.name: arm for arm in view.arms}
    keys = ["family", "task", "student", "arm", "depth"]
    points = []
    for key, part in rows.groupby(keys, sort=True, observed=True):
        family, task, student, arm, depth = key
        # Samples and seeds of an item are no further items: the interval would be too narrow.
        marks = part.groupby("item", observed=True)["correct"].mean()
        estimate = accuracy_interval(marks.to_numpy(dtype=float), _clusters(part))
        place = (str(task), str(family), str(student), arms[str(arm)], int(float(str(depth))))
        points.append(DepthPoint(*place, estimate))
    return points


def _clusters(part: "pd.DataFrame") -> "NDArray[np.str_] | None":
    """The cluster of each item of one cell and depth, by item; None where each stands alone."""
    if "cluster" not in part.columns:
        return None
    first = part.groupby("item", observed=True)["cluster"].first()
    named = first.where(first.notna(), first.index.astype(str)).astype(str)
    return named.to_numpy(dtype=str) if named.duplicated().any() else None


def depth_figure(view: StudyView) -> FigureSpec:
    """A panel a task, the largest student, a line an arm."""
    if view.results.items is None:
        return absent_figure("depth", TITLE, NO_ITEMS)
    points = depth_points(view)
    if not points:
        return absent_figure(
            "depth", TITLE, "no task of these results tells how many steps it takes"
        )
    largest = view.results.students()[-1]
    of_largest = [point for point in points if point.student == largest]
    tasks = sorted({(p.family, p.task) for p in of_largest}, key=lambda pair: _order(view, *pair))
    return FigureSpec(
        "depth",
        f"{TITLE}, {largest}",
        takeaway=_takeaway(of_largest),
        how_to_read="Depth counts the steps of which each needs the one before. Bars are 95% "
        "intervals "
        "over items, of these trained models only; dotted is chance. The other sizes are in the "
        "table of this figure.",
        panels=tuple(
            Panel(
                f"{task} ({family})",
                partial(_draw, [p for p in of_largest if p.task == task], _chance(view, task)),
                height=3.1,
            )
            for family, task in tasks
        ),
        legend=arm_legend(
            (arm for arm in view.arms if any(point.arm == arm for point in of_largest)), "-"
        ),
        rows=tuple(_row(point) for point in points),
    )


def _order(view: StudyView, family: str, task: str) -> tuple[int, str]:
    return view.results.families().index(family), task


def _chance(view: StudyView, task: str) -> float | None:
    return next((row.chance for row in view.summary.tasks if row.name == task), None)


class Deepest(NamedTuple):
    """Both styles on a task's deepest items: accuracies, and whether reasoning is `apart` above."""

    task: str
    depth: int
    plain: float
    thinking: float
    apart: bool

    @property
    def gap(self) -> float:
        """Reasoning minus IFT, a fraction."""
        return self.thinking - self.plain


def _deepest(task: str, depth: int, plain: Estimate, thinking: Estimate) -> Deepest:
    assert plain.value is not None  # an item of this depth was answered
    assert thinking.value is not None
    # Intervals that do not meet are a stricter sign than a paired test, and need no pairing here.
    apart = thinking.low is not None and plain.high is not None and thinking.low > plain.high
    return Deepest(task, depth, plain.value, thinking.value, apart)


def _takeaway(points: Sequence[DepthPoint]) -> str:
    """The deepest items of every task: each reasoning arm against each plain one."""
    arms = list(dict.fromkeys(point.arm for point in points))
    pairs = {
        (plain, thinking): parts
        for plain in arms
        for thinking in arms
        if (plain.style, thinking.style) == ("ift", "reasoning")
        and (parts := _deepest_of(points, plain, thinking))
    }
    if not pairs:
        return "No task has both an IFT and a reasoning arm at its greatest depth."
    if len(pairs) > 1:
        counts = ", ".join(
            f"{thinking.name} of {plain.name} in {_ahead(parts)} of {len(parts)} ({_apart(parts)})"
            for (plain, thinking), parts in pairs.items()
        )
        return (
            f"Tasks at whose greatest depth reasoning is ahead, and in brackets those where the "
            f"intervals do not meet: {counts}."
        )
    (parts,) = pairs.values()
    listed = "; ".join(
        f"{part.task} at {part.depth}, {percent(part.thinking)} against {percent(part.plain)}"
        for part in parts
    )
    text = (
        f"At the greatest depth reasoning is ahead of IFT in {_ahead(parts)} of {len(parts)} "
        f"tasks, and in {_apart(parts)} of them so far that their intervals do not meet"
    )
    return f"{text}: {listed}." if len(parts) <= MOST_LISTED else f"{text}."


def _deepest_of(points: Sequence[DepthPoint], plain: ArmView, thinking: ArmView) -> list[Deepest]:
    parts = []
    for task in dict.fromkeys(point.task for point in points):
        deepest = max(point.depth for point in points if point.task == task)
        at = {p.arm: p.estimate for p in points if (p.task, p.depth) == (task, deepest)}
        if plain in at and thinking in at:
            parts.append(_deepest(task, deepest, at[plain], at[thinking]))
    return parts


def _ahead(parts: Sequence[Deepest]) -> int:
    return sum(part.gap > 0 for part in parts)


def _apart(parts: Sequence[Deepest]) -> int:
    return sum(part.apart for part in parts)


def _draw(rows: Sequence[DepthPoint], chance: float | None, axes: "Axes") -> None:
    arms = list(dict.fromkeys(point.arm for point in rows))
    for place, arm in enumerate(sorted(arms, key=lambda one: one.name)):
        own = sorted((point for point in rows if point.arm == arm), key=lambda p: p.depth)
        # Arms are set apart a little, so that intervals at one depth do not hide each other.
        shift = 0.05 * (place - (len(arms) - 1) / 2)
        depths = [point.depth + shift for point in own]
        drawn = axes.plot(
            depths,
            [math.nan if (one := p.estimate.value) is None else one for p in own],
            marker=arm.marker,
            color=arm.colour,
            lw=1.5,
            markersize=5.5,
        )
        tell(drawn, *map(_told, own))
        for depth, point in zip(depths, own, strict=True):
            if point.estimate.low is not None and point.estimate.high is not None:
                axes.vlines(
                    depth, point.estimate.low, point.estimate.high, color=arm.colour, lw=1.0
                )
    axes.set_xticks(sorted({point.depth for point in rows}))
    axes.set_xlabel("serial depth, steps")
    accuracy_axis(axes, chance)


def _told(point: DepthPoint) -> str:
    estimate = point.estimate
    name = f"{point.student} {point.arm.name}"
    accuracy = accuracy_told(name, estimate.value, estimate.low, estimate.high)
    return f"{accuracy}\ndepth {point.depth}, {estimate.items:,} items"


def _row(point: DepthPoint) -> CsvRow:
    return {
        "family": point.family,
        "task": point.task,
        "student": point.student,
        "arm": point.arm.name,
        "depth": point.depth,
        "items": point.estimate.items,
        "accuracy": point.estimate.value,
        "accuracy_low": point.estimate.low,
        "accuracy_high": point.estimate.high,
    }
