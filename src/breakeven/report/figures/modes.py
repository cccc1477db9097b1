"""How often every arm thinks: what leaks from one mode into the other, and what a mix chooses."""

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.modes import GroupModes, ModeAnswers
from breakeven.report.figures.axes import name_columns
from breakeven.report.figures.spec import CsvRow, FigureSpec, Panel, absent_figure, arm_legend
from breakeven.report.figures.told import tell
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.statistics.estimates import Estimate
from breakeven.words import percent, percent_interval, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "How often each arm thinks"
NO_MODES = "these results do not tell thinking from answering"


def mode_figure(view: StudyView) -> FigureSpec:
    """A panel a family: the share of answers with a trace, by size, a line an arm."""
    modes = view.modes
    if not modes:
        return absent_figure("modes", TITLE, NO_MODES)
    panels = [(key, own) for key in view.panels if (own := _of(view, modes, key))]
    shown = {one.group.cells[0].arm for _, own in panels for one in own}
    return FigureSpec(
        "modes",
        TITLE,
        takeaway=_takeaway(modes),
        how_to_read="Share of answers with a trace. IFT arms should lie at 0% and reasoning arms "
        "at 100%; what lies apart leaks from the other mode. A mixed arm chooses, as nothing tells "
        "it which is wanted; dotted is the share of traces that it learnt. Bars are 95% intervals.",
        panels=tuple(Panel(key.title, partial(_draw, view, own), 2.9) for key, own in panels),
        legend=arm_legend((arm for arm in view.arms if arm.name in shown), "-"),
        rows=tuple(mode_row(one) for one in modes),
    )


def _of(view: StudyView, modes: Sequence[GroupModes], key: PanelKey) -> list[GroupModes]:
    groups = view.panel_groups(key)
    return [one for one in modes if one.group in groups]


def _takeaway(modes: Sequence[GroupModes]) -> str:
    """The range over sizes and families, style by style: none is picked."""
    words = {
        "ift": "IFT arms think, though they learnt not to, in {} of their answers",
        "reasoning": "reasoning arms do not think, though they learnt to, in {}",
        "control": "controls do not answer in the mode that they learnt, or were asked for, in {}",
    }
    parts = []
    for style, text in words.items():
        leaks = [leak for one in modes if (leak := _leak(one, style)) is not None]
        if leaks:
            parts.append(text.format(_range(leaks)))
    mixed = [
        share
        for one in modes
        if one.group.cells[0].style == "mixed" and (share := one.thinking_share.value) is not None
    ]
    if mixed:
        parts.append(f"mixed arms think in {_range(mixed)}")
    text = "; ".join(parts) if parts else "no arm learnt a mode"
    return f"{text[0].upper()}{text[1:]}."


def _leak(one: GroupModes, style: str) -> float | None:
    leak = one.leaking_share if one.group.cells[0].style == style else None
    return None if leak is None else leak.value


def _range(shares: Sequence[float]) -> str:
    return span(percent(min(shares)), percent(max(shares)))


def _draw(view: StudyView, rows: Sequence[GroupModes], axes: "Axes") -> None:
    from matplotlib.ticker import PercentFormatter

    students = [
        name
        for name in view.results.students()
        if any(one.group.cells[0].student == name for one in rows)
    ]
    arms = [arm for arm in view.arms if any(one.group.cells[0].arm == arm.name for one in rows)]
    step = min(0.09, 0.6 / len(arms))
    for place, arm in enumerate(arms):
        shift = step * (place - (len(arms) - 1) / 2)
        _draw_arm(
            arm, [one for one in rows if one.group.cells[0].arm == arm.name], students, shift, axes
        )
    name_columns(axes, students)
    # Room for the markers of arms that never think, or always do.
    axes.set_ylim(-0.04, 1.04)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("answers with a trace")


def _draw_arm(
    arm: ArmView, rows: Sequence[GroupModes], students: Sequence[str], shift: float, axes: "Axes"
) -> None:
    learnt = rows[0].group.cells[0].reasoning_share
    if arm.style == "mixed" and learnt is not None:
        axes.axhline(learnt, color=arm.colour, lw=0.9, ls=":", zorder=1)
    at = [students.index(one.group.cells[0].student) + shift for one in rows]
    shares = [one.thinking_share for one in rows]
    drawn = axes.plot(
        at,
        [math.nan if share.value is None else share.value for share in shares],
        marker=arm.marker,
        color=arm.colour,
        lw=1.2,
        markersize=5.5,
    )
    tell(drawn, *map(_told, rows))
    for x, share in zip(at, shares, strict=True):
        if share.low is not None and share.high is not None:
            axes.vlines(x, share.low, share.high, color=arm.colour, lw=1.0)


def _told(one: GroupModes) -> str:
    cell, share = one.group.cells[0], one.thinking_share
    words = percent_interval(share.value, share.low, share.high)
    return f"{cell.student} {cell.arm}\n{words} of answers with a trace"


def mode_row(one: GroupModes) -> CsvRow:
    """A line of the CSV of the figure and of its tables."""
    cell = one.group.cells[0]
    row: dict[str, str | int | float | None] = {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "style": cell.style,
        "learnt_share": cell.reasoning_share,
        **_ends("thinking_share", one.thinking_share),
        **_ends("leaking_share", one.leaking_share),
    }
    for name, mode in (("plain", one.plain), ("thinking", one.thinking)):
        row |= _mode_columns(name, mode)
    return row


def _mode_columns(name: str, mode: ModeAnswers | None) -> dict[str, int | float | None]:
    return {
        f"{name}_answers": 0 if mode is None else mode.answers,
        **_ends(f"{name}_accuracy", None if mode is None else mode.accuracy),
        **_ends(f"{name}_tokens", None if mode is None else mode.tokens),
    }


def _ends(name: str, found: Estimate | None) -> dict[str, float | None]:
    ends = (None, None, None) if found is None else (found.value, found.low, found.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
