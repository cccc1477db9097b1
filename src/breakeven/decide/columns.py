"""Rows that are alike, as columns: what the page's calculator reads takes a quarter of the room.

Options of a study are a hundred rows of the same keys, most of whose values are the same ones over
and over: a cost of zero, a reason. `columns.js` makes the same rows of them again, to the bit.
"""

import json
from collections.abc import Sequence
from typing import Any


def in_columns(rows: Sequence[Any]) -> dict[str, Any]:
    """How many rows there are, and their column as `_column` writes it; rows are JSON values."""
    return {"rows": len(rows), "column": _column(rows)}


def _column(values: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    """The shortest of several ways to write values.

    A list is the values themselves. An object is one of: `all`, the value of every row; `of` and
    `at`, the values that there are and which of them each row has; `keys` and `columns`, of rows
    that are tables of these keys; `columns` alone, of rows that are lists of one length.
    """
    ways = [list(values), *_few(values)]
    first = values[0] if values else None
    if isinstance(first, dict) and all(
        isinstance(one, dict) and list(one) == list(first) for one in values
    ):
        columns = [_column([one[key] for one in values]) for key in first]
        ways.append({"keys": list(first), "columns": columns})
    elif isinstance(first, list) and all(
        isinstance(one, list) and len(one) == len(first) for one in values
    ):
        parts = [_column([one[place] for one in values]) for place in range(len(first))]
        ways.append({"columns": parts})
    return min(ways, key=lambda way: len(_text(way)))


def _few(values: Sequence[Any]) -> list[dict[str, Any]]:
    """The values that are different, by how they are written: 0 and 0.0 are two."""
    texts = [_text(one) for one in values]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    if len(numbers) == 1:
        return [{"all": values[0]}]
    return [{"of": list(map(json.loads, numbers)), "at": [numbers[text] for text in texts]}]


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
