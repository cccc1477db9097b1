"""What points of a figure are: titles of their markers, which the page tells to mouse and keys.

Matplotlib can name a line and not its markers. So their titles travel in the line's name, and are
put at the markers once the figure is SVG.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from breakeven.words import percent_interval

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

_MARK = "told:"
# A line's group ends with that of its markers, which is empty where all of them are off the axes.
_LINE = re.compile(
    rf'<g id="{_MARK}([^"]*)">((?:(?!<g id=").)*?(?:</g>|<g [^>]*/>)\s*)</g>', re.DOTALL
)
_MARKER = re.compile(r"<use ([^>]*)/>")


def tell(drawn: "Sequence[Line2D]", *titles: str) -> None:
    """Give the markers of one line, as `plot` returns it, a title each; a line of one is "\\n"."""
    import numpy as np

    (line,) = drawn
    # What has no place gets no marker.
    placed = np.isfinite(np.asarray(line.get_xydata(), dtype=float)).all(axis=1)
    told = (quote(title, safe="") for title, has in zip(titles, placed, strict=True) if has)
    line.set_gid(_MARK + "|".join(told))


def accuracy_told(name: str, value: float | None, low: float | None, high: float | None) -> str:
    """The title of an accuracy: its name, and the value with its interval."""
    return f"{name}\naccuracy {percent_interval(value, low, high)}"


def titled(svg: str) -> str:
    """The SVG with the titles at the markers that they are of."""
    return _LINE.sub(lambda line: f"<g>{_with_titles(line[2], line[1])}</g>", svg)


def _with_titles(line: str, told: str) -> str:
    from markupsafe import escape

    names = told.split("|")
    # On a log axis there is no place for 0: rather no title than that of the next point.
    if len(_MARKER.findall(line)) != len(names):
        return line
    titles = iter([escape(unquote(one)) for one in names])
    return _MARKER.sub(lambda one: f"<use {one[1]}><title>{next(titles)}</title></use>", line)
