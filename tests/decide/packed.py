"""The data of the page's calculator read back, as columns.js reads it, and packed again."""

import base64
import json
import zlib
from typing import Any

import numpy as np

from breakeven.decide.calculator import packed_data


def unpacked(text: str) -> dict[str, Any]:
    """The data with each family's resamples in it, a row a resample, or None."""
    page = json.loads(text)
    data = json.loads(_bytes(page["data"]))
    for family, own in page["draws"].items():
        found = data["families"][family]
        found["draws"] = None if own is None else _draws(_bytes(own), found["options"]["rows"])
    return data


def packed_again(data: dict[str, Any]) -> str:
    """The text of what `unpacked` gave."""
    families = {name: dict(family) for name, family in data["families"].items()}
    draws = {name: family.pop("draws") for name, family in families.items()}
    return packed_data({**data, "families": families}, draws)


def _bytes(packed: str) -> bytes:
    return zlib.decompress(base64.b64decode(packed))


def _draws(content: bytes, options: int) -> np.ndarray:
    low, high = np.frombuffer(content, np.uint8).astype("<u2").reshape(2, options, -1)
    return (low + 256 * high).T


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
