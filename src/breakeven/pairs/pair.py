"""A pair: one prompt with its completion in both styles, in the published schema plus counts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from breakeven.errors import InputError
from breakeven.files import atomic_path

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"


@dataclass(frozen=True)
class Pair:
    """One row of `data/pairs/<corpus>.parquet`.

    `prompt`, `reasoning` and `ift` are the columns of the published pairs: `ift` is the plain
    answer, `reasoning` is `<think>\\ntrace\\n</think>\\n\\nanswer`. Token counts are the teacher's
    own, None where it gave none.
    """

    id: str
    source: str
    content: str
    prompt: str
    reasoning: str
    ift: str
    prompt_tokens: int | None
    reasoning_tokens: int | None
    ift_tokens: int | None


def with_trace(thinking: str, answer: str) -> str:
    """A trace and an answer as one text, as the published pairs hold it."""
    return f"{THINK_OPEN}\n{thinking}\n{THINK_CLOSE}\n\n{answer}"


def write_pairs(path: Path, pairs: Sequence[Pair]) -> None:
    """Write pairs as parquet: the same pairs give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [field.name for field in fields(Pair)]
    kinds = {name: pa.int64() if name.endswith("_tokens") else pa.string() for name in names}
    table = pa.table(
        {name: pa.array([getattr(pair, name) for pair in pairs], kinds[name]) for name in names}
    )
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs; raises InputError where the file is missing or lacks a column."""
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError(f"{path}: no such file")
    table = pq.read_table(path)
    missing = [field.name for field in fields(Pair) if field.name not in table.column_names]
    if missing:
        raise InputError(f"{path}: lacks the columns {', '.join(missing)}")
    return [Pair(**row) for row in table.to_pylist()]
