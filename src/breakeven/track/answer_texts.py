"""What the students wrote to the questions that MLflow shows, read from the answers' files."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from breakeven.core.digests import cached_digest
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path
from breakeven.params.cells import Cell
from breakeven.rows.answer import Answer
from breakeven.rows.traces import bare_trace

Place = tuple[str, str, int]  # task, item, sample


class WrittenParts(NamedTuple):
    """A trace without its marks, empty where there is none, and what came after it."""

    thinking: str
    answer: str


class AnswerTexts:
    """Answers in one decoding to some questions, `items` by task; the last cell's are kept."""

    def __init__(self, decoding: str, items: Mapping[str, Collection[str]]) -> None:
        self._decoding = decoding
        self._items = {task: frozenset(names) for task, names in items.items()}
        self._last: tuple[Cell, dict[Place, WrittenParts]] | None = None

    def digests(self, cell: Cell) -> dict[str, str]:
        """Of the files that are here, by their paths."""
        return {path.as_posix(): cached_digest(path) for _, path in self._paths(cell)}

    def of(self, cell: Cell) -> dict[Place, WrittenParts]:
        """A cell's texts; those of files that are not here are missing."""
        if self._last is None or self._last[0] != cell:
            self._last = (cell, dict(self._read(cell)))
        return self._last[1]

    def _paths(self, cell: Cell) -> Iterator[tuple[str, Path]]:
        for task in self._items:
            path = answers_path(*cell, self._decoding, task)
            if path.is_file():
                yield task, path

    def _read(self, cell: Cell) -> Iterator[tuple[Place, WrittenParts]]:
        for task, path in self._paths(cell):
            for one in read_rows(path, Answer):
                if one.item in self._items[task]:
                    yield (task, one.item, one.sample), _parts(one)


def _parts(answer: Answer) -> WrittenParts:
    plain = answer.without_trace
    thinking = bare_trace(answer.text[: len(answer.text) - len(plain)])
    return WrittenParts(thinking.strip(), plain.strip())
