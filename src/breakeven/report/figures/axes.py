"""Axes that the figures share: accuracy from zero, costs in log with honest ranges."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from breakeven.words import INK, MUTED, fixed, scientific

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

NAME_LETTERS = 32


def accuracy_axis(axes: "Axes", chance: float | None = None, label: str = "accuracy") -> None:
    """Accuracy from 0 to 100%, with a dotted line at what guessing gives.

    The line is named beside the axes: weak students lie on it, wherever that is.
    """
    from matplotlib.ticker import PercentFormatter

    # From zero, so that no gap looks larger than it is; the rest holds the marker of a full score.
    axes.set_ylim(0, 1.04)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel(label)
    if chance:
        axes.axhline(chance, color=MUTED, lw=0.9, ls=":", zorder=1)
        axes.text(
            1.01,
            chance,
            "chance",
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=7.5,
            color=MUTED,
        )


def cost_axis(axes: "Axes", costs: Sequence[float], label: str) -> None:
    """A log axis that holds the data and little more, ticked at whole powers of ten."""
    axes.set_xscale("log")
    low, high = min(costs), max(costs)
    # A log axis to the next power of ten would be half empty and hide how near the points are.
    margin = max((high / low) ** 0.06, 1.25)
    axes.set_xlim(low / margin, high * margin)
    power_ticks(axes)
    axes.set_xlabel(label)


def power_ticks(axes: "Axes") -> None:
    """Ticks 1, 10, 100… of a log axis as text that needs no mathematics."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    low, high = axes.get_xlim()
    # Less than two powers of ten would have one tick or none.
    steps: tuple[float, ...] = (1.0, 2.0, 5.0) if high / low < 60 else (1.0,)
    if high / low < 8:
        steps = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    axes.xaxis.set_major_locator(LogLocator(10, subs=steps, numticks=9))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if len(steps) > 1:
        axes.xaxis.set_minor_locator(NullLocator())


def _power(value: float) -> str:
    text = scientific(value)
    # 10³ for 1.0×10³, and 2×10³ for 2.0×10³: matplotlib's own ticks need its mathematics.
    return text.replace("1.0×", "").replace(".0×", "×")


# Where a label may stand beside its point: offsets in points, then its alignment.
_SIDES = {
    "above": ((-4, 5), "right", "bottom"),
    "below": ((4, -5), "left", "top"),
    "left": ((-6, 0), "right", "center"),
    "right": ((6, 0), "left", "center"),
    "above right": ((4, 5), "left", "bottom"),
    "below left": ((-4, -5), "right", "top"),
    "straight above": ((0, 6), "center", "bottom"),
    "straight below": ((0, -6), "center", "top"),
    "far above": ((-4, 13), "right", "bottom"),
    "far below": ((4, -13), "left", "top"),
}
_LABEL_POINTS = 7.5
_MARKER_POINTS = 6.5
# What stays free around a label, in pixels.
_GAP = 1.0


def name_rows(axes: "Axes", names: Sequence[str]) -> None:
    """A name at each row of a figure."""
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels([shortened(name) for name in names])


def name_columns(axes: "Axes", students: Sequence[str]) -> None:
    """A student at each column of a figure."""
    axes.set_xticks(range(len(students)))
    axes.set_xticklabels([shortened(name) for name in students])
    axes.set_xlim(-0.5, len(students) - 0.5)
    axes.set_xlabel("student")
    slant_names(axes)


def slant_names(axes: "Axes") -> None:
    """The names of columns turned, where one is too wide for its column."""
    names = axes.get_xticklabels()
    width = axes.get_window_extent().width / len(names)
    if any(name.get_window_extent().width > width for name in names):
        for name in names:
            name.set(rotation=25, ha="right", rotation_mode="anchor")


def shortened(name: str) -> str:
    """A name that leaves room for what is drawn: somebody's may be thousands of letters long.

    Its end stays, as sizes and versions stand there.
    """
    if len(name) <= NAME_LETTERS:
        return name
    end = NAME_LETTERS // 3
    return f"{name[: NAME_LETTERS - 1 - end]}…{name[-end:]}"


def label_point(axes: "Axes", x: float, y: float, text: str, *, side: str) -> None:
    """A short label beside a point, on that side of it where `place_labels` finds room there."""
    offset, horizontal, vertical = _SIDES[side]
    label = axes.annotate(
        shortened(text),
        (x, y),
        xytext=offset,
        textcoords="offset points",
        ha=horizontal,
        va=vertical,
        fontsize=_LABEL_POINTS,
        color=INK,
        zorder=5,
    )
    # It lies within the axes, and the layout is made before it has its place.
    label.set_in_layout(False)


def place_labels(axes: "Axes") -> None:
    """Labels of points moved to a side where nothing lies; left out where no side has room.

    For axes that are laid out: before, nobody knows how far apart the points will be. Of sides
    with room it is the one where the fewest lines run, which are often everywhere.
    """
    labels = [text for text in axes.texts if not text.get_in_layout()]
    if not labels:
        return
    others = (text for text in axes.texts if text.get_in_layout())
    taken = [*_markers(axes), *(text.get_window_extent() for text in others)]
    lines = _line_paths(axes)
    room = axes.get_window_extent().padded(_GAP)
    for label in labels:
        first = (
            label.get_position(),
            label.get_horizontalalignment(),
            label.get_verticalalignment(),
        )
        free = []
        for side in (first, *_SIDES.values()):
            box = _moved(label, side)
            within = room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0
            if within and box.y1 <= room.y1 and not any(box.overlaps(one) for one in taken):
                crossed = sum(path.intersects_bbox(box, filled=False) for path in lines)
                free.append((crossed, side))
        if not free:
            label.remove()
            continue
        _, side = min(free, key=lambda one: one[0])
        taken.append(_moved(label, side))


def _moved(label: "Text", side: tuple[tuple[float, float], str, str]) -> "Bbox":
    """Put a label on a side of its point; the box that it takes there, in pixels."""
    offset, horizontal, vertical = side
    label.set(position=offset, ha=horizontal, va=vertical)
    return label.get_window_extent().padded(_GAP)


def _line_paths(axes: "Axes") -> list["Path"]:
    """The way of every line, in pixels."""
    from matplotlib.cbook import STEP_LOOKUP_MAP
    from matplotlib.path import Path

    found = []
    for line in axes.lines:
        if line.get_linestyle() not in ("None", "", " "):
            points = STEP_LOOKUP_MAP[line.get_drawstyle()](*np.asarray(line.get_xydata()).T)
            path = Path(np.column_stack(points))
            found.append(line.get_transform().transform_path(path))
    return found


def _markers(axes: "Axes") -> list["Bbox"]:
    """The boxes of all markers, and of lines along an axis such as zero, in pixels."""
    from matplotlib.transforms import Bbox

    radius = _MARKER_POINTS / 2 * axes.figure.dpi / 72
    found = []
    for line in axes.lines:
        if line.get_marker() in ("None", "", None):
            box = line.get_window_extent()
            found += [box] if min(box.width, box.height) < 1 else []
            continue
        for x, y in axes.transData.transform(line.get_xydata()):
            found.append(Bbox.from_extents(x - radius, y - radius, x + radius, y + radius))
    return found


def end_or(end: float | None, value: float) -> float:
    """An end of an interval, the value itself where it has none."""
    return value if end is None else end


def signed_points(value: float, _: object = None) -> str:
    """A tick of a difference, in points."""
    return fixed(100 * value, 0, signed=True)
