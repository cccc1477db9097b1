"""A pair: one prompt with its completion in both styles, in the published schema plus counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.core.files import atomic_path, damaged, refuse_pipe
from breakeven.core.layout import remade_by

# Pairs in memory while a corpus is written or read: 100 MB at the length of the published ones.
_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Pair:
    """The two completions of a prompt: the columns of the published pairs, and more.

    Token counts are the teacher's own, None where it gave none.

    Attributes:
        id: The prompt's.
        source: The source of the prompt.
        content: Identifies what is asked apart from its format.
        prompt: What is asked.
        reasoning: The completion with its trace: `<think>\\ntrace\\n</think>\\n\\nanswer`.
        ift: The plain answer.
        prompt_tokens: Of the prompt.
        reasoning_tokens: Of the completion with its trace.
        ift_tokens: Of the plain answer.
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


def write_pairs(path: Path, pairs: Iterable[Pair]) -> int:
    """Write pairs as they come, the same bytes for the same pairs; returns how many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [field.name for field in fields(Pair)]
    # Stated, not inferred: a first block without one token count would make the column null.
    schema = pa.schema(
        [(name, pa.int64() if name.endswith("_tokens") else pa.string()) for name in names]
    )
    written, coming = 0, iter(pairs)
    with (
        atomic_path(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        while rows := list(islice(coming, _ROWS_AT_ONCE)):
            columns = [[getattr(pair, name) for pair in rows] for name in names]
            writer.write_table(pa.table(columns, schema=schema))
            written += len(rows)
    return written


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs; raises InputError where the file is missing or lacks a column."""
    return list(iter_pairs(path))


def iter_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of `read_pairs` one by one, for a corpus that is larger than memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_pipe(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run `dvc repro pairs@{path.stem}`")
    names = [field.name for field in fields(Pair)]
    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in names if name not in file.schema_arrow.names]
            if missing:
                raise InputError(f"{path}: lacks the columns {', '.join(missing)}{remade_by(path)}")
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names):
                yield from (Pair(**row) for row in batch.to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error
