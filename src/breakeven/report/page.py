"""The page: one HTML file without a network, every text in it escaped.

It is read, not searched: of a figure of many panels it holds the first, of a long table the first
rows, and names the file beside it that holds all of them.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from breakeven.decide.calculator import Calculator
from breakeven.report.baseline_tables import BaselineWarning
from breakeven.report.figure_files import panel_svg
from breakeven.report.figures.spec import FigureSpec
from breakeven.report.headline import MOST_LISTED, Sentence
from breakeven.report.page_svg import LEGEND_COLOURS
from breakeven.report.table import Table
from breakeven.study.summary import ExampleAnswer
from breakeven.words import OUTCOME_WORDS

MOST_ROWS, FIRST_ROWS = 100, 30
TEMPLATES = Path(__file__).with_name("templates")
# Matplotlib's markers as shapes of a 16 by 16 box, for the legends of the page.
_SHAPES = {
    "o": '<circle cx="8" cy="8" r="5"/>',
    "^": '<path d="M8 2.5 14 13H2z"/>',
    "v": '<path d="M8 13.5 14 3H2z"/>',
    "s": '<path d="M3 3h10v10H3z"/>',
    "D": '<path d="M8 2l6 6-6 6-6-6z"/>',
    "X": '<path d="M3 5l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z"/>',
    "P": '<path d="M6 2h4v4h4v4h-4v4H6v-4H2V6h4z"/>',
    "p": '<path d="M8 2l6 4.5-2.3 7H4.3L2 6.5z"/>',
    "h": '<path d="M8 2l5 3v6l-5 3-5-3V5z"/>',
    "<": '<path d="M2.5 8 13 2v12z"/>',
    ">": '<path d="M13.5 8 3 2v12z"/>',
    "*": '<path d="M8 1.5l2 4.3 4.5.6-3.3 3.2.8 4.6-4-2.3-4 2.3.8-4.6L1.5 6.4 6 5.8z"/>',
    "d": '<path d="M8 1.5 12 8l-4 6.5L4 8z"/>',
}

# Columns that hold words and are set flush left.
WORDS = frozenset(
    {
        "arm",
        "arms",
        "base",
        "corpus",
        "decoding",
        "family",
        "in place of the trace",
        "item",
        "judge",
        "method",
        "model",
        "order",
        "pairs",
        "prompt read",
        "place",
        "reasons",
        "remark",
        "router reads",
        "stands",
        "student",
        "style",
        "task",
        "term",
    }
)


class TableGroup(NamedTuple):
    """Tables under one heading; `folded` ones open on a click."""

    id: str
    title: str
    tables: Sequence[Table]
    folded: Sequence[Table] = ()


@dataclass(frozen=True)
class PageParts:
    """All that the page shows, in its order."""

    study: str
    source_words: str
    facts: Sequence[tuple[str, str]]
    terms: str
    answer: str
    sentences: Sequence[Sentence]
    warnings: Sequence[BaselineWarning]
    verdicts: Table
    figures: Sequence[FigureSpec]
    groups: Sequence[TableGroup]
    examples: Sequence[ExampleAnswer]
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
    drawn = {
        figure.name: [
            Markup(panel_svg(figure.name, number, panel))  # noqa: S704
            for number, panel in enumerate(figure.on_page)
        ]
        for figure in parts.figures
    }
    return environment.get_template("page.html").render(
        parts=parts,
        drawn=drawn,
        shapes={name: Markup(shape) for name, shape in _SHAPES.items()},  # noqa: S704
        variables=LEGEND_COLOURS,
        words=WORDS,
        cell_class=_cell_class,
        outcome_words=OUTCOME_WORDS,
        shown_rows=_shown_rows,
        most_listed=MOST_LISTED,
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        policy=_policy(parts.decide.script),
        decide={name: Markup(text) for name, text in parts.decide._asdict().items()},  # noqa: S704
    )


def _policy(script: str) -> str:
    """What a browser lets the page do: run its own script, and load nothing from anywhere.

    The second guard of a text that was not escaped; figures bring styles of their own.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _shown_rows(table: Table) -> int:
    """How many rows are on the page: all, or the first where there are many and a file of them."""
    many = len(table.body) > MOST_ROWS and table.rows
    return FIRST_ROWS if many else len(table.body)


def _cell_class(header: str, cell: str) -> str:
    """What the style sheet is told of a cell: that it holds words, or a finding."""
    if cell in ("supported", "reasoning ahead"):
        return "yes"
    if cell in ("contradicted", "IFT ahead"):
        return "no"
    return "text" if header in WORDS else ""
