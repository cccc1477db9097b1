"""Where the ranking turns: what a small thinking student costs over a large plain one, by axis."""

import math
from functools import partial
from typing import TYPE_CHECKING

from breakeven.findings.verdicts import ANSWERING
from breakeven.report.figures.axes import NAME_LETTERS, shortened
from breakeven.report.figures.frontier import MODELLED, NOT_SERVED
from breakeven.report.figures.spec import CsvRow, FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.flips import CostPair, cost_pairs, flips_in_words
from breakeven.report.view import StudyView
from breakeven.results.axes import FULL, ONE_WAITING, CostAxis
from breakeven.words import STYLE_COLOURS, points_interval, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More rows or columns could not be read; the table has all.
MOST_PAIRS, MOST_DEVICES = 10, 2
# On a tint of its own in light and dark pages alike, so that no style sheet changes it.
_CELL_INK, _EVEN, _PALE = "#101010", "#f4f4f4", 0.25
# Colours are full where one costs so many times the other.
_FULL_TINT = 8.0


def flips_figure(view: StudyView) -> FigureSpec:
    """A panel a family: pairs down, axes across, in each cell how much dearer thinking is."""
    name, title = "cost-flips", "Where the ranking turns: thinking small against answering large"
    pairs = cost_pairs(view)
    if not pairs:
        reason = "no reasoning student is smaller than an IFT student" if view.results.axes else ""
        return absent_figure(name, title, reason or NOT_SERVED)
    devices = list(dict.fromkeys(axis.hardware for axis in view.results.axes))[:MOST_DEVICES]
    axes = [axis for axis in view.results.axes if axis.hardware in devices]
    panels = []
    for key in dict.fromkeys(pair.key for pair in pairs):
        own = _shown([pair for pair in pairs if pair.key == key])
        # Said once where all rows are of the same two arms: with them a row has no room.
        arms = _arms(own)
        lines = max(_row(pair, arms=len(arms) > 1).count("\n") + 1 for pair in own)
        height = 1.0 + 0.15 * lines * len(own)
        heading = f"{key.title}\n{' / '.join(arms[0])}" if len(arms) == 1 else key.title
        panels.append(Panel(heading, partial(_draw, own, axes), height))
    return FigureSpec(
        name,
        title,
        takeaway=flips_in_words(pairs),
        how_to_read=(
            "Each row is a smaller student that thinks over a larger one that does not, with their "
            "difference in accuracy in points and its 95% interval. Numbers are the cost of a "
            "query of the first over one of the second: by FLOPs, by the seconds that one person "
            "waits, by money within a time, and by money at full throughput. A row of both colours "
            "is a ranking that turns, an empty cell a time within which no answer of one of them "
            f"ends. {MODELLED} Pairs whose ranking turns come first, then those "
            f"nearest in accuracy, {MOST_PAIRS} a panel; all are in a table."
        ),
        panels=tuple(panels),
        legend=(
            LegendEntry("thinking small is cheaper", STYLE_COLOURS["reasoning"]),
            LegendEntry("answering large is cheaper", STYLE_COLOURS["ift"]),
        ),
        rows=tuple(row for pair in pairs for row in flip_rows(pair)),
    )


def flip_rows(pair: CostPair) -> list[CsvRow]:
    """A pair as rows of a file, one a cost."""
    thinking, plain = pair.reasoning.cells[0], pair.plain.cells[0]
    return [
        {
            "corpus": pair.key.corpus,
            "family": pair.key.family,
            "reasoning_student": thinking.student,
            "reasoning_arm": thinking.arm,
            "ift_student": plain.student,
            "ift_arm": plain.arm,
            "cost": cost,
            "ratio": ratio,
            "accuracy_difference": pair.difference.value,
            "low": pair.difference.low,
            "high": pair.difference.high,
        }
        for cost, ratio in pair.ratios.items()
    ]


def _shown(pairs: list[CostPair]) -> list[CostPair]:
    """The pairs of a panel that are drawn, in the order of their sizes."""
    chosen = sorted(pairs, key=lambda pair: (not pair.flips, abs(pair.difference.value)))
    kept = chosen[:MOST_PAIRS]
    return [pair for pair in pairs if pair in kept]


def _draw(pairs: list[CostPair], shown: list[CostAxis], axes: "Axes") -> None:
    import numpy as np
    import seaborn as sns
    from matplotlib.colors import LinearSegmentedColormap

    costs = [ANSWERING, *(axis.name for axis in shown)]
    ratios = np.array([[pair.ratios.get(cost, np.nan) for cost in costs] for pair in pairs])
    words = [["" if math.isnan(one) else times(one) for one in row] for row in ratios.tolist()]
    ends = (_paled(STYLE_COLOURS["reasoning"]), _EVEN, _paled(STYLE_COLOURS["ift"]))
    sns.heatmap(
        np.log(ratios),
        ax=axes,
        cmap=LinearSegmentedColormap.from_list("thinking", ends),
        vmin=-math.log(_FULL_TINT),
        vmax=math.log(_FULL_TINT),
        annot=np.array(words),
        fmt="",
        annot_kws={"fontsize": 7.5, "color": _CELL_INK},
        cbar=False,
        linewidths=1.0,
        linecolor="white",
        xticklabels=["FLOPs", *map(_column, shown)],
        yticklabels=[_row(pair, arms=len(_arms(pairs)) > 1) for pair in pairs],
    )
    axes.grid(visible=False)
    axes.tick_params(length=0, labelsize=7.5)
    axes.tick_params(axis="x", labelrotation=0)
    axes.tick_params(axis="y", labelrotation=0)


def _paled(colour: str) -> tuple[float, float, float]:
    """A colour on light ground, whatever lies below it on a dark page."""
    from matplotlib.colors import to_rgb

    red, green, blue = (
        _PALE * light + (1 - _PALE) * full
        for light, full in zip(to_rgb(_EVEN), to_rgb(colour), strict=True)
    )
    return red, green, blue


def _column(axis: CostAxis) -> str:
    short = {ONE_WAITING: "1 waits", FULL: "full"}
    point = short.get(axis.point, axis.point.replace("within", "≤"))
    unit = "s" if axis.quantity == "seconds" else "money"
    return f"{axis.hardware}\n{point}\n{unit}"


def _arms(pairs: list[CostPair]) -> list[tuple[str, str]]:
    """The arms that are set against each other, each two once."""
    both = ((pair.reasoning.cells[0].arm, pair.plain.cells[0].arm) for pair in pairs)
    return list(dict.fromkeys(both))


def _row(pair: CostPair, *, arms: bool) -> str:
    small, large = (
        f"{cell.student} {cell.arm}" if arms else cell.student
        for cell in (pair.reasoning.cells[0], pair.plain.cells[0])
    )
    both = f"{small} / {large}"
    if len(both) > NAME_LETTERS:
        both = f"{shortened(small)} /\n{shortened(large)}"
    apart = pair.difference
    return f"{both}\n{points_interval(apart.value, apart.low, apart.high)}"
