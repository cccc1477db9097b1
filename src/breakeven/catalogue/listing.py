"""The catalogue as rows to read."""

from collections.abc import Iterator, Sequence
from typing import Any

from breakeven.catalogue.benchmark import catalogue

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


def listing_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The rows as columns, a line a benchmark."""
    body = [tuple(map(_words, (row[name] for name in _COLUMNS))) for row in rows]
    widths = [max(len(line[place]) for line in [_COLUMNS, *body]) for place in range(len(_COLUMNS))]
    for line in [_COLUMNS, *body]:
        yield "  ".join(map(str.ljust, line, widths)).rstrip()


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
