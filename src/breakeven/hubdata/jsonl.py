"""Rows of a JSON-lines file of the project, numbered by line and sampled as a data set is."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from breakeven.core.errors import InputError
from breakeven.core.files import iter_rows
from breakeven.hubdata.row_samples import sample

Row = TypeVar("Row")
# Text in whole characters: half of one (a lone surrogate) fits no column of a table, and under a
# constraint pydantic refuses it.
WholeText = Annotated[str, StringConstraints(min_length=0)]
# Text that says something: a blank reference is no answer's, a blank prompt asks nothing.
Written = Annotated[str, StringConstraints(pattern=r"\S")]


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("count", f"value is {str(value).lower()}; use a whole number")
    return value


# A whole number; pydantic takes `true` for 1.
Count = Annotated[int, BeforeValidator(_no_truth_value)]


def jsonl_rows(
    path: Path, row_type: type[Row], *, count: int | None, seed: int, what: str
) -> list[tuple[int, Row]]:
    """The rows, or `count` of them drawn by the seed, with their numbers from 1.

    Every row is checked, drawn or not. `what` is what an empty file lacks, "a task needs at least
    one item".

    Raises:
        InputError: the file is missing or empty, or a row of it is not of the type.
    """
    # Without `total`, so that the whole file passes by and every row is checked.
    rows = list(sample(enumerate(iter_rows(path, row_type), start=1), count, seed))
    if not rows:
        raise InputError(f"{path}: no rows; {what}")
    return rows
