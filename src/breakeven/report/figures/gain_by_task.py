"""Gain of reasoning over IFT task by task: those with serial steps beside those without."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.differences import NO_ITEMS, Difference
from breakeven.report.figures.axes import end_or, name_rows, signed_points
from breakeven.report.figures.plain_arms import OverPlain, over_plain_arms
from breakeven.report.figures.spec import CsvRow, FigureSpec, Panel, absent_figure, arm_legend
from breakeven.report.figures.told import tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.leads import MOST_PLAIN
from breakeven.report.view import ArmView, StudyView
from breakeven.words import INK, MUTED, points, points_interval, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Gain over IFT, task by task"
# Points: width of the brackets, and where many arms share a row.
BRACKET = (5.0, 3.0)


def gain_by_task_figure(view: StudyView) -> FigureSpec:
    """The largest student, a row a task; tasks with and without serial depth side by side.

    Tasks of which that is not known have a panel a family, and each plain arm has panels of its
    own.
    """
    differences = view.findings.tasks
    rows = [row for row in differences if row.student == view.results.students()[-1]]
    if not rows:
        return absent_figure("gain-by-task", TITLE, NO_ITEMS)
    largest = rows[0].student
    parts = {
        (over, title): part
        for over, own in over_plain_arms(view, rows, lambda row: row.ift_arm).items()
        for title, part in _kinds_of_task(view, own).items()
    }
    limits = (
        min(-0.08, *(end_or(row.low, row.value) for row in rows)) - 0.03,
        max(0.08, *(end_or(row.high, row.value) for row in rows)) + 0.03,
    )
    tasks = max(len({row.task for row in part}) for part in parts.values())
    # Inches: a row of the fewest arms still holds its label.
    most = max(len({row.arm for row in part}) for part in parts.values())
    row_height = max(0.42, 0.12 + 0.11 * most)
    return FigureSpec(
        "gain-by-task",
        f"{TITLE}, {largest}",
        takeaway=takeaway(parts),
        how_to_read="Right of the line an arm is more accurate than IFT on the same questions. "
        "Bars are "
        "paired 95% intervals; grey brackets span the differences that these questions are too "
        f"few to show with 80% power. {scope_sentence(view)}",
        panels=tuple(
            Panel(
                over.titled(title),
                partial(_draw, part, _arms(view, part), limits, over.name),
                height=1.0 + row_height * tasks,
            )
            for (over, title), part in parts.items()
        ),
        legend=arm_legend(_arms(view, rows)),
        rows=tuple(_row(row) for row in differences),
    )


def _arms(view: StudyView, rows: Sequence[Difference]) -> list[ArmView]:
    return [arm for arm in view.arms if any(row.arm == arm.name for row in rows)]


def _kinds_of_task(view: StudyView, rows: Sequence[Difference]) -> dict[str, list[Difference]]:
    parts = {
        "Tasks with serial steps": [row for row in rows if row.serial],
        "Tasks without serial steps": [row for row in rows if row.serial is False],
        **{
            family: [row for row in rows if row.serial is None and row.family == family]
            for family in view.results.families()
        },
    }
    return {title: part for title, part in parts.items() if part}


def takeaway(parts: dict[tuple[OverPlain, str], list[Difference]]) -> str:
    """What the panels show, a sentence a kind of task and plain arm."""
    sentences = []
    for title, rows in _by_title(parts).items():
        thinking = [row for row in rows if row.style == "reasoning"]
        if thinking:
            gains = sorted(row.value for row in thinking)
            won = sum(row.significant and row.value > 0 for row in thinking)
            lost = sum(row.significant and row.value < 0 for row in thinking)
            sentences.append(
                f"{title}: reasoning gains "
                f"{span(points(gains[0]), points(gains[-1]))} points; {won} of "
                f"{len(thinking)} are gains beyond sampling error, {lost} are losses"
            )
    return ". ".join(sentences) + "." if sentences else "There is no reasoning arm to compare."


def _by_title(
    parts: dict[tuple[OverPlain, str], list[Difference]],
) -> dict[str, list[Difference]]:
    """The comparisons of each kind of task and plain arm, or of many plain arms together."""
    plain = {over.arm for over, _ in parts}
    together = f", over {len(plain)} plain arms"
    found: dict[str, list[Difference]] = {}
    for (over, title), rows in parts.items():
        of = "" if over.alone else f", over {over.arm}"
        name = f"{title}{together if len(plain) > MOST_PLAIN else of}"
        found.setdefault(name, []).extend(rows)
    return found


def _draw(
    rows: Sequence[Difference],
    arms: Sequence[ArmView],
    limits: tuple[float, float],
    over: str,
    axes: "Axes",
) -> None:
    from matplotlib.ticker import FuncFormatter

    tasks = list(dict.fromkeys((row.family, row.task) for row in rows))
    step = min(0.22, 0.8 / len(arms))
    axes.axvline(0, color=INK, lw=1.0)
    for row in rows:
        arm = next(arm for arm in arms if arm.name == row.arm)
        shift = step * (arms.index(arm) - (len(arms) - 1) / 2)
        place = tasks.index((row.family, row.task)) + shift
        if row.detectable is not None:
            # Drawn first and pale: a bracket says what could be seen, the bar what was.
            axes.hlines(
                place,
                -row.detectable,
                row.detectable,
                color=MUTED,
                lw=BRACKET[len(arms) > 4],
                alpha=0.22,
            )
        if row.low is not None and row.high is not None:
            axes.hlines(place, row.low, row.high, color=arm.colour, lw=1.5)
        drawn = axes.plot(row.value, place, arm.marker, color=arm.colour, markersize=6.5)
        words = points_interval(row.value, row.low, row.high)
        tell(drawn, f"{row.student} {row.arm} − {over}, {row.task}\n{words} points")
    name_rows(axes, [str(task) for _, task in tasks])
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    axes.set_xlim(*limits)
    axes.xaxis.set_major_formatter(FuncFormatter(signed_points))
    axes.set_xlabel(f"accuracy minus {over}, points")


def _row(row: Difference) -> CsvRow:
    return {
        "corpus": row.corpus,
        "family": row.family,
        "task": row.task,
        "serial_depth": row.serial,
        "student": row.student,
        "ift_arm": row.ift_arm,
        "arm": row.arm,
        "gain": row.value,
        "gain_low": row.low,
        "gain_high": row.high,
        "detectable_at_80_percent": row.detectable,
        "p_value": row.p_value,
        "adjusted_p_value": row.adjusted_p_value,
    }
