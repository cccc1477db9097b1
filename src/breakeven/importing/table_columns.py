"""Columns of an imported table, checked; every error names the file, the row and the column.

Rows are counted as a spreadsheet does: the first line is row 1, and blank lines count.
"""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import refuse_pipe
from breakeven.importing.spellings import two_spellings, unseen_character
from breakeven.importing.value_bounds import BOUNDS, Bounds

if TYPE_CHECKING:
    import pandas as pd

# What counts as 1 and 0 in a column of yes or no, and nowhere else.
TRUE_WORDS = {"true": "1", "yes": "1", "false": "0", "no": "0"}
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_ANYTHING = Bounds(0.0, math.inf)


def read_table(path: Path) -> "pd.DataFrame":
    """A CSV as text cells, or a Parquet file as it is; the index is the row number.

    Raises InputError where the file is missing, empty, not readable or ragged.
    """
    refuse_pipe(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    frame = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    if frame.empty:
        raise InputError(f"{path}: has no rows below its header")
    return frame


def require_columns(frame: "pd.DataFrame", path: Path, *alternatives: tuple[str, ...]) -> None:
    """Raise InputError unless exactly one of each group of `alternatives` is a column."""
    for names in alternatives:
        present = [name for name in names if name in frame.columns]
        wanted = " or ".join(names)
        if not present:
            hint = did_you_mean(names[0], map(str, frame.columns)).replace("allowed", "found")
            raise InputError(f"{path}: row 1: column {wanted} is missing; {hint}")
        if len(present) > 1:
            raise InputError(f"{path}: row 1: columns {' and '.join(present)} exclude each other")


def refuse_unknown_columns(frame: "pd.DataFrame", path: Path, allowed: Iterable[str]) -> None:
    """Raise InputError on a column that no one reads: it may be a misspelt one."""
    known = sorted(allowed)
    for name in map(str, frame.columns):
        if name not in known:
            raise InputError(f"{path}: row 1: unknown column {name!r}; {did_you_mean(name, known)}")


def first_row(mask: "pd.Series[bool]") -> int | None:
    """The number of the first row where `mask` is true."""
    rows = mask.index[mask.to_numpy(dtype=bool)]
    return int(rows[0]) if len(rows) else None


def text_column(
    frame: "pd.DataFrame", path: Path, column: str, allowed: Sequence[str] | None = None
) -> "pd.Series[str]":
    """A text column without blanks, each one of `allowed` where given."""
    text = frame[column].astype("object").where(frame[column].notna(), "").astype(str).str.strip()
    blank = first_row(text == "")
    if blank is not None:
        raise InputError(f"{path}: row {blank}: {column}: is empty")
    _refuse_unseen(path, column, text)
    row = None if allowed is None else first_row(~text.isin(allowed))
    if row is not None and allowed is not None:
        raise InputError(
            f"{path}: row {row}: {column}: value is {text.loc[row]!r}; "
            f"{did_you_mean(str(text.loc[row]), allowed)}"
        )
    return text


def _refuse_unseen(path: Path, column: str, text: "pd.Series[str]") -> None:
    # Each name once: a table of answers has few in very many rows.
    unseen = text.drop_duplicates().map(unseen_character)
    row = first_row(unseen.notna())
    if row is not None:
        raise InputError(
            f"{path}: row {row}: {column}: value is {text.loc[row][:80]!r}; remove "
            f"{unseen.loc[row]}, which cannot be seen"
        )


def refuse_spellings(frame: "pd.DataFrame", path: Path, columns: Iterable[str]) -> None:
    """Raise InputError where one name is written in two ways, so that it would count as two."""
    for column in columns:
        names = frame[column].dropna().drop_duplicates()
        found = two_spellings(map(str, names))
        if found is not None:
            (row, name), (before, known) = ((names.index[at], names.iloc[at]) for at in found)
            raise InputError(
                f"{path}: row {row}: {column}: {name!r} and {known!r} (row {before}) are one name "
                "in two spellings; use one"
            )


def optional_text_column(
    frame: "pd.DataFrame", path: Path, column: str, default: str
) -> "pd.Series[str]":
    """A text column that may be missing as a whole, in which case every row is `default`."""
    if column in frame.columns:
        return text_column(frame, path, column)
    import pandas as pd

    return pd.Series(default, index=frame.index, dtype="object").astype(str)


def number_column(
    frame: "pd.DataFrame",
    path: Path,
    column: str,
    *,
    blank: bool = False,
    whole: bool = False,
    words: bool = False,
) -> "pd.Series[float]":
    """A numeric column within its bounds; blank cells are NaN where allowed.

    With `words`, true, yes, false and no count as 1 and 0. Raises InputError on anything else.
    """
    import pandas as pd

    raw = frame[column]
    text = raw.astype("object").where(raw.notna(), "").astype(str).str.strip()
    plain = text.str.lower().map(lambda word: TRUE_WORDS.get(word, word)) if words else text
    # 1_000, inf and nan are numbers to Python, and none that a person means here.
    plain = plain.where(plain.str.fullmatch(_NUMBER))
    values = pd.Series(pd.to_numeric(plain, errors="coerce"), index=frame.index, dtype="float64")
    values = values + 0.0  # no -0
    empty = text == ""
    row = None if blank else first_row(empty)
    if row is not None:
        raise InputError(f"{path}: row {row}: {column}: is empty; give a number")
    finite = values.map(math.isfinite)
    use = "use a number, 1 or 0" if words else "use a number"
    _refuse(path, column, text, ~finite & ~empty, use)
    bounds = BOUNDS.get(column, _ANYTHING)
    outside = finite & ((values < bounds.low) | (values > bounds.high))
    row = first_row(outside)
    if row is not None:
        _refuse(path, column, text, outside, str(bounds.why_not(float(values.loc[row]))))
    if whole:
        _refuse(path, column, text, finite & (values != values.round()), "use a whole number")
    return values


def accuracy_column(frame: "pd.DataFrame", path: Path) -> "pd.Series[float]":
    """`accuracy` (fractions) or `accuracy_percent` as fractions.

    Raises InputError on values outside the range, on percents in `accuracy`, on fractions in
    `accuracy_percent`, and so on a mix of both.
    """
    if "accuracy_percent" in frame.columns:
        column, values = "accuracy_percent", number_column(frame, path, "accuracy_percent")
        row = first_row((values > 0) & (values < 1))
        if row is not None:
            raise InputError(
                f"{path}: row {row}: {column}: value is {values.loc[row]:g}, which reads as a "
                "fraction among percents; use 0..100 throughout, or a column accuracy with 0..1"
            )
        return values / 100
    values = number_column(frame, path, "accuracy")
    row = first_row(values > 1)
    if row is not None:
        mixed = bool((values <= 1).any())
        said = "percent and fractions are mixed" if mixed else "the column is in percent"
        fix = "use 0..1 throughout" if mixed else "name it accuracy_percent, or use 0..1"
        raise InputError(
            f"{path}: row {row}: accuracy: value is {values.loc[row]:g}, outside 0..1; {said}; "
            f"{fix}"
        )
    return values


def refuse_repeats(frame: "pd.DataFrame", path: Path, keys: Sequence[str], what: str) -> None:
    """Raise InputError where two rows have the same keys."""
    import pandas as pd

    row = first_row(frame.duplicated(list(keys)))
    if row is None:
        return
    values = {key: frame[key].loc[row] for key in keys}
    same = frame[list(keys)].astype(str).eq(pd.Series(values).astype(str))
    shown = ", ".join(f"{key} {value}" for key, value in values.items())
    raise InputError(
        f"{path}: row {row}: the same {what} as row {first_row(same.all(axis='columns'))} "
        f"({shown}); keep one"
    )


def _refuse(
    path: Path, column: str, text: "pd.Series[str]", bad: "pd.Series[bool]", fix: str
) -> None:
    row = first_row(bad)
    if row is not None:
        raise InputError(f"{path}: row {row}: {column}: value is {text.loc[row]!r}; {fix}")


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from error
    # As if a header were row 1, so that rows are counted alike in messages.
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def _read_csv(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            # Not pandas: it guesses types, drops blank lines from its count and fills ragged rows.
            numbered = list(enumerate(csv.reader(handle, strict=True), start=1))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path}: not a readable CSV in UTF-8: {error}; save it as CSV in UTF-8"
        ) from error
    damaged = next((number for number, row in numbered if "\0" in "".join(row)), None)
    if damaged is not None:  # UTF-16 without its mark reads so
        raise InputError(f"{path}: row {damaged}: holds a NUL byte; save it as CSV in UTF-8")
    # A blank line of a spreadsheet is written as no cell, or as empty ones.
    rows = [(number, row) for number, row in numbered if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError(f"{path}: is empty; the first row names the columns")
    first, header = rows[0][0], [name.strip() for name in rows[0][1]]
    _check_header(path, first, header)
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise InputError(
                f"{path}: row {number}: has {len(row)} cells, the header has {len(header)}"
            )
    index = pd.Index([number for number, _ in rows[1:]], dtype="int64")
    cells = [row for _, row in rows[1:]]
    return pd.DataFrame(cells, columns=header, index=index, dtype="object")


def _check_header(path: Path, number: int, header: Sequence[str]) -> None:
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and sign in header[0]:
            raise InputError(
                f"{path}: row {number}: is separated by {name}; save the table with commas, and "
                "numbers with a point"
            )
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"{path}: row {number}: column {name!r} occurs twice; keep one")
        if not name:
            raise InputError(f"{path}: row {number}: a column has no name; name it or remove it")
