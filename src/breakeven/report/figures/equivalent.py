"""How large an IFT student would have to be to equal a reasoning student."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group, partners
from breakeven.report.figures.axes import power_ticks
from breakeven.report.figures.spec import CsvRow, FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.figures.told import tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.words import INK, MUTED, size_word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from breakeven.frontiers.equivalents import EquivalentSize
    from breakeven.frontiers.positions import Position

# More students are counted, not named.
MOST_LISTED = 6
TITLE = "IFT-equivalent size of reasoning students"


class Equivalent(NamedTuple):
    """A reasoning student and the IFT size (parameters) with its accuracy, of one plain arm."""

    key: PanelKey
    arm: ArmView
    plain_arm: str
    student: str
    size: float
    placed: "EquivalentSize"

    @property
    def is_informative(self) -> bool:
        """Whether the interval leaves out a part of the sizes measured."""
        return self.placed.is_informative

    @property
    def factor(self) -> float | None:
        """Equivalent size over own size; None beyond the measured IFT sizes."""
        value = self.placed.position.value
        return None if value is None else value / self.size


def equivalents(view: StudyView) -> list[Equivalent]:
    """Every reasoning student with at least two IFT sizes to be placed among."""
    return [one for key in view.panels for one in _panel_equivalents(view, key)]


def _panel_equivalents(view: StudyView, key: PanelKey) -> list[Equivalent]:
    from breakeven.frontiers.equivalents import equivalent_size

    sized = [group for group in view.panel_groups(key) if group.cells[0].size_parameters]
    plain = [group for group in sized if group.cells[0].style == "ift"]
    drawn = view.draws(key.family)
    arms = {arm.name: arm for arm in view.arms}
    placed = []
    for group in sized:
        ift = _partners(plain, group) if group.cells[0].style == "reasoning" else []
        sizes = [_size(one) for one in ift]
        # Between two sizes a place can be interpolated; one is a comparison, and in other tables.
        if len(sizes) < 2:
            continue
        draws = None if drawn is None else drawn.of([*ift, group])
        place = equivalent_size(
            sizes,
            [one.accuracy for one in ift],
            group.accuracy,
            ift_draws=None if draws is None else draws[:, :-1],
            reasoning_draws=None if draws is None else draws[:, -1],
        )
        cell = group.cells[0]
        plain_arm = ift[0].cells[0].arm
        placed.append(Equivalent(key, arms[cell.arm], plain_arm, cell.student, _size(group), place))
    return placed


def _partners(plain: Sequence[Group], reasoning: Group) -> list[Group]:
    """The first IFT arm that differs from the reasoning one in style only, by ascending size."""
    arm = next((one.cells[0].arm for one in partners(reasoning, plain)), None)
    by_size: dict[float, Group] = {}
    for group in plain:
        if group.cells[0].arm == arm:
            # Two students of one size cannot both be a point of the curve over sizes.
            by_size.setdefault(_size(group), group)
    return [by_size[size] for size in sorted(by_size)]


def _size(group: Group) -> float:
    return float(group.cells[0].size_parameters or 0.0)


def place_words(position: "Position") -> str:
    """An equivalent size as text: 1.8B, <30K or >14B."""
    if position.value is not None:
        return size_word(position.value)
    return f"{'<' if position.side == 'below' else '>'}{size_word(position.bound or 0.0)}"


def equivalent_figure(view: StudyView) -> FigureSpec:
    """By family, on equal log axes, with the line of equal size."""
    placed = equivalents(view)
    if not placed:
        reason = "fewer than two IFT students of known size to place a reasoning student among"
        return absent_figure("equivalent-size", TITLE, reason)
    sizes = sorted({one.size for one in placed} | _ift_sizes(view))
    panels = [(key, rows) for key in view.panels if (rows := [o for o in placed if o.key == key])]
    return FigureSpec(
        "equivalent-size",
        TITLE,
        takeaway=_takeaway(placed),
        how_to_read="On the diagonal a reasoning student equals the IFT student of its own size; "
        "above "
        "it, it is worth a larger one. Arrows point beyond the IFT sizes that were measured. "
        + (
            "Bars are 95% intervals over resampled items, each by itself. "
            + scope_sentence(view, told_by="the arm")
            if placed[0].placed.low is not None
            else "No intervals: these results hold no item-level answers."
        ),
        panels=tuple(Panel(key.title, partial(_draw, rows, sizes)) for key, rows in panels),
        legend=(
            *dict.fromkeys(
                LegendEntry(one.arm.name, one.arm.colour, one.arm.marker) for one in placed
            ),
            LegendEntry("equal size", MUTED, None, "--"),
        ),
        rows=tuple(_row(one) for one in placed),
    )


def _ift_sizes(view: StudyView) -> set[float]:
    return {
        float(cell.size_parameters)
        for cell in view.results.cells
        if cell.style == "ift" and cell.size_parameters
    }


def _takeaway(every: Sequence[Equivalent]) -> str:
    beyond = [one for one in every if one.placed.position.side == "above"]
    within = [one for one in every if one.factor is not None]
    informative = [one for one in within if one.is_informative]
    bounded = every[0].placed.low is not None
    sure = [one for one in beyond if one.placed.low is not None and one.placed.low.side == "above"]
    # With several plain arms a worth is that over the first; the others are in tables of gains.
    plain = " or ".join(sorted({one.plain_arm for one in every}))
    text = (
        f"{len(beyond)} of {len(every)} reasoning students are more accurate than the largest "
        f"student of {plain}, so that their worth in its sizes lies beyond what was measured"
    )
    if bounded:
        text += f" ({len(sure)} of them in their whole interval)"
    if below := [one for one in every if one.placed.position.side == "below"]:
        text += f"; {len(below)} are worth less than the smallest"
    if within and not bounded:
        return f"{text}; {len(within)} lie among the IFT sizes, by the point values alone."
    if len(within) <= MOST_LISTED and informative:
        text += f". Within it: {'; '.join(map(_worth, informative))}"
    elif informative:
        text += (
            f". Of {len(within)} within it, {len(informative)} have an interval that tells "
            "something"
        )
    if open_ := len(within) - len(informative):
        text += (
            f". Of {open_} the interval holds every size that was measured, so their worth is not "
            "known"
        )
    return text + "."


def _worth(one: Equivalent) -> str:
    """t120k on math-open is worth 1.2M (900K to 1.5M), 9.6 times its size."""
    return f"{one.student} {one.arm.name} on {one.key.title} is worth {_place(one)}"


def _place(one: Equivalent) -> str:
    low, high = one.placed.low, one.placed.high
    interval = f" ({place_words(low)} to {place_words(high)})" if low and high else ""
    return f"{place_words(one.placed.position)}{interval}"


def _draw(rows: Sequence[Equivalent], sizes: Sequence[float], axes: "Axes") -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = sizes[0] / 2.2, sizes[-1] * 2.2
    axes.plot([low, high], [low, high], color=MUTED, lw=1.0, ls="--", zorder=1)
    arms = list(dict.fromkeys(one.arm for one in rows))
    for one in rows:
        # Arms of one size are set apart a little, so that none hides another.
        shift = 1.12 ** (arms.index(one.arm) - (len(arms) - 1) / 2)
        _draw_one(one, shift * one.size, sizes, axes)
    # One word a size says where several arms point to.
    for one in {(one.size, one.placed.position.side): one for one in rows}.values():
        if one.placed.position.value is None:
            _name_place(one, sizes, axes)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    power_ticks(axes)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(list(sizes)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: size_word(value)))
    axes.set_xlabel("size of the reasoning student (log)")
    axes.set_ylabel("IFT size as accurate (log)")


def _draw_one(one: Equivalent, across: float, sizes: Sequence[float], axes: "Axes") -> None:
    place, colour = one.placed.position, one.arm.colour
    if one.placed.low is not None and one.placed.high is not None:
        low, high = _drawn(one.placed.low, sizes), _drawn(one.placed.high, sizes)
        axes.vlines(across, low, high, color=colour, lw=1.3)
    where = _drawn(place, sizes)
    if place.value is not None:
        tell(axes.plot(across, where, one.arm.marker, color=colour, markersize=7), _told(one))
        return
    up = place.side == "above"
    axes.annotate(
        "",
        (across, where * (1.75 if up else 1 / 1.75)),
        xytext=(across, where),
        arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.5},
    )
    hollow = axes.plot(across, where, one.arm.marker, color=colour, markersize=7, fillstyle="none")
    tell(hollow, _told(one))


def _told(one: Equivalent) -> str:
    return f"{one.student} {one.arm.name}\nas accurate as {one.plain_arm} of {_place(one)}"


def _name_place(one: Equivalent, sizes: Sequence[float], axes: "Axes") -> None:
    """How far an arrow is known to point, right of it."""
    place = one.placed.position
    axes.annotate(
        place_words(place),
        (one.size, _drawn(place, sizes)),
        xytext=(11, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=INK,
    )


def _drawn(place: "Position", sizes: Sequence[float]) -> float:
    """Where a place is drawn: at the end of the axis where it lies beyond it."""
    if place.value is not None:
        return place.value
    return sizes[0] if place.side == "below" else sizes[-1]


def _row(one: Equivalent) -> CsvRow:
    placed = one.placed
    return {
        "corpus": one.key.corpus,
        "family": one.key.family,
        "ift_arm": one.plain_arm,
        "student": one.student,
        "arm": one.arm.name,
        "size_parameters": one.size,
        "equivalent_size_parameters": placed.position.value,
        "equivalent_size": place_words(placed.position),
        "low": None if placed.low is None else place_words(placed.low),
        "high": None if placed.high is None else place_words(placed.high),
        "told": one.is_informative,
        "reason": placed.reason,
    }
