"""Which cells are done already, by their records: they are not paid again.

A record counts where its settings are still those of params.yaml and the files it was made from are
those on disk. `dvc repro` decides by digests and may know better; this never counts too much done
because a setting changed.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.files import digest_path
from breakeven.layout import pairs_path, record_path, task_path
from breakeven.params import Params
from breakeven.params.cells import Cell, resolve
from breakeven.planning.cells import PlannedCell
from breakeven.records import Record, read_record


class Spent(NamedTuple):
    """What a cell that is done has taken, by its record."""

    flops: float | None
    device_seconds: float


def spent(params: Params, cell: PlannedCell) -> Spent | None:
    """What a cell has taken already; None where it still has to run."""
    return {"distill": _distilled, "base": _based, "train": _trained, "answer": _answered}[
        cell.stage
    ](params, cell)


def _distilled(params: Params, cell: PlannedCell) -> Spent | None:
    record = _record("distill", *cell.cell)
    if record is None or record.parameters.get("teacher") != params.teacher.kind:
        return None
    return _whole(record, "teacher") if _inputs_hold(record) else None


def _based(params: Params, cell: PlannedCell) -> Spent | None:
    del params
    record = _record("base", *cell.cell)
    return None if record is None else _whole(record, "train")


def _trained(params: Params, cell: PlannedCell) -> Spent | None:
    student, arm, seed = cell.cell
    record = _record("train", student, arm, seed)
    settings = resolve(params, Cell(str(student), str(arm), int(seed))).training
    if record is None or settings is None:
        return None
    wanted = {key: value for key, value in settings.as_dict().items() if key != "schedule"}
    same = all(record.parameters.get(key) == value for key, value in wanted.items())
    learnt = all(_holds(record, pairs_path(corpus)) for corpus in settings.corpora)
    return _whole(record, "train") if same and learnt else None


def _answered(params: Params, cell: PlannedCell) -> Spent | None:
    student, arm, seed, decoding, task = cell.cell
    record = _record("answer", student)
    if record is None or not _holds(record, task_path(str(task))):
        return None
    if params.arms[str(arm)].trained:
        training = PlannedCell("train", (student, arm, seed), cell.style, cell.work, cell.basis)
        if _trained(params, training) is None:
            return None
    wanted = params.answering.model_dump(mode="json")
    for key in ("engine", "max_new_tokens"):
        if record.parameters.get(key) != wanted[key]:
            return None
    if record.parameters.get("decodings", {}).get(decoding) != wanted["decodings"][decoding]:
        return None
    for row in record.details.get("cells", ()):
        if (row["arm"], row["seed"], row["decoding"], row["task"]) == (arm, seed, decoding, task):
            return Spent(float(row["inference_flops"]), float(row["device_seconds"]))
    return None


@cache
def _record(stage: str, *cell: str | int) -> Record | None:
    return read_record(stage, *cell) if record_path(stage, *cell).is_file() else None


def _whole(record: Record, flops: str) -> Spent:
    return Spent(record.flops.get(flops), sum(record.device_seconds.values()))


def _inputs_hold(record: Record) -> bool:
    return all(_holds(record, Path(path)) for path in record.inputs)


def _holds(record: Record, path: Path) -> bool:
    """Whether a file is the one that the record was made from, or is not here to tell."""
    return not path.exists() or _digests(record.inputs, path)


def _digests(inputs: Mapping[str, Any], path: Path) -> bool:
    return inputs.get(path.as_posix()) == _digest(path)


@cache
def _digest(path: Path) -> str:
    return digest_path(path)
