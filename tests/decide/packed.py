"""Rows of the page's calculator read back from their columns, as columns.js reads them."""

from typing import Any


def rows_of(packed: dict[str, Any]) -> list[Any]:
    """The rows that `in_columns` was given."""
    return _values(packed["column"], packed["rows"])


def _values(column: Any, rows: int) -> list[Any]:
    if isinstance(column, list):
        return column
    if "all" in column:
        return [column["all"]] * rows
    if "of" in column:
        return [column["of"][number] for number in column["at"]]
    parts = [_values(part, rows) for part in column["columns"]]
    cells = [[part[row] for part in parts] for row in range(rows)]
    if "keys" not in column:
        return cells
    return [dict(zip(column["keys"], row, strict=True)) for row in cells]
