"""Points of the page's figures tell what they are, with the numbers of the figure's file."""

import csv
import html
import io
import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from tests.report.conftest import Built

from breakeven.report.figure_files import panel_svg
from breakeven.report.figures.spec import Panel
from breakeven.report.figures.told import tell, titled
from breakeven.words import percent_interval, points_interval

Row = dict[str, str]


def _interval(column: str, write: Callable[..., str]) -> Callable[[Row], str]:
    def words(row: Row) -> str:
        ends = (row[column], row[f"{column}_low"], row[f"{column}_high"])
        return write(*(float(end) if end else None for end in ends)) if row[column] else ""

    return words


def _size(row: Row) -> str:
    interval = f" ({row['low']} to {row['high']})" if row["low"] else ""
    return row["equivalent_size"] + interval


ACCURACY = _interval("accuracy", percent_interval)
GAIN = _interval("gain", points_interval)
# What a point of a figure tells of a row of its file.
TOLD = {
    "budget": ACCURACY,
    "depth": ACCURACY,
    "equivalent-size": _size,
    "gain": GAIN,
    "gain-by-task": GAIN,
    "modes": _interval("thinking_share", percent_interval),
    "share": ACCURACY,
    **{
        f"frontier-{axis}": ACCURACY
        for axis in ("inference", "lifetime", "lifetime-money", "money", "seconds", "training")
    },
}
# Drawn of the largest student alone.
OF_LARGEST = {"depth", "gain-by-task"}
# Numbers that stand in the cells, and bands with no points.
NO_POINTS = {"cost-flips", "routing"}


def _rows(built: Built, figure: str) -> list[Row]:
    with (built.folder / f"report/tables/figure-{figure}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _titles(svg: str) -> list[list[str]]:
    found = re.findall(r"<use [^>]*><title>(.*?)</title></use>", svg, re.DOTALL)
    return [html.unescape(title).split("\n") for title in found]


def test_every_figure_with_intervals_is_known_here(built: Built) -> None:
    files = (built.folder / "report/tables").glob("figure-*.csv")
    names = {file.stem.removeprefix("figure-") for file in files}
    with_ends = {
        name for name in names if any(column.endswith("low") for column in _rows(built, name)[0])
    }
    assert with_ends == TOLD.keys() | NO_POINTS


@pytest.mark.parametrize("figure", TOLD)
def test_a_point_a_row_tells_its_student_number_and_interval(built: Built, figure: str) -> None:
    sheet = _titles((built.folder / f"report/figures/{figure}.svg").read_text(encoding="utf-8"))
    left = list(sheet)
    for row in _rows(built, figure):
        words = TOLD[figure](row)
        if not words or (figure in OF_LARGEST and row["student"] != "t2m"):
            continue
        own = [
            title
            for title in left
            if title[0].startswith(f"{row['student']} {row['arm']}")
            and re.search(rf"(^| ){re.escape(words)}($| )", title[1])
        ]
        assert own, (row, words)
        left.remove(own[0])
    assert left == []
    assert any(" to " in title[1] for title in sheet)
    if f'id="figure-{figure}"' not in built.page:  # a file alone: the chart has its axis
        assert figure in ("frontier-lifetime-money", "frontier-money", "frontier-seconds")
        return
    shown = built.page.split(f'id="figure-{figure}"')[1].split("</figure>")[0]
    on_page = _titles(shown)
    assert on_page
    assert len(on_page) == len(sheet) or "panels; all are on one sheet" in shown
    assert all(title in sheet for title in on_page)


def _drawn(draw: Callable[..., None]) -> str:
    figure = Figure()
    draw(figure.subplots())
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    return titled(buffer.getvalue())


def test_a_marker_that_is_not_drawn_takes_no_title_from_another() -> None:
    def draw(axes) -> None:
        tell(axes.plot([0, 1, 2], [0, math.nan, 2], marker="o"), "first", "second", "third")
        axes.plot([0, 1], [1, 0], marker="o")

    assert _titles(_drawn(draw)) == [["first"], ["third"]]


def test_a_marker_off_a_log_axis_leaves_every_other_its_own_title() -> None:
    figure = Figure()
    axes = figure.subplots()
    for name, values in (
        ("none", (0.0,)),
        ("ten", (10.0,)),
        ("part", (0.0, 20.0)),
        ("thirty", (30.0,)),
    ):
        tell(axes.plot(values, values, "o"), *(f"{name} {value:g}" for value in values))
    axes.set_xscale("log")
    axes.set_yscale("log")
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    svg = titled(stream.getvalue())
    # Of a line with another point the 0 is drawn at the axis; by itself it is not drawn at all.
    told = ["ten 10", "part 0", "part 20", "thirty 30"]
    assert re.findall(r"<title>(.*?)</title>", svg) == told
    places = dict(
        zip(told, map(float, re.findall(r'<use [^>]*x="([-\d.]+)"[^>]*><title', svg)), strict=True)
    )
    assert places["ten 10"] < places["part 20"] < places["thirty 30"]
    assert "told:" not in svg


def test_a_title_is_text_whatever_it_holds(tmp_path: Path) -> None:
    name = '</title><script>alert("1")</script>|% \u2028é'

    def draw(axes) -> None:
        tell(axes.plot(0, 0, "o"), name)

    svg = panel_svg("figure", 0, Panel("panel", draw))
    assert _titles(svg) == [[name]]
    assert "<script" not in svg
