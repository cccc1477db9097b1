"""A field of a row by its dotted path: `messages.0.content`."""

from collections.abc import Mapping, Sequence
from typing import Any

from breakeven.core.errors import InputError, did_you_mean


def field_of(row: Mapping[str, Any], path: str, where: str) -> Any:  # noqa: ANN401 - as stored
    """The value at `path`: names of columns and keys, numbers for elements of a list.

    A column whose own name has dots in it is found by that name. A list that is too short gives
    None, as does a path below a missing value: that is the row's own doing, not the path's.

    Raises:
        InputError: no column or key of that name exists; the message names those that do.
    """
    if path in row:
        return row[path]  # a flattened column has dots in its name
    value: Any = row
    for part in path.split("."):
        if value is None:
            return None
        value = _step(value, part, path, where)
    return value


def _step(value: Any, part: str, path: str, where: str) -> Any:  # noqa: ANN401 - as stored
    if isinstance(value, Mapping):
        if part not in value:
            raise InputError(f"{where}: field {path!r}: no {part!r}; {did_you_mean(part, value)}")
        return value[part]
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not part.isdecimal():
            raise InputError(f"{where}: field {path!r}: {part!r} in a list; use a number from 0")
        return value[int(part)] if int(part) < len(value) else None
    raise InputError(
        f"{where}: field {path!r}: nothing is below a {type(value).__name__}; "
        f"leave {part!r} and what follows away"
    )
