"""A table of the page: text to read, and the same as plain rows for CSV."""

from dataclasses import dataclass

from breakeven.report.figures.spec import CsvRow


@dataclass(frozen=True)
class Table:
    """`headers` and `body` are text; `rows` are numbers. Without rows, `reason` says why.

    A table without rows that has a body shows what another one's CSV holds; its note names it.
    """

    name: str
    title: str
    note: str
    headers: tuple[str, ...] = ()
    body: tuple[tuple[str, ...], ...] = ()
    rows: tuple[CsvRow, ...] = ()
    reason: str | None = None


def absent_table(name: str, title: str, reason: str) -> Table:
    """A table that these results cannot give."""
    return Table(name, title, "", reason=reason)
