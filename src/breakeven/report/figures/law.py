"""What the law of the gain misses: each size as the other sizes have it, against as measured."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.gain_law_words import failing_words
from breakeven.findings.law import Law
from breakeven.report.figures.axes import accuracy_axis
from breakeven.report.figures.spec import CsvRow, FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.figures.told import tell
from breakeven.report.view import StudyView
from breakeven.words import MUTED, STYLE_COLOURS, fixed, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME, TITLE = "law", "The law of the gain against sizes left out of it"


class LawMiss(NamedTuple):
    """Reasoning's accuracy on one task and depth of a student: measured, and as the law has it."""

    student: str
    family: str
    task: str
    depth: float
    ift: float
    measured: float
    by_law: float

    @property
    def miss(self) -> float:
        """The law minus measured, a fraction."""
        return self.by_law - self.measured


def law_figure(view: StudyView) -> FigureSpec:
    """A panel a student, a point a task and depth; absent where there is no law."""
    law, reasons = view.law
    if law is None:
        return absent_figure(NAME, TITLE, f"undecided: {'; '.join(reasons)}")
    points = law_misses(law)
    by_student = {name: [p for p in points if p.student == name] for name in law.students}
    return FigureSpec(
        NAME,
        TITLE,
        takeaway=_takeaway(law, by_student),
        how_to_read="A point is a task at one serial depth. Up is reasoning's accuracy by the law "
        "fitted without this size, put on IFT's measured level; right is as measured. On the "
        "dashed line the law is right; above it promises too much.",
        panels=tuple(
            Panel(view.with_size(name), partial(_draw, own)) for name, own in by_student.items()
        ),
        legend=(
            LegendEntry("a task at one depth", STYLE_COLOURS["reasoning"], "^"),
            LegendEntry("the law is right", MUTED, line="--"),
        ),
        rows=tuple(_row(point) for point in points),
    )


def law_misses(law: Law) -> list[LawMiss]:
    """Every group of the law, from the smallest student up."""
    rows = law.groups.assign(miss=law.left_out.misses).sort_values(
        ["size", "family", "task", "depth"]
    )
    return [
        LawMiss(
            str(row["student"]),
            str(row["family"]),
            str(row["task"]),
            float(row["depth"]),
            float(row["ift_right"] / row["asked"]),
            float(row["reasoning_right"] / row["asked"]),
            float(row["reasoning_right"] / row["asked"] + row["miss"]),
        )
        for row in rows.to_dict("records")
    ]


def _takeaway(law: Law, by_student: dict[str, list[LawMiss]]) -> str:
    """The mean miss of every size, and that the law fails where it does."""
    parts = [
        f"{name} {fixed(100 * sum(abs(p.miss) for p in own) / len(own))}"
        for name, own in by_student.items()
    ]
    failing = failing_words(law)
    return (
        f"{'' if failing is None else f'{failing}. '}"
        f"Fitted without a size, the law misses it by so many points in the mean: "
        f"{', '.join(parts)}."
    )


def _draw(points: Sequence[LawMiss], axes: "Axes") -> None:
    from matplotlib.ticker import PercentFormatter

    axes.plot([0, 1], [0, 1], color=MUTED, lw=1.0, ls="--")
    drawn = axes.plot(
        [point.measured for point in points],
        [point.by_law for point in points],
        "^",
        color=STYLE_COLOURS["reasoning"],
        markersize=5.5,
        alpha=0.8,
    )
    tell(drawn, *map(_told, points))
    axes.set_xlim(-0.02, 1.04)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("reasoning, measured")
    accuracy_axis(axes, label="reasoning, by the law of the other sizes")


def _told(point: LawMiss) -> str:
    return (
        f"{point.student}, {point.task} at depth {point.depth:g}\n"
        f"measured {percent(point.measured)}, by the law {percent(point.by_law)}"
    )


def _row(point: LawMiss) -> CsvRow:
    return {
        "student": point.student,
        "family": point.family,
        "task": point.task,
        "depth": point.depth,
        "ift_accuracy": point.ift,
        "reasoning_accuracy": point.measured,
        "reasoning_by_law": point.by_law,
    }
