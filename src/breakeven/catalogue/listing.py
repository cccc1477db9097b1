"""The catalogue as rows to read."""

from collections.abc import Iterator, Sequence
from typing import Any

from breakeven.catalogue.benchmark import catalogue
from breakeven.core.terminal import wrapped

_LEAST = 12  # columns for the last column, however narrow the terminal
_COLUMNS = ("benchmark", "family", "grader", "items", "chance", "data set")


def listing() -> list[dict[str, Any]]:
    """A row a benchmark, in the order of the catalogue."""
    return [
        {
            "benchmark": name,
            "family": row.family,
            "grader": row.grader,
            "items": row.items,
            "chance": row.chance,
            "data set": f"{row.repo}{f' {row.config}' if row.config else ''} {row.split}",
            "revision": row.revision,
        }
        for name, row in catalogue().benchmarks.items()
    ]


def listing_lines(rows: Sequence[dict[str, Any]], columns: int | None = None) -> Iterator[str]:
    """The rows as columns, a line a benchmark; the last one is wrapped within so many columns."""
    body = [tuple(map(_words, (row[name] for name in _COLUMNS))) for row in rows]
    widths = [max(len(line[place]) for line in [_COLUMNS, *body]) for place in range(len(_COLUMNS))]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    for *line, last in [_COLUMNS, *body]:
        room = len(last) if columns is None else max(_LEAST, columns - before)
        first, *more = wrapped(last, room)
        yield "  ".join([*map(str.ljust, line, widths), first])
        yield from (" " * before + part for part in more)


def _words(value: str | float | None) -> str:
    if value is None:
        return "–"
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:g}"
        if isinstance(value, float)
        else value
    )
