"""Accuracy against training budget: whether an arm had levelled off when its budget ended."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.contrasts import Term, contrast, mean_terms
from breakeven.findings.groups import Group
from breakeven.findings.levelling import NOTHING_TRIED, AskedItems, accuracy_of_trial
from breakeven.report.figures.axes import accuracy_axis, cost_axis
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    LineStyle,
    Panel,
    absent_figure,
    arm_legend,
)
from breakeven.report.figures.told import accuracy_told, tell
from breakeven.report.view import ArmView, StudyView
from breakeven.words import INK, human

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Accuracy against training budget"
_LINES: dict[AskedItems, LineStyle] = {"test items": "-", "tune side": "--"}


class BudgetPoint(NamedTuple):
    """One training of a student: tokens trained on, and accuracy with its interval.

    `curve` names the arm whose budget is varied; the points of one curve are asked the same items.
    """

    student: str
    curve: ArmView
    arm: str
    asked: AskedItems
    tokens: float
    accuracy: float
    low: float | None
    high: float | None


def budget_figure(view: StudyView) -> FigureSpec:
    """A panel a student, a line an arm: solid on test items, dashed on the tune side."""
    points = [*_of_arms(view), *_of_trials(view)]
    if not points:
        return absent_figure("budget", TITLE, NOTHING_TRIED)
    students = [name for name in view.results.students() if any(p.student == name for p in points)]
    curves = [arm for arm in view.arms if any(point.curve == arm for point in points)]
    asked = [one for one in _LINES if any(point.asked == one for point in points)]
    tokens = [point.tokens for point in points]
    return FigureSpec(
        "budget",
        TITLE,
        takeaway=_takeaway(view),
        how_to_read="A line is one arm with ever more of its budget; its last point is the whole. "
        "Solid lines are the mean over the families of the test, dashed ones the tune side of the "
        "training pairs, which are other items: only points of one line are compared. Bars are 95% "
        "intervals. A line that still rises at its end belongs to an arm that had not learnt all "
        "it can.",
        panels=tuple(
            Panel(
                view.with_size(student),
                partial(_draw, [p for p in points if p.student == student], tokens),
            )
            for student in students
        ),
        legend=(
            *arm_legend(curves),
            *(LegendEntry(one, INK, None, _LINES[one]) for one in asked),
        ),
        rows=tuple(_row(point) for point in points),
    )


def _of_arms(view: StudyView) -> Iterator[BudgetPoint]:
    """Arms of the study that differ in their budget only, over all families."""
    arms = {arm.name: arm for arm in view.arms}
    for series in view.summary.budget_series:
        by_cell: dict[tuple[str, str], list[Group]] = {}
        for group in view.every_group:
            cell = group.cells[0]
            if cell.arm in series:
                by_cell.setdefault((cell.student, cell.arm), []).append(group)
        for (student, arm), own in by_cell.items():
            tokens = own[0].mean("train_tokens")
            if tokens:
                found = contrast(view.scored, mean_terms([Term(1.0, one)] for one in own))
                where = (student, arms[series[0]], arm)
                ends = (found.value, found.low, found.high)
                yield BudgetPoint(*where, "test items", tokens, *ends)


def _of_trials(view: StudyView) -> Iterator[BudgetPoint]:
    arms = {arm.name: arm for arm in view.arms}
    for trial in view.summary.budget_trials:
        estimate = accuracy_of_trial(trial)
        if trial.arm in arms and estimate.value is not None:
            where = (trial.student, arms[trial.arm], trial.arm)
            ends = (estimate.value, estimate.low, estimate.high)
            yield BudgetPoint(*where, "tune side", trial.trained_tokens, *ends)


def _takeaway(view: StudyView) -> str:
    checks = view.findings.levelling
    if not checks:
        return "No arm was tried with about half of its budget, so nothing shows that one levels."
    counts = {
        stands: sum(one.stands == stands for one in checks)
        for stands in ("levelled off", "still improving", "undecided", "not tested")
    }
    listed = ", ".join(f"{count} {stands}" for stands, count in counts.items() if count)
    rose = sum(one.rose for one in checks)
    return (
        f"The whole budget against half of it, {len(checks)} arms and sizes: {listed}; by their "
        f"own intervals {rose} rose."
    )


def _draw(points: Sequence[BudgetPoint], tokens: Sequence[float], axes: "Axes") -> None:
    for arm, asked in dict.fromkeys((point.curve, point.asked) for point in points):
        own = [one for one in points if (one.curve, one.asked) == (arm, asked)]
        own.sort(key=lambda one: one.tokens)
        drawn = axes.plot(
            [one.tokens for one in own],
            [one.accuracy for one in own],
            marker=arm.marker,
            color=arm.colour,
            ls=_LINES[asked],
            lw=1.5,
            markersize=5.5,
        )
        tell(drawn, *map(_told, own))
        for one in own:
            if one.low is not None and one.high is not None:
                axes.vlines(one.tokens, one.low, one.high, color=arm.colour, lw=1.0)
    cost_axis(axes, tokens, "tokens trained on")
    accuracy_axis(axes)


def _told(one: BudgetPoint) -> str:
    accuracy = accuracy_told(f"{one.student} {one.arm}", one.accuracy, one.low, one.high)
    return f"{accuracy}\n{human(one.tokens)} tokens trained on, {one.asked}"


def _row(point: BudgetPoint) -> CsvRow:
    return {
        "student": point.student,
        "curve": point.curve.name,
        "arm": point.arm,
        "asked": point.asked,
        "trained_tokens": point.tokens,
        "accuracy": point.accuracy,
        "accuracy_low": point.low,
        "accuracy_high": point.high,
    }
