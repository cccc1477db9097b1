"""Results of the project in the current folder, with what the records say of their cost.

Reads `params.yaml`, `scores/items.parquet` and the records of the stages `base`, `distill`,
`train` and `answer`. A record that is not there leaves its costs absent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.analysis.measured import ArmFacts, CellCosts, StudyFacts, measured_results
from breakeven.analysis.results import CellResult, Results
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Bill, Cost, absent_cost
from breakeven.decide.options import cost_of
from breakeven.errors import InputError
from breakeven.layout import items_path, record_path
from breakeven.params import Params
from breakeven.records import Record, read_record

if TYPE_CHECKING:
    import pandas as pd

_NO_JUDGE = "rules grade every answer; no model judges"
Served = Mapping[tuple[str, str, int, str], Mapping[str, float]]


class StudyCosts(NamedTuple):
    """Results of the current folder, and the bill of each (student, arm, seed)."""

    results: Results
    bills: dict[tuple[str, str, int], Bill]


def study_costs(params: Params) -> StudyCosts:
    """Everything a decision reads; raises InputError where nothing was scored yet."""
    results = measured_results(_items(), _facts(params))
    served = _seconds_by_task(params)
    tasks = {(row["family"], row["task"]) for row in _families(results)}
    cells = tuple(_with_seconds(cell, served, tasks) for cell in results.cells)
    return StudyCosts(replace(results, cells=cells), _bills(params))


def _items() -> "pd.DataFrame":
    import pandas as pd

    path = items_path()
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; run `dvc repro score` first, or give a table with --results"
        )
    return pd.read_parquet(path)


def _families(results: Results) -> list[dict[str, str]]:
    assert results.items is not None  # measured results hold their items
    rows = results.items[["family", "task"]].drop_duplicates()
    return [{"family": str(row.family), "task": str(row.task)} for row in rows.itertuples()]


def _facts(params: Params) -> StudyFacts:
    costs = {}
    for student in params.students:
        for arm, row in params.arms.items():
            for seed in params.seeds:
                record = _record("train", student, arm, seed)
                if record is not None:
                    costs[student, arm, seed] = CellCosts(
                        train_flops=record.flops.get("train"),
                        train_device_seconds=_held(record) if row.trained else 0.0,
                    )
    return StudyFacts(
        study=params.study,
        sizes={student: _size(student) for student in params.students},
        arms={
            name: ArmFacts(row.style, row.corpus, row.reasoning_share, row.order)
            for name, row in params.arms.items()
        },
        costs=costs,
    )


def _size(student: str) -> float | None:
    record = _record("base", student)
    return None if record is None else record.metrics.get("parameters")


def _held(record: Record) -> float | None:
    return sum(record.device_seconds.values()) if record.device_seconds else None


def _seconds_by_task(params: Params) -> Served:
    """Device-seconds of one answer by (student, arm, seed, decoding), then task."""
    served: dict[tuple[str, str, int, str], dict[str, float]] = defaultdict(dict)
    for student in params.students:
        record = _record("answer", student)
        rows: Sequence[dict[str, Any]] = record.details.get("cells", ()) if record else ()
        for row in rows:
            if row["answers"] and row.get("device_seconds") is not None:
                key = (student, row["arm"], row["seed"], row["decoding"])
                served[key][row["task"]] = row["device_seconds"] / row["answers"]
    return served


def _with_seconds(cell: CellResult, served: Served, tasks: set[tuple[str, str]]) -> CellResult:
    """The cell with its mean over the tasks of its family; unchanged where one has no seconds."""
    by_task = served.get((cell.student, cell.arm, cell.seed, cell.decoding), {})
    mine = [by_task.get(task) for family, task in sorted(tasks) if family == cell.family]
    known = [seconds for seconds in mine if seconds is not None]
    if not known or len(known) < len(mine):
        return cell
    return replace(cell, device_seconds=sum(known) / len(known))


def _bills(params: Params) -> dict[tuple[str, str, int], Bill]:
    """What the teacher of each cell took; the other items are read from the results' cells."""
    teachers = {arm: _teacher(params, arm) for arm in params.arms}
    unread = absent_cost("kept with the results")
    return {
        (student, arm, seed): Bill(
            teacher=teachers[arm],
            training=unread,
            answering=unread,
            judging=replace(NO_COST, energy_joules=absent(_NO_JUDGE)),
            answers=1,
        )
        for student in params.students
        for arm in params.arms
        for seed in params.seeds
    }


def _teacher(params: Params, arm: str) -> Cost:
    """All completions of the corpus in the styles that the arm learns from."""
    row = params.arms[arm]
    if row.corpus is None:
        return NO_COST
    styles = {"ift": ["ift"], "reasoning": ["reasoning"]}.get(row.style, ["ift", "reasoning"])
    cost = NO_COST
    for source in params.corpora[row.corpus].sources:
        for style in styles:
            cost += _completions(source, style)
    return cost


def _completions(source: str, style: str) -> Cost:
    record = _record("distill", source, style)
    if record is None:
        return absent_cost(f"the record of distill@{source}-{style} is not there")
    flops, seconds = record.flops.get("teacher"), _held(record)
    reason = record.absent.get("flops.teacher", "the teacher's FLOPs were not recorded")
    return cost_of(
        absent(reason) if flops is None else Amount(flops),
        absent("the teacher was not metered") if seconds is None else Amount(seconds),
    )


def _record(stage: str, *cell: str | int) -> Record | None:
    return read_record(stage, *cell) if record_path(stage, *cell).is_file() else None
