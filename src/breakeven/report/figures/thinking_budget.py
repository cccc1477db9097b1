"""Accuracy against a budget of thinking: what a trace that is closed early still gives."""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.report.figures.axes import accuracy_axis, label_point
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
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.statistics.estimates import Estimate
from breakeven.words import points, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Accuracy against a budget of thinking"
NO_SERIES = (
    "needs two budgets of thinking (`thinking_tokens`, or `thinking: off`) beside the first "
    "decoding, alike in all else"
)
# By size, from the smallest student that has a line up.
_LINES: tuple[LineStyle, ...] = (":", "--", "-")


class _Line(NamedTuple):
    """One student's arm: its accuracy at each place of the series, and the tokens it thought."""

    arm: ArmView
    student: str
    estimates: dict[int, Estimate]
    thought: dict[int, float | None]


def thinking_budget_figure(view: StudyView) -> FigureSpec:
    """A panel a family: a line for each arm and student that was asked within budgets."""
    budgets = view.summary.thinking_budgets
    lines = {key: _lines(view, key) for key in view.panels} if budgets else {}
    lines = {key: found for key, found in lines.items() if found}
    if not lines:
        return absent_figure("thinking-budget", TITLE, NO_SERIES)
    shown = [line for found in lines.values() for line in found]
    students = [name for name in view.results.students() if any(x.student == name for x in shown)]
    arms = [arm for arm in view.arms if any(line.arm == arm for line in shown)]
    return FigureSpec(
        "thinking-budget",
        TITLE,
        takeaway=_takeaway(shown),
        how_to_read="A trace that is open at its budget is closed, and the student answers. Right, "
        "the same arm with the limit of the whole answer alone; left where it is given, behind an "
        f"empty trace{_thought_all_the_same(view, shown)}. Bars are 95% intervals, each held by "
        f"itself. {scope_sentence(view)}",
        panels=tuple(
            Panel(key.title, partial(_draw, view, students, found)) for key, found in lines.items()
        ),
        legend=tuple(
            LegendEntry(
                f"{arm.name}, {student}",
                arm.colour,
                arm.marker,
                _line_of(students, student),
            )
            for arm in arms
            for student in students
            if any((line.arm, line.student) == (arm, student) for line in shown)
        ),
        rows=tuple(
            _row(view, key, line, place)
            for key, found in lines.items()
            for line in found
            for place in line.estimates
        ),
    )


def _lines(view: StudyView, key: PanelKey) -> list[_Line]:
    """Lines of a panel with at least two budgets each; an arm without one has no line."""
    places = {one.decoding: place for place, one in enumerate(view.summary.thinking_budgets)}
    asked: dict[Group, list[Group]] = {}
    for one in view.other_decodings:
        asked.setdefault(one.first, []).append(one.group)
    found = []
    for group in view.panel_groups(key):
        groups = [one for one in (*asked.get(group, ()), group) if one.cells[0].decoding in places]
        if len(groups) > 2:
            cell = group.cells[0]
            arm = next(arm for arm in view.arms if arm.name == cell.arm)
            by_place = {places[one.cells[0].decoding]: one for one in groups}
            estimates = {
                place: view.decoded_accuracies[by_place[place]] for place in sorted(by_place)
            }
            thought = {place: one.mean("thinking_tokens") for place, one in by_place.items()}
            found.append(_Line(arm, cell.student, estimates, thought))
    return found


def _thought_all_the_same(view: StudyView, lines: list[_Line]) -> str:
    """What was thought behind an empty trace: who learnt traces may open another one."""
    none = [place for place, one in enumerate(view.summary.thinking_budgets) if one.tokens == 0]
    amounts = [
        tokens
        for line in lines
        for place in none
        if (tokens := line.thought.get(place)) is not None
    ]
    if not any(amounts):
        return ""
    low, high = f"{min(amounts):.0f}", f"{max(amounts):.0f}"
    return f", behind which students thought in {span(low, high)} tokens an answer all the same"


def _takeaway(lines: list[_Line]) -> str:
    losses = []
    for line in lines:
        least, *_, most = line.estimates.values()
        if least.value is not None and most.value is not None:
            losses.append(least.value - most.value)
    if not losses:
        return "No accuracy is known within the budgets."
    return (
        "With the smallest budget accuracy changes by "
        f"{span(points(min(losses)), points(max(losses)))} points, over {len(losses)} lines; "
        "nothing is decided of that here, for each interval is held at 95% by itself."
    )


def _line_of(students: list[str], student: str) -> LineStyle:
    place = students.index(student) - len(students)
    return _LINES[max(place, -len(_LINES))]


def _draw(view: StudyView, students: list[str], lines: list[_Line], axes: "Axes") -> None:
    budgets = view.summary.thinking_budgets
    step = min(0.06, 0.4 / len(lines))
    ends: list[tuple[float, float, str]] = []
    for number, line in enumerate(lines):
        shift = step * (number - (len(lines) - 1) / 2)
        known = [
            (place + shift, one.value, one)
            for place, one in line.estimates.items()
            if one.value is not None
        ]
        drawn = axes.plot(
            [at for at, _, _ in known],
            [value for _, value, _ in known],
            marker=line.arm.marker,
            linestyle=_line_of(students, line.student),
            color=line.arm.colour,
            lw=1.3,
            markersize=5.0,
        )
        name = f"{line.student} {line.arm.name}"
        tell(drawn, *(accuracy_told(name, one.value, one.low, one.high) for _, _, one in known))
        if known:
            ends.append((*known[-1][:2], line.student))
        for at, _, one in known:
            if one.low is not None and one.high is not None:
                axes.vlines(at, one.low, one.high, color=line.arm.colour, lw=0.9)
    accuracy_axis(axes)
    axes.set_xticks(range(len(budgets)))
    axes.set_xticklabels(
        ["no budget" if one.tokens is None else f"{one.tokens:,}" for one in budgets]
    )
    axes.set_xlim(-0.5, len(budgets) - 0.5)
    axes.set_xlabel("thinking tokens at most")
    for at, value, label in ends:
        label_point(axes, at, value, label, side="right")


def _row(view: StudyView, key: PanelKey, line: _Line, place: int) -> CsvRow:
    budget, estimate = view.summary.thinking_budgets[place], line.estimates[place]
    return {
        "corpus": line.arm.corpus,
        "family": key.family,
        "student": line.student,
        "arm": line.arm.name,
        "decoding": budget.decoding,
        "thinking_tokens_at_most": budget.tokens,
        "thinking_tokens": line.thought[place],
        "accuracy": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
    }
