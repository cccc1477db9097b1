"""Rows of a split's JSON and CSV files as they stand there.

The library's own readers infer one type a column: 18 beside 1.5 or a blank becomes 18.0, 00501
becomes 501, NA is taken for nothing, a text that looks like a date becomes one, and a long number
loses digits. References must not change.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from breakeven.core.errors import InputError
from breakeven.core.files import parse_json

if TYPE_CHECKING:
    from datasets import DatasetBuilder

Row = dict[str, Any]

# Rows that are looked at to tell which keys there are.
_LOOKED_AT = 1000  # held in memory until then


def json_rows(builder: "DatasetBuilder", split: str, where: str) -> Iterator[Row]:
    """Rows: JSON lines, an array, or one object of columns or with the rows in a field.

    A key that only other rows have is there and None, nested ones too. Raises InputError naming
    file and line of what is not JSON.
    """
    coming = chain.from_iterable(
        _file_rows(builder, path, where) for path in split_files(builder, split)
    )
    # JSON lines leave out keys without a value, so that one row does not say which keys there are.
    first = list(islice(coming, _LOOKED_AT))
    shape: Row = {}
    for row in first:
        _widen(shape, row)
    return (_filled(row, shape) for row in chain(first, coming))


def csv_rows(builder: "DatasetBuilder", split: str) -> Iterator[Row]:
    """Rows, every cell as its text; a cell that a short row lacks is NaN.

    Separators, quotes and names of columns are those that the data set's card may set. ValueError
    on a file without a header.
    """
    import pandas as pd
    from datasets.utils.file_utils import xopen

    # Without the filter pandas would take NA, null and an empty cell for missing values.
    settings = {**builder.config.pd_read_csv_kwargs, "dtype": str, "na_filter": False}
    with xopen(next(split_files(builder, split)), "rb") as handle:
        # Here and not with the first row: a missing header is a mistake of the whole split.
        pd.read_csv(handle, **{**settings, "chunksize": None, "nrows": 0})

    def rows() -> Iterator[Row]:
        for path in split_files(builder, split):
            with xopen(path, "rb") as handle, pd.read_csv(handle, **settings) as reader:
                for frame in reader:
                    yield from frame.to_dict("records")

    return rows()


def split_files(builder: "DatasetBuilder", split: str) -> Iterator[str]:
    """Addresses of the split's files, unpacked where they are compressed."""
    from datasets import DownloadConfig
    from datasets.download.streaming_download_manager import StreamingDownloadManager

    manager = StreamingDownloadManager(
        base_path=builder.base_path,
        download_config=DownloadConfig(
            token=builder.token, storage_options=builder.storage_options
        ),
    )
    files = (builder.config.data_files or {})[split]
    yield from map(str, manager.iter_files(manager.download_and_extract(list(map(str, files)))))


def _file_rows(builder: "DatasetBuilder", path: str, where: str) -> Iterator[Row]:
    from datasets.utils.file_utils import xopen

    file_where = f"{where}: {PurePosixPath(path.rpartition('::')[2]).name}"
    settings = builder.config
    with xopen(path, "rb") as handle:
        lines = _text_lines(handle, settings.encoding, file_where)
        if settings.field is not None:
            yield from _whole("".join(lines), settings.field, file_where)
            return
        # JSON lines and JSON have the same ending in file names: the first line tells them apart.
        start = "".join(_until_filled(lines))
        if _is_object(start):
            yield from _objects(chain(start.splitlines(keepends=True), lines), file_where)
        elif start.strip():
            yield from _whole("".join([start, *lines]), None, file_where)


def _text_lines(handle: BinaryIO, encoding: str, file_where: str) -> Iterator[str]:
    """The lines of a file as text, a byte order mark left out."""
    for number, line in enumerate(handle, start=1):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            raise InputError(f"{file_where}: line {number}: not {encoding}: {error}") from error
        yield text.removeprefix("\ufeff") if number == 1 else text


def _until_filled(lines: Iterator[str]) -> Iterator[str]:
    """Lines up to the first that is not blank, which is the last one taken."""
    for line in lines:
        yield line
        if line.strip():
            return


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _objects(lines: Iterable[str], file_where: str) -> Iterator[Row]:
    """Rows of JSON lines; blank lines are none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{file_where}: line {number}: not valid JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{file_where}: line {number}: is no JSON object")
        yield row


def _whole(text: str, field: str | None, file_where: str) -> Iterator[Row]:
    """Rows of a file that is one JSON value."""
    try:
        content = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file_where}: not valid JSON: {error}") from error
    if field is not None:
        content = content.get(field) if isinstance(content, dict) else None
    if isinstance(content, list) and all(isinstance(row, dict) for row in content):
        yield from content
    elif isinstance(content, list) and all(isinstance(row, str) for row in content):
        yield from ({"text": row} for row in content)
    elif isinstance(content, dict) and all(isinstance(one, list) for one in content.values()):
        columns = content.values()
        if len({len(one) for one in columns}) > 1:
            raise InputError(f"{file_where}: its columns are of unequal length")
        yield from (
            dict(zip(content, values, strict=True)) for values in zip(*columns, strict=True)
        )
    else:
        inside = "" if field is None else f" in its field {field!r}"
        raise InputError(
            f"{file_where}: holds no rows{inside}; use JSON lines or an array of objects"
        )


def _widen(shape: Row, value: Row) -> None:
    """Add the keys of a row to those known: a dict for an object, or for the objects of a list."""
    for key, part in value.items():
        below = shape.setdefault(key, {})
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, dict):
                _widen(below, one)


def _filled(value: Row, shape: Row) -> Row:
    """A row with None for the keys that it lacks."""
    return {
        **dict.fromkeys(shape),
        **{key: _part_filled(part, shape.get(key, {})) for key, part in value.items()},
    }


def _part_filled(part: Any, shape: Row) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(part, dict):
        return _filled(part, shape)
    if isinstance(part, list) and shape:
        return [_part_filled(one, shape) for one in part]
    return part
