"""What became of the answers: right, wrong, and the ways in which an answer fails to be one."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.groups import Group
from breakeven.report.control_words import repeating_arms
from breakeven.report.figures.axes import name_rows
from breakeven.report.figures.spec import CsvRow, FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.view import PanelKey, StudyView
from breakeven.rows.outcomes import OUTCOMES, OutcomeShares
from breakeven.words import MUTED, OUTCOME_COLOURS, OUTCOME_WORDS, PAPER, STYLE_WORDS, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "What became of the answers"
NO_OUTCOMES = "these results do not tell the outcome of an answer"
# Inches of a bar, and of what stands around the bars.
BAR, AROUND = 0.21, 0.9


def outcome_figure(view: StudyView) -> FigureSpec:
    """A panel a family, a stacked bar a student and arm."""
    known = outcomes_by_group(view)
    if not known:
        return absent_figure("outcomes", TITLE, NO_OUTCOMES)
    panels = [(key, bars) for key in view.panels if (bars := _bars(view, key))]
    return FigureSpec(
        "outcomes",
        TITLE,
        takeaway=_takeaway(known),
        how_to_read="A bar is all answers of a student in an arm; each answer has one outcome. "
        "Looping is what the limit cut in a block that is repeated without a change."
        f"{repeating_arms(view)}",
        panels=tuple(
            Panel(key.title, partial(_draw, view, bars), max(2.4, AROUND + BAR * len(bars)))
            for key, bars in panels
        ),
        legend=tuple(
            LegendEntry(OUTCOME_WORDS[outcome], OUTCOME_COLOURS[outcome]) for outcome in OUTCOMES
        ),
        rows=tuple(outcome_row(group, shares) for group, shares in known.items()),
    )


def outcomes_by_group(view: StudyView) -> dict[Group, OutcomeShares]:
    """The groups whose outcomes are known: by family, then arm, from the smallest student up."""
    arms = [arm.name for arm in view.arms]
    return {
        group: shares
        for family in view.results.families()
        for group in sorted(
            view.family_groups(family), key=lambda group: arms.index(group.cells[0].arm)
        )
        if (shares := group.outcomes) is not None
    }


def outcome_row(group: Group, shares: OutcomeShares) -> CsvRow:
    """A line of the CSV."""
    cell = group.cells[0]
    return {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "seeds": len(group.cells),
        "items": cell.items,
        **shares._asdict(),
    }


def _bars(view: StudyView, panel: PanelKey) -> list[tuple[Group, OutcomeShares]]:
    return [
        (group, shares)
        for group in view.panel_groups(panel)
        if (shares := group.outcomes) is not None
    ]


def _takeaway(known: dict[Group, OutcomeShares]) -> str:
    """How answers fail, style by style: the mean over students and families, no pick of any."""
    parts = []
    for style in ("ift", "reasoning"):
        rows = [shares for group, shares in known.items() if group.cells[0].style == style]
        if rows:
            mean = OutcomeShares(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))
            parts.append(
                f"of {STYLE_WORDS[style].split(':')[0]} answers {percent(mean.looping)} loop, "
                f"{percent(mean.cut)} are cut without a loop, {percent(mean.unclosed)} end inside "
                f"the trace and {percent(mean.unparsed)} cannot be parsed"
            )
    if not parts:
        return "No arm is IFT or reasoning; the outcomes of the others are drawn."
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}: means over students and families."


def _draw(view: StudyView, bars: Sequence[tuple[Group, OutcomeShares]], axes: "Axes") -> None:
    from matplotlib.ticker import PercentFormatter

    names = []
    for place, (group, shares) in enumerate(bars):
        left = 0.0
        for outcome, share in zip(OUTCOMES, shares, strict=True):
            if share:
                axes.barh(
                    place,
                    share,
                    left=left,
                    color=OUTCOME_COLOURS[outcome],
                    height=0.78,
                    edgecolor=PAPER,
                    linewidth=0.4,
                )
            left += share
        names.append(f"{view.arm_label(group.cells[0].arm)} {group.cells[0].student}")
    # A line between arms, so that the sizes of one are read together.
    for place in range(1, len(bars)):
        if bars[place][0].cells[0].arm != bars[place - 1][0].cells[0].arm:
            axes.axhline(place - 0.5, color=MUTED, lw=0.6)
    name_rows(axes, names)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("share of answers")
