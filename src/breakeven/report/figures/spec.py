"""What a figure is before it is drawn: panels, a caption, a legend and the rows it shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from breakeven.report.view import ArmView
from breakeven.words import STYLE_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LineStyle = Literal["-", "--", ":"]
# A family is a panel, and the study knows six: more are those of further corpora.
MOST_PANELS, FIRST_PANELS = 8, 6
CsvRow = Mapping[str, str | int | float | bool | None]


# Drawn twice: by itself for the page, and with its neighbours on the sheet of a file.
class Panel(NamedTuple):
    """One set of axes; `draw` fills it. `height` is in inches."""

    title: str
    draw: "Callable[[Axes], None]"
    height: float = 3.5


class LegendEntry(NamedTuple):
    """An entry of the legend: a marker, a line, or a filled patch where both are None."""

    label: str
    colour: str
    marker: str | None = None
    line: LineStyle | None = None


def arm_legend(arms: Iterable[ArmView], line: LineStyle | None = None) -> tuple[LegendEntry, ...]:
    """An entry an arm: its name with its style in words, its colour and its marker."""
    return tuple(
        LegendEntry(f"{arm.name} ({STYLE_WORDS[arm.style]})", arm.colour, arm.marker, line)
        for arm in arms
    )


@dataclass(frozen=True)
class FigureSpec:
    """A figure; without panels it is absent and `reason` says why.

    `see` is the caption: what to see in it, in whole sentences. `how` says how to read it.
    """

    name: str
    title: str
    takeaway: str
    how_to_read: str = ""
    panels: tuple[Panel, ...] = ()
    legend: tuple[LegendEntry, ...] = ()
    rows: tuple[CsvRow, ...] = ()
    reason: str | None = None

    @property
    def on_page(self) -> tuple[Panel, ...]:
        """The panels of the page: all, or those of the first corpus where there are many."""
        return self.panels if len(self.panels) <= MOST_PANELS else self.panels[:FIRST_PANELS]


def absent_figure(name: str, title: str, reason: str) -> FigureSpec:
    """A figure that these results cannot give."""
    return FigureSpec(name, title, "", reason=reason)
