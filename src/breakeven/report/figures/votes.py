"""Votes and pass@k against what their samples cost, by family: one curve a student and arm."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.direction import count_directions
from breakeven.findings.groups import IN_NO_PAIR, Group
from breakeven.findings.votes import NO_SAMPLES, VoteCurve, unvoted_words
from breakeven.report.figures.axes import accuracy_axis, cost_axis, end_or, label_point
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    Panel,
    absent_figure,
    arm_legend,
)
from breakeven.report.figures.told import accuracy_told, tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.words import MUTED, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME, TITLE = "votes", "Votes of samples against FLOPs"
NO_FLOPS = "inference FLOPs of the samples are not known"


class DrawnCurve(NamedTuple):
    """A curve in its panel."""

    key: PanelKey
    arm: ArmView
    curve: VoteCurve


def votes_figure(view: StudyView) -> FigureSpec:
    """By family: votes as lines with their intervals, pass@k dotted, from one sample to all."""
    if not view.vote_curves:
        return absent_figure(NAME, TITLE, NO_SAMPLES)
    drawn = _drawn(view)
    if not drawn:
        return absent_figure(NAME, TITLE, NO_FLOPS)
    panels = [(key, rows) for key in view.panels if (rows := [o for o in drawn if o.key == key])]
    decoding = drawn[0].curve.decoding
    return FigureSpec(
        NAME,
        TITLE,
        takeaway=_takeaway(view, drawn),
        how_to_read="A curve starts at one answer of a student and goes on with the vote of 2, 4, "
        f"… of its samples ({decoding}); each costs what its samples do, prompts included, so "
        "that a vote below another curve's first point is better bought as that one answer. Two "
        "votes that differ are a coin's throw, and so no better than one. "
        "Dotted: whether any of the samples is right, which a vote cannot pass, and which guesses "
        "among choices soon reach. Bars are 95% "
        f"intervals. {scope_sentence(view)} Untrained arms and controls are in the table "
        f"alone.{unvoted_words(view.results)}",
        panels=tuple(Panel(key.title, partial(_draw, view, rows)) for key, rows in panels),
        legend=(
            *arm_legend((arm for arm in view.arms if any(o.arm == arm for o in drawn)), "-"),
            LegendEntry("any sample right (pass@k)", MUTED, None, ":"),
        ),
        rows=tuple(row for one in drawn for row in _rows(view, one)),
    )


def _drawn(view: StudyView) -> list[DrawnCurve]:
    """The curves of one decoding that has several samples, where their FLOPs are known.

    It is the report's own, else the first by name.
    """
    named = {curve.decoding for curve in view.vote_curves}
    shown = view.decoding if view.decoding in named else min(named)
    arms = {arm.name: arm for arm in view.arms}
    of_group: dict[Group, list[VoteCurve]] = {}
    for curve in view.vote_curves:
        # Another sampler of the same students would be a second picture on the first.
        if curve.decoding == shown:
            of_group.setdefault(curve.group, []).append(curve)
    return [
        DrawnCurve(key, arms[group.cells[0].arm], curve)
        for key in view.panels
        for group in view.panel_groups(key)
        if group.cells[0].style not in IN_NO_PAIR
        for curve in of_group.get(group, ())
        if all(g.mean("inference_flops") for g in (*curve.shown.values(), *curve.passes.values()))
    ]


def _takeaway(view: StudyView, drawn: Sequence[DrawnCurve]) -> str:
    """What the largest student's plain votes gain, and how they stand to reasoning."""
    found = view.findings.votes
    text = ""
    largest = view.results.students()[-1]
    plain = [
        one
        for one in drawn
        if one.arm.style == "ift"
        and one.curve.votes
        and one.curve.group.cells[0].student == largest
    ]
    if plain:
        gains = [
            f"{one.key.title} {percent(shown[1].accuracy)} to {percent(shown[max(shown)].accuracy)}"
            for one in plain
            if one.arm == plain[0].arm and (shown := one.curve.shown)
        ]
        most = max(max(one.curve.shown) for one in plain)
        text = (
            f"From one answer to the vote of up to {most}, {plain[0].arm.name} of "
            f"{view.with_size(largest)} goes from {'; '.join(gains)}. "
        )
    if not found:
        return text + "No student has both several plain answers and a reasoning answer."
    parts = []
    for reading in dict.fromkeys(one.prompt for one in found):
        counts = count_directions(one.direction for one in found if one.prompt == reading)
        parts.append(
            f"with the prompt read {reading} ahead in {counts.ahead} of {counts.total} "
            f"comparisons, behind in {counts.behind}, undecided in {counts.undecided}"
        )
    return (
        f"{text}At the FLOPs of one reasoning answer, the vote of plain answers is "
        f"{'; '.join(parts)}."
    )


def _draw(view: StudyView, rows: Sequence[DrawnCurve], axes: "Axes") -> None:
    costs: list[float] = []
    firsts: list[tuple[float, float, str]] = []
    for one in rows:
        colour = one.arm.colour
        passed = _points(view, one.curve.passes)
        axes.plot(*_line(passed), color=colour, ls=":", lw=1.2, alpha=0.8, zorder=2)
        voted = _points(view, one.curve.shown)
        drawn = axes.plot(
            *_line(voted), color=colour, marker=one.arm.marker, markersize=4.5, lw=1.4
        )
        tell(drawn, *_told(view, one))
        for cost, _, low, high in voted:
            axes.vlines(cost, low, high, color=colour, lw=0.9, alpha=0.7, zorder=3)
            costs.append(cost)
        costs += [cost for cost, *_ in passed]
        first = (voted or passed)[0]
        firsts.append((*first[:2], one.curve.group.cells[0].student))
    cost_axis(axes, costs, "inference FLOPs a query, all samples (log)")
    accuracy_axis(axes, rows[0].curve.group.cells[0].chance)
    for cost, accuracy, label in firsts:
        label_point(axes, cost, accuracy, label, side="below")


def _points(view: StudyView, groups: dict[int, Group]) -> list[tuple[float, float, float, float]]:
    """FLOPs, accuracy and its interval of each number of samples."""
    found = []
    for group in groups.values():
        estimate, cost = view.vote_accuracies[group], group.mean("inference_flops")
        value = group.accuracy if estimate.value is None else estimate.value
        assert cost is not None  # curves without costs are not drawn
        found.append((cost, value, end_or(estimate.low, value), end_or(estimate.high, value)))
    return found


def _told(view: StudyView, one: DrawnCurve) -> list[str]:
    name = f"{one.curve.group.cells[0].student} {one.arm.name}"
    return [
        accuracy_told(name, found.value, found.low, found.high) + f"\nvote of {samples}"
        for samples, group in one.curve.shown.items()
        for found in (view.vote_accuracies[group],)
    ]


def _line(points: Sequence[tuple[float, float, float, float]]) -> tuple[list[float], list[float]]:
    return [cost for cost, *_ in points], [value for _, value, *_ in points]


def _rows(view: StudyView, one: DrawnCurve) -> list[CsvRow]:
    cell = one.curve.group.cells[0]
    return [
        {
            "corpus": one.key.corpus,
            "family": one.key.family,
            "student": cell.student,
            "arm": cell.arm,
            "decoding": one.curve.decoding,
            "shown": shown,
            "samples": samples,
            "inference_flops": group.mean("inference_flops"),
            "accuracy": view.vote_accuracies[group].value,
            "low": view.vote_accuracies[group].low,
            "high": view.vote_accuracies[group].high,
        }
        for shown, groups in (("maj@k", one.curve.shown), ("pass@k", one.curve.passes))
        for samples, group in groups.items()
    ]
