"""What thinking buys against what it costs: gain over IFT against the factor of extra tokens."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.report.differences import Difference
from breakeven.report.figures.axes import label_point, power_ticks, signed_points
from breakeven.report.figures.spec import FigureSpec, Key, Panel, Row, absent
from breakeven.report.study import ArmView, PanelKey, Study
from breakeven.report.style import INK, STYLE_WORDS, points
from breakeven.verdicts.groups import Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Gain over IFT against extra tokens"


class GainPoint(NamedTuple):
    """One difference with what its answers cost: `factor` times IFT's tokens (or FLOPs)."""

    difference: Difference
    arm: ArmView
    factor: float


def gain_figure(study: Study, differences: Sequence[Difference]) -> FigureSpec:
    """By family; FLOPs stand in for tokens where no tokens are known."""
    found, unit = _gain_points(study, differences)
    if not found:
        reason = "no pair of arms with generated tokens or inference FLOPs"
        return absent("gain", TITLE, reason)
    panels = [(key, rows) for key in study.panels if (rows := _of(found, key))]
    title = TITLE if unit == "tokens" else "Gain over IFT against extra inference FLOPs"
    limits = _limits(found)
    largest = max(point.factor for point in found), min(point.factor for point in found)
    return FigureSpec(
        "gain",
        title,
        see=_see(found, unit),
        how="Above the line thinking is more accurate than IFT at the same size; further right it "
        f"costs more {unit} an answer. A thin line joins the sizes of an arm. " + _bar_words(found),
        panels=tuple(
            Panel(key.title, partial(_draw, study, rows, limits, largest, unit))
            for key, rows in panels
        ),
        legend=tuple(
            Key(f"{arm.name} ({STYLE_WORDS[arm.style]})", arm.colour, arm.marker)
            for arm in study.arms
            if any(point.arm == arm for point in found)
        ),
        rows=tuple(_row(point, unit) for point in found),
    )


def _gain_points(study: Study, differences: Sequence[Difference]) -> tuple[list[GainPoint], str]:
    arms = {arm.name: arm for arm in study.arms}
    by_key = {
        (group.cells[0].student, group.cells[0].arm, group.cells[0].family): group
        for family in study.results.families()
        for group in study.family_groups(family)
    }
    for unit in ("tokens", "FLOPs"):
        found = []
        for row in differences:
            spent = [
                _spent(by_key[row.student, arm, row.family], unit) for arm in (row.ift_arm, row.arm)
            ]
            if spent[0] and spent[1]:
                found.append(GainPoint(row, arms[row.arm], spent[1] / spent[0]))
        if found:
            return found, unit
    return [], "tokens"


def _spent(group: Group, unit: str) -> float | None:
    return group.mean("output_tokens" if unit == "tokens" else "inference_flops")


def _of(found: Sequence[GainPoint], key: PanelKey) -> list[GainPoint]:
    return [
        point
        for point in found
        if point.difference.family == key.family and point.difference.corpus == key.corpus
    ]


def _limits(found: Sequence[GainPoint]) -> tuple[float, float]:
    lows = [_known(point.difference.low, point.difference.value) for point in found]
    highs = [_known(point.difference.high, point.difference.value) for point in found]
    return min(-0.1, *lows) - 0.04, max(0.1, *highs) + 0.08


def _bar_words(found: Sequence[GainPoint]) -> str:
    if all(point.difference.p_value is not None for point in found):
        return "Bars are intervals over items, paired."
    if any(point.difference.low is not None for point in found):
        return "Bars are bounds at widest: these results hold no item-level answers."
    return "No intervals: these results hold no item-level answers."


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _see(found: Sequence[GainPoint], unit: str) -> str:
    thinking = [point for point in found if point.arm.style == "reasoning"] or list(found)
    best = max(thinking, key=lambda point: point.difference.value)
    least = min(thinking, key=lambda point: point.difference.value)
    factors = sorted(point.factor for point in thinking)
    return (
        f"{thinking[0].arm.style.capitalize()} answers take {factors[0]:.2g} to "
        f"{factors[-1]:.2g} times the {unit} of IFT answers. The gain runs from "
        f"{points(least.difference.value)} points ({least.difference.student}, "
        f"{least.difference.family}) to {points(best.difference.value)} points "
        f"({best.difference.student}, {best.difference.family})."
    )


def _draw(
    study: Study,
    rows: Sequence[GainPoint],
    limits: tuple[float, float],
    factors: tuple[float, float],
    unit: str,
    axes: "Axes",
) -> None:
    from matplotlib.ticker import FuncFormatter

    _join(rows, axes)
    axes.axhline(0, color=INK, lw=1.0)
    for place, point in enumerate(sorted(rows, key=lambda one: one.factor)):
        row, colour = point.difference, point.arm.colour
        if row.low is not None and row.high is not None:
            axes.vlines(point.factor, row.low, row.high, color=colour, lw=1.2)
        axes.plot(point.factor, row.value, point.arm.marker, color=colour, markersize=6.5)
        side = "left" if place % 2 == 0 else "right"
        label_point(axes, point.factor, row.value, study.label(row.student), side=side)
    axes.set_xscale("log")
    margin = max((factors[0] / factors[1]) ** 0.12, 1.15)
    axes.set_xlim(factors[1] / margin, factors[0] * margin)
    power_ticks(axes)
    axes.set_ylim(*limits)
    axes.yaxis.set_major_formatter(FuncFormatter(signed_points))
    axes.set_ylabel("accuracy minus IFT, points")
    axes.set_xlabel(f"{unit} of an answer, times IFT's (log)")


def _join(rows: Sequence[GainPoint], axes: "Axes") -> None:
    """A thin line through an arm's points from the smallest student to the largest."""
    for arm in dict.fromkeys(point.arm for point in rows):
        own = [point for point in rows if point.arm == arm and point.difference.size_parameters]
        own.sort(key=lambda point: point.difference.size_parameters or 0.0)
        axes.plot(
            [point.factor for point in own],
            [point.difference.value for point in own],
            color=arm.colour,
            lw=0.8,
            alpha=0.6,
        )


def _row(point: GainPoint, unit: str) -> Row:
    row = point.difference
    return {
        "corpus": row.corpus,
        "family": row.family,
        "student": row.student,
        "arm": row.arm,
        f"{unit.lower()}_factor": point.factor,
        "gain": row.value,
        "gain_low": row.low,
        "gain_high": row.high,
        "p_value": row.p_value,
        "adjusted_p_value": row.adjusted_p_value,
    }
