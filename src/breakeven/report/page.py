"""The page: one HTML file without a network, every text in it escaped; answers lie beside it.

It is read, not searched: of a figure of many panels it holds the first, of a long table the first
rows, and names the file beside it that holds all of them.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.decide.calculator import Calculator
from breakeven.report.answer import Answer
from breakeven.report.baseline_tables import BaselineWarning
from breakeven.report.figure_files import panel_svg
from breakeven.report.figures.spec import FigureSpec
from breakeven.report.frontier_chart import FrontierChart
from breakeven.report.headline import MOST_LISTED, Sentence
from breakeven.report.markers import MARKER_PATHS
from breakeven.report.page_svg import LEGEND_COLOURS
from breakeven.report.sample_browser import SampleBrowser
from breakeven.report.table import Table
from breakeven.study.summary import ExampleAnswer
from breakeven.words import OUTCOME_WORDS

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_ROWS, FIRST_ROWS = 100, 30
TEMPLATES = Path(__file__).with_name("templates")
VEGA = Path(__file__).with_name("vega")

# How words.py begins a number. A column with fewer of them than this holds words, set flush left.
_NUMBER = re.compile(r"[<>+−-]?\.?\d")
_LEAST_NUMBERS = 0.25
_CODE = re.compile(r"`([^`]+)`")


class TableGroup(NamedTuple):
    """Tables under one heading, which unfold from their titles and takeaways."""

    id: str
    title: str
    tables: Sequence[Table]


@dataclass(frozen=True)
class PageParts:
    """All that the page shows, in its order; `students` from the smallest up.

    `chart_picture` stands beside the `chart`, and for it where no script runs.
    """

    study: str
    students: Sequence[str]
    source_words: str
    facts: Sequence[tuple[str, str]]
    terms: str
    answer: Answer
    sentences: Sequence[Sentence]
    warnings: Sequence[BaselineWarning]
    verdicts: Table
    figures: Sequence[FigureSpec]
    chart: FrontierChart | None
    chart_picture: FigureSpec | None
    groups: Sequence[TableGroup]
    examples: Sequence[ExampleAnswer]
    samples: SampleBrowser | None
    limits: Sequence[str]
    decide: Calculator


def render_page(parts: PageParts) -> str:
    """The page as text; the same parts give the same bytes."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        # Names, prompts and answers are other people's text; what is markup says so by `Markup`.
        autoescape=True,
        # A name that the template misspells is an error, not an empty place on the page.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["with_code"] = _with_code
    drawn = {
        figure.name: [
            Markup(panel_svg(figure.name, number, panel))  # noqa: S704
            for number, panel in enumerate(figure.on_page)
        ]
        for figure in (*parts.figures, parts.chart_picture)
        if figure is not None
    }
    scripts = _scripts(parts)
    return environment.get_template("page.html").render(
        parts=parts,
        drawn=drawn,
        shapes=MARKER_PATHS,
        variables=LEGEND_COLOURS,
        word_columns=_word_columns,
        cell_class=_cell_class,
        outcome_words=OUTCOME_WORDS,
        shown_rows=_shown_rows,
        most_listed=MOST_LISTED,
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        policy=_policy(scripts),
        scripts=[Markup(script) for script in scripts],  # noqa: S704
        chart_json=Markup(parts.chart.json if parts.chart else ""),  # noqa: S704
        samples_json=Markup(parts.samples.json if parts.samples else ""),  # noqa: S704
        decide={name: Markup(text) for name, text in parts.decide._asdict().items()},  # noqa: S704
    )


def _with_code(text: str) -> "Markup":
    """Text in which keys stand between backticks, as elsewhere, with them set as code."""
    from markupsafe import Markup, escape

    words = enumerate(_CODE.split(text))
    return Markup().join(
        Markup("<code>{}</code>").format(one) if number % 2 else escape(one)
        for number, one in words
    )


def _scripts(parts: PageParts) -> list[str]:
    """The scripts in the order that they run in; Vega with its licence, where it draws."""
    scripts = [_script("address.js"), _script("tables.js"), parts.decide.script]
    if parts.samples is not None:
        scripts += [_script("samples.js"), _script("sample_links.js")]
    if parts.chart is not None:
        licence, vega, interpreter = (
            (VEGA / name).read_text(encoding="utf-8")
            for name in ("LICENSE", "vega.min.js", "vega-interpreter.js")
        )
        scripts += [f"/*\n{licence}*/\n{vega}", interpreter, _script("frontier.js")]
    return [*scripts, _script("tips.js"), _script("folds.js")]


def _script(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """What a browser lets the page do: run its own scripts, and what these load; nothing else.

    The second guard of a text that was not escaped; figures bring styles of their own. No text is
    made code (`eval`): Vega reads its expressions by an interpreter. A script that stands in the
    page's markup runs by its digest alone; `strict-dynamic` hands that right on to the pieces of
    `samples/`, which have no digest here: a page cannot know those of gigabytes of answers, and a
    browser checks none of a file that lies in a folder.
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)
    return (
        f"default-src 'none'; script-src {allowed} 'strict-dynamic'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _shown_rows(table: Table) -> int:
    """How many rows are on the page: all, or the first where there are many and a file of them."""
    many = len(table.body) > MOST_ROWS and table.rows
    return FIRST_ROWS if many else len(table.body)


def _word_columns(table: Table) -> set[int]:
    """The places of columns that hold words; a few may begin with a number, as 7B IFT does."""
    found = set()
    for place in range(len(table.headers)):
        cells = [line[place] for line in table.body if line[place] not in ("", "–")]
        numbers = sum(_NUMBER.match(cell) is not None for cell in cells)
        if numbers < _LEAST_NUMBERS * len(cells):
            found.add(place)
    return found


def _cell_class(cell: str, words: bool) -> str:
    """What the style sheet is told of a cell: that it holds words, or a finding."""
    if cell in ("supported", "reasoning ahead"):
        return "yes"
    if cell in ("contradicted", "IFT ahead"):
        return "no"
    return "text" if words else ""
