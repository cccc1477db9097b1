"""How sure a place on the frontier is: the share of bootstrap draws, cell by cell."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.report.curves import CostPanel, cost_panels
from breakeven.report.figures.axes import shortened, slant_names
from breakeven.report.figures.spec import CsvRow, FigureSpec, Panel, absent_figure
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import StudyView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "P(on the inference frontier)"


def probability_figure(view: StudyView) -> FigureSpec:
    """A heat map by family: arms down, sizes across; as measured where there are no draws."""
    drawn = [panel for panel in cost_panels(view, "inference", fits=False) if panel.points]
    if not drawn:
        return absent_figure("frontier-probability", TITLE, "no group has inference FLOPs")
    sampled = all(point.probability is not None for panel in drawn for point in panel.points)
    how_to_read = (
        "The share of bootstrap draws of the items in which no other student is as accurate for "
        "fewer inference FLOPs. Near 1 or 0 the place is sure; between, these items cannot tell. "
        f"Each share stands by itself. {scope_sentence(view, told_by='the arm')}"
        if sampled
        else "1 is on the frontier, 0 is off it, by the point values: these results hold no "
        "item-level answers, so how sure that is cannot be said."
    )
    return FigureSpec(
        "frontier-probability",
        TITLE if sampled else "On the inference frontier",
        takeaway=_takeaway(drawn, sampled=sampled),
        how_to_read=how_to_read,
        panels=tuple(
            Panel(panel.key.title, partial(_draw, view, panel), _height(panel)) for panel in drawn
        ),
        rows=tuple(row for panel in drawn for row in _rows(panel)),
    )


def _height(panel: CostPanel) -> float:
    return max(2.6, 0.9 + 0.28 * len({point.arm for point in panel.points}))


def _value(probability: float | None, on_frontier: bool) -> float:
    return float(on_frontier) if probability is None else probability


def _takeaway(panels: Sequence[CostPanel], *, sampled: bool) -> str:
    every = [point for panel in panels for point in panel.points]
    if not sampled:
        on = [point for point in every if point.on_frontier]
        thinking = sum(point.arm.style == "reasoning" for point in on)
        return f"{thinking} of the {len(on)} points on the frontier are reasoning students."
    unsure = [p for p in every if 0.05 < _value(p.probability, p.on_frontier) < 0.95]
    return (
        f"{len(every) - len(unsure)} of {len(every)} places are sure (below 0.05 or above 0.95); "
        f"{len(unsure)} {'is' if len(unsure) == 1 else 'are'} not."
    )


def _draw(view: StudyView, panel: CostPanel, axes: "Axes") -> None:
    import numpy as np
    import seaborn as sns

    students = [s for s in view.results.students() if _of(panel, s)]
    arms = [arm for arm in view.panel_arms(panel.key) if any(p.arm == arm for p in panel.points)]
    # Not every arm has every size; an empty place is no probability of zero.
    grid = np.full((len(arms), len(students)), np.nan)
    for point in panel.points:
        where = arms.index(point.arm), students.index(point.group.cells[0].student)
        grid[where] = _value(point.probability, point.on_frontier)
    sns.heatmap(
        grid,
        ax=axes,
        # The same scale in every panel, whatever its values.
        vmin=0,
        vmax=1,
        cmap="Blues",
        annot=np.array([["" if np.isnan(v) else f"{v:.2f}" for v in row] for row in grid]),
        fmt="",
        annot_kws={"fontsize": 9},
        cbar=False,
        linewidths=1.0,
        xticklabels=[shortened(student) for student in students],
        yticklabels=[shortened(arm.name) for arm in arms],
    )
    axes.grid(visible=False)
    axes.tick_params(length=0, rotation=0)
    slant_names(axes)


def _of(panel: CostPanel, student: str) -> bool:
    return any(point.group.cells[0].student == student for point in panel.points)


def _rows(panel: CostPanel) -> list[CsvRow]:
    return [
        {
            "corpus": panel.key.corpus,
            "family": panel.key.family,
            "student": point.group.cells[0].student,
            "arm": point.arm.name,
            "on_frontier": point.on_frontier,
            "probability": point.probability,
        }
        for point in panel.points
    ]
