"""What an earlier run has left of this study: outputs whose records match this params.yaml.

What lies in `data/` and `models/` may be another study's, whose params.yaml stood here before. A
record counts where its stage took the same part of params.yaml, and its input files are those that
counting records tell of. `dvc repro` decides by digests and may know better; this
never takes too much for done because a setting changed.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from breakeven.core.files import digest_path
from breakeven.core.layout import (
    base_folder,
    distilled_path,
    pairs_path,
    prompts_path,
    record_path,
    task_path,
)
from breakeven.core.records import Record, read_record
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.params.cells import Cell, resolve_cell
from breakeven.pipeline.reads import params_digest


class EarlierRun:
    """The records of one study that count, each looked for once."""

    def __init__(self, params: Params) -> None:
        self.params = params
        # Cached on the instance: a decorator of the method would keep every study until the end.
        self.record = cache(self._record)
        self._digest = cache(digest_path)

    def task(self, task: str) -> Path | None:
        """The pinned items of a task, None where there are none of this study."""
        return self._file(task_path(task), "tasks", task)

    def pairs(self, corpus: str) -> Path | None:
        """The pairs of a corpus, None where there are none of this study."""
        return self._file(pairs_path(corpus), "pairs", corpus)

    def base(self, student: str) -> Path | None:
        """The pointer to a student's base, None where there is none of this study."""
        return self._file(base_folder(student) / "pointer.json", "base", student)

    def _file(self, path: Path, stage: str, name: str) -> Path | None:
        record = self.record(stage, name)
        return path if record and path.is_file() and self._is_output(record, path) else None

    def _is_output(self, record: Record, path: Path) -> bool:
        """Whether what is on disk is what the record tells of, where it tells."""
        recorded = record.outputs.get(path.as_posix())
        return recorded is None or recorded == self._digest(path)

    def _record(self, stage: str, *cell: str | int) -> Record | None:
        """The record of a cell where it counts."""
        path = record_path(stage, *cell)
        if not path.is_file():
            return None
        record = read_record(stage, *cell)
        same = self._same_settings(record, stage, *cell)
        return record if same and self._inputs_hold(record, stage, *cell) else None

    def _same_settings(self, record: Record, stage: str, *cell: str | int) -> bool:
        if stage == "train":
            settings = resolve_cell(self.params, _trained_cell(*cell)).training
            if settings is None:
                return record.parameters == {"method": "none"}
            # A record tells the schedule as it was fitted to the cell's steps, not as it was asked
            # for.
            wanted = {key: value for key, value in settings.as_dict().items() if key != "schedule"}
            return all(record.parameters.get(key) == value for key, value in wanted.items())
        if stage == "answer":  # what it takes of params.yaml is looked at cell by cell
            return True
        return record.part == params_digest(self.params, stage, *cell)

    def _inputs_hold(self, record: Record, stage: str, *cell: str | int) -> bool:
        for path, producer in self._inputs(stage, *cell):
            producer_record = self.record(*producer)
            if producer_record is None or record.inputs.get(path.as_posix()) != _output(
                producer_record, path
            ):
                return False
        return True

    def _inputs(
        self, stage: str, *cell: str | int
    ) -> Iterator[tuple[Path, tuple[str, *tuple[str, ...]]]]:
        """The files that a cell reads, each with the stage and cell that makes it."""
        name = str(cell[0])
        if stage == "distill":
            yield prompts_path(name), ("prompts", name)
        elif stage == "pairs":
            for source in self.params.corpora[name].sources:
                for style in COMPLETION_STYLES:
                    yield distilled_path(source, style), ("distill", source, style)
            for task in self.params.tasks:
                yield task_path(task), ("tasks", task)
        elif stage == "train":
            for corpus in resolve_cell(self.params, _trained_cell(*cell)).corpora:
                yield pairs_path(corpus), ("pairs", corpus)


def _trained_cell(student: str | int, arm: str | int, seed: str | int) -> Cell:
    return Cell(str(student), str(arm), int(seed))


def _output(record: Record, path: Path) -> str | None:
    return record.outputs.get(path.as_posix())
