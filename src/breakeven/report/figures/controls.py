"""Controls between the two styles: what is left of the gain with something else for a trace."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.contrasts import Contrast
from breakeven.findings.controls import ControlComparison, KeptGain
from breakeven.report.control_words import NO_CONTROL, TITLE, control_words, sides_sentence
from breakeven.report.figures.axes import end_or, name_rows, signed_points
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    Panel,
    absent_figure,
)
from breakeven.report.figures.told import tell
from breakeven.report.interval_scope import scope_clause, scope_sentence
from breakeven.report.view import StudyView
from breakeven.study.repeated_training import same_training
from breakeven.words import STYLE_COLOURS, STYLE_MARKERS, percent_interval, points_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def controls_figure(view: StudyView) -> FigureSpec:
    """The largest student with controls, a panel a family and a row a control."""
    every = view.control_comparisons
    if not every:
        return absent_figure("controls", TITLE, NO_CONTROL)
    students = {one.control.cells[0].student for one in every}
    largest = [name for name in view.results.students() if name in students][-1]
    rows = [one for one in every if one.control.cells[0].student == largest]
    drawn = [apart for one in rows for apart in (one.over_ift, one.gain)]
    limits = (
        min(-0.05, *(end_or(apart.low, apart.value) for apart in drawn)) - 0.03,
        max(0.05, *(end_or(apart.high, apart.value) for apart in drawn)) + 0.03,
    )
    panels = [
        (key, own)
        for key in view.panels
        if (
            own := [
                one
                for one in rows
                if (one.pair.ift.cells[0].corpus, one.pair.ift.cells[0].family)
                == (key.corpus, key.family)
            ]
        )
    ]
    return FigureSpec(
        "controls",
        f"{TITLE} ({largest})",
        takeaway=_takeaway(view, largest),
        how_to_read="The blue line is IFT, the orange one reasoning, with its interval shaded. A "
        "control near the blue line keeps nothing of the gain, one near the orange line all of it. "
        "What each learns in place of the trace is in the table below. Bars are paired 95% "
        "intervals of the difference to IFT, each held by itself. "
        f"{sides_sentence(view)} {scope_sentence(view)}",
        panels=tuple(
            Panel(key.title, partial(_draw, own, limits), height=1.1 + 0.3 * len(own))
            for key, own in panels
        ),
        legend=(
            LegendEntry("IFT", STYLE_COLOURS["ift"], line="-"),
            LegendEntry("reasoning", STYLE_COLOURS["reasoning"], line="-"),
            LegendEntry("control", STYLE_COLOURS["control"], STYLE_MARKERS["control"][0]),
        ),
        rows=tuple(comparison_row(view, one) for one in every),
    )


def comparison_row(view: StudyView, one: ControlComparison) -> CsvRow:
    """A line of the CSV of figure and table."""
    cell, accuracy = one.control.cells[0], view.accuracies[one.control]
    row: dict[str, str | float | None] = {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "ift_arm": one.pair.ift.cells[0].arm,
        "reasoning_arm": one.pair.reasoning.cells[0].arm,
        "accuracy": one.control.accuracy,
        "accuracy_low": accuracy.low,
        "accuracy_high": accuracy.high,
    }
    for name, apart in (
        ("over_ift", one.over_ift),
        ("over_reasoning", one.over_reasoning),
        ("gain", one.gain),
    ):
        row |= {name: apart.value, f"{name}_low": apart.low, f"{name}_high": apart.high}
    return row


def _takeaway(view: StudyView, student: str) -> str:
    by_gain: dict[Contrast, list[KeptGain]] = {}
    for one in view.kept_gains:
        if one.student == student:
            by_gain.setdefault(one.gain, []).append(one)
    return " ".join(_sentences(view, gain, rows) for gain, rows in by_gain.items())


def _sentences(view: StudyView, gain: Contrast, rows: Sequence[KeptGain]) -> str:
    """The gain of one pair of styles, and what is left of it under each control."""
    families = rows[0].families
    over = f"the mean of {len(families)} families" if len(families) > 1 else families[0]
    words = points_interval(gain.value, gain.low, gain.high)
    of_others = {one.arm: same_training(view.summary, one.student, one.arm) for one in rows}
    known = [one for one in rows if one.value is not None and of_others[one.arm] is None]
    nothing = "".join(
        f" {view.arm_label(arm)} is the same training as {view.arm_label(same)} by construction, "
        "down to its weights, and tests nothing."
        for arm, same in of_others.items()
        if same is not None
    )
    if not any(one.value is not None for one in rows):
        return (
            f"On {over} reasoning gains {words} points over IFT, {scope_clause(view)}: without a "
            f"gain above zero there is none that a control could keep.{nothing}"
        )
    if not known:
        return f"On {over} reasoning gains {words} points over IFT, {scope_clause(view)}.{nothing}"
    shares = "; ".join(
        f"{percent_interval(one.value, one.low, one.high)} with "
        f"{control_words(view, one.arm) or one.arm}"
        for one in known
    )
    return (
        f"On {over} reasoning gains {words} points over IFT, {scope_clause(view)}. Of that gain "
        f"is left: {shares}.{nothing}"
    )


def _draw(rows: Sequence[ControlComparison], limits: tuple[float, float], axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter

    gain, colour = rows[0].gain, STYLE_COLOURS["reasoning"]
    axes.axvline(0, color=STYLE_COLOURS["ift"], lw=1.6)
    axes.axvline(gain.value, color=colour, lw=1.6)
    if gain.low is not None and gain.high is not None:
        axes.axvspan(gain.low, gain.high, color=colour, alpha=0.15, lw=0)
    for place, one in enumerate(rows):
        apart = one.over_ift
        if apart.low is not None and apart.high is not None:
            axes.hlines(place, apart.low, apart.high, color=STYLE_COLOURS["control"], lw=1.5)
        drawn = axes.plot(
            apart.value,
            place,
            STYLE_MARKERS["control"][0],
            color=STYLE_COLOURS["control"],
            markersize=6,
        )
        cell = one.control.cells[0]
        words = points_interval(apart.value, apart.low, apart.high)
        tell(drawn, f"{cell.student} {cell.arm}\n{words} points over IFT")
    name_rows(axes, [one.control.cells[0].arm for one in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(*limits)
    axes.xaxis.set_major_formatter(FuncFormatter(signed_points))
    axes.set_xlabel("accuracy minus IFT, points")
