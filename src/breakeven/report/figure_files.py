"""Figures as files and as parts of the page: the same panels, drawn with the same settings.

Drawing is deterministic: ids in an SVG come from a fixed salt and no date is written.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.report.figures.axes import place_labels
from breakeven.report.figures.spec import FigureSpec, LegendEntry, Panel
from breakeven.report.figures.told import titled
from breakeven.report.page_svg import page_svg
from breakeven.words import GRID, INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

PANEL_WIDTH = 4.9


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib set up as every figure of the report wants it."""
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS):
        yield


_SETTINGS: Any = {
    # Text stays text: it can be searched and selected, and takes the font of the page.
    "svg.fonttype": "none",
    "svg.hashsalt": "breakeven",
    # Hinted letters are up to 8% wider or narrower by resolution: laid out at one, cut at another.
    "text.hinting": "none",
    "text.parse_math": False,  # names are text, whatever signs they hold
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "text.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
}


def panel_svg(figure: str, number: int, panel: Panel) -> str:
    """One panel as an SVG element for the page, its colours set by the page's style sheet."""
    from matplotlib.figure import Figure

    with drawing():
        drawn = Figure(figsize=(PANEL_WIDTH, panel.height), layout=_layout())
        _draw(drawn, panel)
        _lay_out(drawn)
        buffer = io.StringIO()
        drawn.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    title = panel.title.replace("\n", " ")
    return page_svg(titled(buffer.getvalue()), f"{figure}-{number}", f"{title}: see the caption")


# Beside every panel, so that long names of rows are not cut.
_SIDE_INCHES = 0.11
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def write_figure(spec: FigureSpec, folder: Path) -> None:
    """All panels of a figure on one sheet, as SVG, and as PNG where a slide could hold them."""
    with drawing():
        sheet = _sheet(spec)
        _lay_out(sheet)
        buffer = io.StringIO()
        sheet.savefig(buffer, format="svg", metadata=_NO_METADATA)
        path = folder / f"{spec.name}.svg"
        path.write_text(titled(buffer.getvalue()), encoding="utf-8", newline="\n")
        if len(spec.panels) > len(spec.on_page):
            return
        sheet.savefig(
            folder / f"{spec.name}.png", format="png", dpi=150, metadata={"Software": None}
        )


def _sheet(spec: FigureSpec) -> "Figure":
    from matplotlib.figure import Figure

    columns = min(2 if len(spec.panels) <= 8 else 3, len(spec.panels))
    rows = -(-len(spec.panels) // columns)
    # One grid of axes has one height of rows, so the tallest panel sets it.
    tallest = max(panel.height for panel in spec.panels)
    sheet = Figure(figsize=(PANEL_WIDTH * columns, tallest * rows + 0.8), layout=_layout())
    for index, panel in enumerate(spec.panels):
        axes = sheet.add_subplot(rows, columns, index + 1)
        axes.set_title(panel.title)
        panel.draw(axes)
    sheet.suptitle(spec.title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    if spec.legend:
        sheet.legend(
            handles=_handles(spec.legend),
            loc="outside lower center",
            ncols=min(1 + columns, len(spec.legend)),  # more would run out of the sheet
        )
    return sheet


def _layout() -> "ConstrainedLayoutEngine":
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # The font of a page may be some hundredths wider than the one that is measured here.
    return ConstrainedLayoutEngine(w_pad=_SIDE_INCHES)


def _lay_out(figure: "Figure") -> None:
    """Place the axes, then the labels of points in them.

    Saving would place axes too, by drawing all of the figure once for that alone.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    # Measures every text from here on; a figure without one makes a canvas for each anew.
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    assert engine is not None, "every figure here is made with one"
    engine.execute(figure)
    # "none" would leave a placeholder in its place, and that drawing would still be made.
    figure.set_layout_engine(None)
    for axes in figure.axes:
        place_labels(axes)


def _draw(figure: "Figure", panel: Panel) -> None:
    axes = figure.add_subplot()
    axes.set_title(panel.title)
    panel.draw(axes)


def _handles(legend: Sequence[LegendEntry]) -> "list[Line2D | Patch]":
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Patch(color=key.colour, label=key.label, alpha=0.6)
        if key.marker is None and key.line is None
        else Line2D(
            [],
            [],
            color=key.colour,
            marker=key.marker or "",
            linestyle=key.line or "none",
            label=key.label,
        )
        for key in legend
    ]
