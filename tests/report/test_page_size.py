"""The page of a large study can be read: its first panels and rows, and where all of them are."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.report.conftest import Built

from breakeven.decide.calculator import Calculator
from breakeven.report.answer import Answer
from breakeven.report.baseline_tables import BaselineWarning
from breakeven.report.figure_files import write_figure
from breakeven.report.figures.spec import FigureSpec, Panel
from breakeven.report.headline import Sentence
from breakeven.report.page import PageParts, TableGroup, render_page
from breakeven.report.page_svg import page_svg
from breakeven.report.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def page_of(rows: int = 1, panels: int = 1, arms: int = 1, each: tuple[str, ...] = ()) -> str:
    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1])

    table = Table(
        "long",
        "Long",
        "",
        ("arm", "points"),
        tuple((f"arm {number}", "1") for number in range(rows)),
        tuple({"arm": f"arm {number}"} for number in range(rows)),
    )
    figure = FigureSpec(
        "many", "Many", "", panels=tuple(Panel(f"panel {n}", draw) for n in range(panels))
    )
    names = tuple(f"arm-{number} on math-mc" for number in range(arms))
    return render_page(
        PageParts(
            study="large",
            students=(),
            source_words="",
            facts=(),
            terms="",
            answer=Answer("It depends.", ()),
            sentences=[Sentence("Does it?", "undecided", "Nobody knows.", each)],
            warnings=[BaselineWarning("Below chance", names, "at 5%", 3 * arms, 600)],
            verdicts=table,
            figures=[figure],
            chart=None,
            chart_picture=None,
            groups=[TableGroup("tables", "Accuracy", [table])],
            examples=(),
            samples=None,
            limits=(),
            decide=Calculator("", "{}", ""),
        )
    )


def test_a_long_table_shows_its_first_rows_and_names_the_file_of_all() -> None:
    page = page_of(rows=101).split('id="table-long"')[1]
    assert page.count("<td>1</td>") == 30
    assert "The first 30 of 101 rows" in page
    assert 'href="tables/long.csv"' in page
    assert "rows; all" not in page_of(rows=100)


def test_a_figure_of_many_panels_shows_those_of_the_first_corpus_and_names_the_sheet() -> None:
    page = page_of(panels=9)
    assert page.count('role="img"') == 6
    assert "The first 6 of 9 panels" in page
    assert 'href="figures/many.svg"' in page


def test_a_sheet_that_no_slide_could_hold_is_written_as_svg_alone(tmp_path: Path) -> None:
    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1])

    for panels in (8, 9):
        spec = FigureSpec(f"p{panels}", "", "", panels=(Panel("p", draw),) * panels)
        write_figure(spec, tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["p8.png", "p8.svg", "p9.svg"]


def test_names_that_share_a_fate_are_counted_and_folded_where_they_are_many() -> None:
    assert "arm-0 on math-mc; arm-1 on math-mc." in page_of(arms=2)
    page = page_of(arms=7)
    assert "21 of 600 cases" in page
    assert "of 7 arms" in page
    folded = page.split("<summary>Which</summary>")[1].split("</details>")[0]
    assert folded.count("<li>") == 7


def test_what_a_sentence_sums_up_is_folded_below_it() -> None:
    page = page_of(each=("one & all",))
    assert "<li>one &amp; all</li>" in page.split("<summary>Each of them</summary>")[1]
    assert "Each of them" not in page_of()


SVG = """<?xml version="1.0"?>
<svg width="10pt" viewBox="0 0 10 10" version="1.1">
 <metadata><x/></metadata>
 <g id="figure_1">
  <g id="line2d_1">
   <defs>
    <path id="m1" d="M 0 0
L 0 3.500000
z
" style="stroke: #1f2328; stroke-width: 0.8"/>
   </defs>
   <use xlink:href="#m1" x="1.234567" y="100.000000" style="fill: #1f2328"/>
   <text style="font-size: 8px; font-family: 'DejaVu Sans'; fill: #1f2328" \
transform="rotate(-0 1.234567 2)">a  id="m1" &lt;g&gt; 0.123456</text>
   <text transform="rotate(-90 1.238 2)">b</text>
  </g>
  <g clip-path="url(#c1)"><path d="M 1 2"/></g>
 </g>
</svg>
"""


def test_an_svg_keeps_its_text_and_what_is_referred_to_and_loses_the_rest() -> None:
    from breakeven.words import INK

    assert page_svg(SVG.replace("#1f2328", INK), "fig-0", "a <b>") == (
        '<svg viewBox="0 0 10 10" role="img" aria-label="a &lt;b&gt;">'
        '<defs><path id="fig-0-0" d="M0 0L0 3.5z" '
        'style="stroke:var(--ink);stroke-width:0.8"/></defs>'
        '<use xlink:href="#fig-0-0" x="1.23" y="100" style="fill:var(--ink)"/>'
        '<text style="font-size:8px;fill:var(--ink)">a  id="m1" &lt;g&gt; 0.123456</text>'
        '<text transform="rotate(-90 1.24 2)">b</text>'
        '<g clip-path="url(#fig-0-1)"><path d="M1 2"/></g></svg>\n'
    )


def test_a_page_is_small_enough_to_be_sent(built: Built) -> None:
    # The example is of the largest study that runs here: 4 sizes, 31 arms, 10 tasks.
    example = Path(__file__).resolve().parents[2] / "docs/examples/tabletop/index.html"
    assert example.stat().st_size < 5_000_000
    # Two sizes, 4 arms, 12 tasks; 0.6 MB are the chart's scripts.
    assert len(built.page.encode()) < 1_600_000


def test_a_panel_of_the_page_is_much_smaller_than_its_file() -> None:
    svg = re.findall(r"<svg .*?</svg>", page_of(), re.DOTALL)[-1]
    assert len(svg) < 6_000
    assert "DejaVu" not in svg
