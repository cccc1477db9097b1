"""Rendered corpora, kept in scratch: every cell with a tokenizer reads what the first one rendered.

A cell would else tokenize a whole corpus to learn a part of it, which takes longer than a small
model needs for a dozen steps. One file holds the examples in flat columns, a sealed line beside it
their digest.
"""

from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.files import atomic_path, digest_file
from breakeven.core.locks import held
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, tell_damaged, write_sealed
from breakeven.train.corpus_examples import CorpusExamples
from breakeven.train.example_store import ExampleStore

if TYPE_CHECKING:
    import pyarrow as pa


def kept_examples(
    key: Mapping[str, Any], label: str, render: Callable[[], CorpusExamples]
) -> CorpusExamples:
    """What `render` gives, or gave before under the same `key`; `label` says what is rendered.

    `key` holds everything that decides a token or what is left out.
    """
    folder = scratch_folder("examples", key)
    with held(folder / "lock", label):  # two cells may begin with one corpus
        examples = _read(folder)
        if examples is None:
            examples = render()
            _write(folder, examples)
    return examples


def _write(folder: Path, examples: CorpusExamples) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    unchanged = [at in examples.unchanged for at in range(len(examples.ids))]
    columns: dict[str, Any] = {"id": list(examples.ids), "unchanged": unchanged}
    for style, store in (("ift", examples.ift), ("reasoning", examples.reasoning)):
        ids, ends, label_starts = store.columns()
        columns[style] = pa.LargeListArray.from_arrays(
            pa.array(memoryview(ends), pa.int64()), pa.array(memoryview(ids), pa.int32())
        )
        columns[f"{style}_labels_start"] = pa.array(memoryview(label_starts), pa.int32())
    path = _path(folder)
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")
    write_sealed(_seal_path(folder), {"digest": digest_file(path), "too_long": examples.too_long})


def _read(folder: Path) -> CorpusExamples | None:
    """The examples that were kept; None where there are none, or none as they were written."""
    seal, path = read_sealed(_seal_path(folder)), _path(folder)
    if seal is None or not path.is_file():
        return None
    if digest_file(path) != seal["digest"]:
        tell_damaged(path)
        return None
    import pyarrow.parquet as pq

    table = pq.read_table(path).combine_chunks()
    return CorpusExamples(
        tuple(table["id"].to_pylist()),
        _store(table, "ift"),
        _store(table, "reasoning"),
        too_long=seal["too_long"],
        unchanged=frozenset(at for at, is_so in enumerate(table["unchanged"].to_pylist()) if is_so),
    )


def _store(table: "pa.Table", style: str) -> ExampleStore:
    examples = table[style].combine_chunks()
    label_starts = table[f"{style}_labels_start"].combine_chunks()
    return ExampleStore.of_columns(
        array("i", examples.flatten().to_numpy().tobytes()),
        array("q", examples.offsets.to_numpy().tobytes()),
        array("i", label_starts.to_numpy().tobytes()),
    )


def _path(folder: Path) -> Path:
    return folder / "examples.parquet"


def _seal_path(folder: Path) -> Path:
    return folder / "seal.json"
