"""A table of the page: text to read, and the same as plain rows for CSV."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from breakeven.report.figures.spec import CsvRow


@dataclass(frozen=True)
class Table:
    """`headers` and `body` are text; `rows` are numbers. Without rows, `reason` says why.

    `takeaway` is one line of what it shows. A table without rows that has a body shows what another
    one's CSV holds; its note names it.

    `about` is what cells rest on that neither their row nor their header names, by header, "" for
    all of them: names of a `student`, `arm`, `place` (a task or family), `decoding` or `seed`. It
    has links to samples lead there. Rows with a cell that reads `elsewhere` rest on none of them.
    """

    name: str
    title: str
    note: str
    headers: tuple[str, ...] = ()
    body: tuple[tuple[str, ...], ...] = ()
    rows: tuple[CsvRow, ...] = ()
    reason: str | None = None
    about: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    elsewhere: str = ""
    takeaway: str = ""


def absent_table(name: str, title: str, reason: str) -> Table:
    """A table that these results cannot give."""
    return Table(name, title, "", reason=reason)
