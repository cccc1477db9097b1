"""What every other decoding changes for each arm, beside the first one."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.decodings import DecodingChange
from breakeven.findings.direction import Direction
from breakeven.report.figures.axes import end_or, name_rows, signed_points
from breakeven.report.figures.spec import FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.figures.told import tell
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.view import ArmView, StudyView
from breakeven.words import INK, fixed, points_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "What another decoding changes"
NO_OTHER = "needs a second decoding"
CHANGE_WORDS: dict[Direction, str] = {
    "ahead": "more accurate",
    "behind": "less accurate",
    "undecided": "undecided",
}


def decoding_words(one: DecodingChange) -> str:
    """A decoding by its name, and how many samples vote in it."""
    return one.decoding if one.samples is None else f"{one.decoding} (vote of {one.samples})"


def ratio_word(ratio: float | None) -> str:
    """FLOPs over those of the first decoding: 0.47, 8.01."""
    return "–" if ratio is None else fixed(ratio, 2)


def decodings_figure(view: StudyView) -> FigureSpec:
    """A row a decoding and arm, over all sizes."""
    every = view.decoding_changes
    if not every:
        return absent_figure("decodings", TITLE, NO_OTHER)
    arms = {arm.name: arm for arm in view.arms}
    shown = dict.fromkeys(one.arm for one in every)
    return FigureSpec(
        "decodings",
        TITLE,
        takeaway=_takeaway(every),
        how_to_read=f"Accuracy minus that of {view.decoding}, on the same questions, over the mean "
        "of the families that the arm was taught and of its sizes; of several samples it is their "
        "vote. Left of the line the other "
        "decoding is less accurate. Bars are paired 95% intervals, each held by itself; filled is "
        f"what is decided at 5% {view.findings.together_beside}. At the right, how many times the "
        f"FLOPs of the first a query takes. {scope_sentence(view)}",
        panels=(Panel("", partial(_draw, every, arms), height=1.1 + 0.26 * len(every)),),
        legend=tuple(LegendEntry(name, arms[name].colour, arms[name].marker) for name in shown),
        # The table of the same name has a line for each.
        rows=(),
    )


def _takeaway(every: Sequence[DecodingChange]) -> str:
    found = [one.direction for one in every if one.adjusted_p_value is not None]
    same = len(every) - len(found)
    return (
        f"{len(found)} changes of an arm's decoding were tested: "
        f"{found.count('ahead')} are {CHANGE_WORDS['ahead']} than the first, "
        f"{found.count('behind')} {CHANGE_WORDS['behind']}, {found.count('undecided')} undecided"
        f"{f'; {same} could not be, such as where the answers are the same' if same else ''}."
    )


def _draw(rows: Sequence[DecodingChange], arms: dict[str, ArmView], axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter

    axes.axvline(0, color=INK, lw=1)
    ends = [end for one in rows for end in (one.change.mean.low, one.change.mean.high)]
    known = [end for end in ends if end is not None]
    for place, one in enumerate(rows):
        arm, change = arms[one.arm], one.change.mean
        value = change.value
        axes.hlines(
            place,
            end_or(change.low, value),
            end_or(change.high, value),
            color=arm.colour,
            lw=1.5,
        )
        drawn = axes.plot(
            value,
            place,
            arm.marker,
            color=arm.colour,
            markersize=6,
            markerfacecolor="white" if one.direction == "undecided" else arm.colour,
        )
        words = points_interval(value, change.low, change.high)
        tell(drawn, f"{decoding_words(one)}, {one.arm}\n{words} points over the first decoding")
        if one.cost_ratio is not None:
            axes.annotate(
                f"{ratio_word(one.cost_ratio)}×",
                (1, place),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
                color=INK,
            )
    axes.annotate(
        "FLOPs",
        (1, 1),
        xycoords="axes fraction",
        xytext=(4, 4),
        textcoords="offset points",
        fontsize="small",
        color=INK,
    )
    name_rows(axes, [f"{decoding_words(one)} · {one.arm}" for one in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(min(-0.05, *known) - 0.03, max(0.05, *known) + 0.03)
    axes.xaxis.set_major_formatter(FuncFormatter(signed_points))
    axes.set_xlabel("accuracy minus the first decoding, points")
