"""Which cells are done already, by their records: they are not paid again."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from breakeven.core.layout import task_path
from breakeven.core.records import Record
from breakeven.params.cells import resolve_asking
from breakeven.planning.earlier_run import EarlierRun
from breakeven.planning.expected_work import PlannedCell

# Of how answers are made, what they depend on beside their decoding; as in the keys of answers.
_DECIDE_ANSWERS = ("engine", "max_new_tokens", "batch_size", "dtype")


class DoneWork(NamedTuple):
    """What a cell that is done has taken, by its record."""

    flops: float | None
    device_seconds: float


def done_work(earlier_run: EarlierRun, cell: PlannedCell) -> DoneWork | None:
    """What a cell has taken already; None where it still has to run."""
    if cell.stage == "answer":
        return _answered(earlier_run, cell)
    record = earlier_run.record(cell.stage, *cell.cell)
    if record is None or (cell.stage == "train" and not _on_its_base(earlier_run, record, cell)):
        return None
    flops = record.flops.get("teacher" if cell.stage == "distill" else "train")
    return DoneWork(flops, sum(record.device_seconds.values()))


def _on_its_base(earlier_run: EarlierRun, record: Record, cell: PlannedCell) -> bool:
    """Whether a student was trained from, or answered with, the base that is there."""
    base = earlier_run.record("base", cell.cell[0])
    of_base = {*base.inputs.values(), *base.outputs.values()} if base else set()
    return bool(of_base & set(record.inputs.values()))


def _answered(earlier_run: EarlierRun, cell: PlannedCell) -> DoneWork | None:
    student, arm, seed, decoding, task = cell.cell
    record, items = earlier_run.record("answer", student), earlier_run.record("tasks", task)
    trained = earlier_run.record("train", student, arm, seed)
    if record is None or items is None or trained is None:
        return None
    path = task_path(str(task)).as_posix()
    # The record of an untrained arm has no inputs: nothing was read for it.
    on_base = all(_on_its_base(earlier_run, one, cell) for one in (record, trained) if one.inputs)
    if not on_base or record.inputs.get(path) != items.outputs.get(path):
        return None
    return (
        _spent_on(record, earlier_run, cell)
        if _asked_alike(record, earlier_run, str(decoding), str(task))
        else None
    )


def _asked_alike(record: Record, earlier_run: EarlierRun, decoding: str, task: str) -> bool:
    """Whether answers were asked for as params.yaml says now."""
    wanted = earlier_run.params.answering.model_dump(mode="json")
    same = all(record.parameters.get(key) == wanted[key] for key in _DECIDE_ANSWERS)
    asked, now = record.parameters["decodings"].get(decoding), wanted["decodings"][decoding]
    before, after = (
        (one.get("by_task") or {}).get(task, {}) for one in (record.parameters, wanted)
    )
    if not same or asked is None or _given(before) != _given(after):
        return False
    # Who else is asked that way changes no answer.
    return {**_given(asked), "arms": None} == {**_given(now), "arms": None}


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what is not used: a record may be older than a field."""
    return {name: value for name, value in row.items() if value is not None}


def _spent_on(record: Record, earlier_run: EarlierRun, cell: PlannedCell) -> DoneWork | None:
    _, arm, seed, decoding, task = cell.cell
    shots = resolve_asking(earlier_run.params, str(arm), str(decoding), str(task)).shots
    wanted = (arm, seed, decoding, task, shots)
    for row in record.details["cells"]:
        if tuple(row[key] for key in ("arm", "seed", "decoding", "task", "shots")) == wanted:
            return DoneWork(row["inference_flops"], float(row["device_seconds"]))
    return None
