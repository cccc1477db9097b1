"""What the `report` stage reads: parameters, records and scores, as results and a run summary.

Cells come from the parameters, never from listing a folder, so what was removed is not shown.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from breakeven.analysis.measured import (
    ArmFacts,
    CellCosts,
    StudyFacts,
    check_item_rows,
    measured_results,
)
from breakeven.analysis.results import Results
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Bill, Cost, absent_cost
from breakeven.errors import InputError
from breakeven.files import read_rows
from breakeven.layout import items_path, record_path, task_path
from breakeven.params import Params
from breakeven.records import Record, read_record
from breakeven.report.collect_examples import examples
from breakeven.report.run import (
    ArmRow,
    CellKey,
    CorpusRow,
    RunSummary,
    Settings,
    StudentRow,
    TaskRow,
    TeacherRow,
    TrainingRow,
)
from breakeven.tasks.items import Item

if TYPE_CHECKING:
    import pandas as pd

NO_ENERGY = "energy was not metered"
PER_CORPUS = "counted for the whole corpus only"


def collect(params: Params) -> tuple[Results, RunSummary]:
    """Everything about the study in the working directory.

    Raises:
        InputError: the scores are missing, hold no row of these parameters, or lack a column.
    """
    items = _item_rows(params)
    tasks = _task_rows(params)
    records = {
        key: record for key in _cells(params) if (record := _record("train", *key)) is not None
    }
    answering = {name: _record("answer", name) for name in params.students}
    teacher = _teacher_rows(params)
    facts = StudyFacts(
        study=params.study,
        sizes={name: _parameters(name) for name in params.students},
        arms={
            name: ArmFacts(row.style, row.corpus, row.reasoning_share, _order(row.style, row.order))
            for name, row in params.arms.items()
        },
        costs={
            key: _cell_costs(params, key, records.get(key), answering) for key in _cells(params)
        },
        chance={row.name: row.chance for row in tasks},
        teacher_accuracy=_teacher_accuracy(params),
    )
    results = measured_results(items, facts)
    run = RunSummary(
        settings=Settings(
            params.report.confidence, params.report.bootstrap_draws, params.report.seed
        ),
        decoding=next(iter(params.answering.decodings)),
        facts=_facts(params, results, records, answering),
        students=tuple(
            StudentRow(name, _parameters(name), row.base.kind)
            for name, row in params.students.items()
        ),
        arms=tuple(_arm_row(params, name) for name in params.arms),
        tasks=tasks,
        teacher=teacher,
        corpora=tuple(row for name in params.corpora if (row := _corpus_row(name)) is not None),
        trainings=tuple(
            _training_row(key, record)
            for key, record in records.items()
            if params.arms[key[1]].trained
        ),
        bills={
            key: bill
            for key in _cells(params)
            if (bill := _bill(params, key, records.get(key), answering[key[0]])) is not None
        },
        teacher_bill=_teacher_bill(params),
        examples=examples(params, results, items),
        price_per_device_hour=params.costs.price_per_device_hour,
        currency=params.costs.currency,
        absent=_absences([*records.values(), *(one for one in answering.values() if one)]),
    )
    return results, run


def _item_rows(params: Params) -> "pd.DataFrame":
    """Rows of the cells that params.yaml asks for."""
    import pandas as pd

    path = items_path()
    if not path.is_file():
        raise InputError(f"{path}: no such file; run `dvc repro score`")
    items = pd.read_parquet(path)
    check_item_rows(items, str(path))
    wanted: dict[str, Collection[str | int]] = {
        "student": params.students,
        "arm": params.arms,
        "seed": params.seeds,
        "decoding": params.answering.decodings,
        "task": params.tasks,
    }
    for column, names in wanted.items():
        items = items[items[column].isin(list(names))]
    if items.empty:
        raise InputError(f"{path}: holds no row of a cell of params.yaml; run `dvc repro score`")
    return items.reset_index(drop=True)


def _cells(params: Params) -> Iterator[CellKey]:
    for student in params.students:
        for arm in params.arms:
            for seed in params.seeds:
                yield student, arm, seed


def _record(stage: str, *cell: str | int) -> Record | None:
    return read_record(stage, *cell) if record_path(stage, *cell).is_file() else None


def _parameters(student: str) -> float | None:
    record = _record("base", student)
    return None if record is None else record.metrics.get("parameters")


def _order(style: str, order: Any) -> Any:  # noqa: ANN401 - a literal of the schema
    """Only a mixed arm meets its two styles in an order."""
    return order if style == "mixed" else None


def _task_rows(params: Params) -> tuple[TaskRow, ...]:
    return tuple(
        _task_row(name, read_rows(task_path(name), Item))
        for name in params.tasks
        if task_path(name).is_file()
    )


def _task_row(name: str, items: list[Item]) -> TaskRow:
    chances = [item.chance for item in items]
    known = [chance for chance in chances if chance is not None]
    depths = [item.depth for item in items if item.depth is not None]
    return TaskRow(
        name,
        items[0].family if items else "",
        len(items),
        sum(known) / len(known) if known and len(known) == len(chances) else None,
        min(depths, default=None),
        max(depths, default=None),
    )


def _teacher_rows(params: Params) -> tuple[TeacherRow, ...]:
    """What the teacher wrote, by style, over the sources of params.yaml."""
    rows = []
    for style in ("ift", "reasoning"):
        found = [
            record
            for source in params.sources
            if (record := _record("distill", source, style)) is not None
        ]
        if not found:
            continue
        right = [record.metrics.get("accuracy") for record in found]
        counts = [int(record.metrics.get("completions") or 0) for record in found]
        known = [(n, a) for n, a in zip(counts, right, strict=True) if a is not None]
        total = sum(n for n, _ in known)
        whole = len(known) == len(found) and total > 0
        rows.append(
            TeacherRow(
                style,
                sum(counts),
                _tokens(found, "prompt"),
                _tokens(found, "thinking"),
                _tokens(found, "answer"),
                accuracy=sum(n * a for n, a in known) / total if whole else None,
                reason=None if whole else _why_no_accuracy(params),
            )
        )
    return tuple(rows)


def _tokens(records: list[Record], kind: str) -> int:
    return sum(record.tokens.get(kind) or 0 for record in records)


def _why_no_accuracy(params: Params) -> str:
    if params.teacher.kind == "solver":
        return "the solver writes the reference itself, so there is nothing to grade it by"
    return "the records of the teacher hold none"


def _teacher_accuracy(params: Params) -> dict[str, float]:
    """The ceiling of the fits, by family: a solver computes the reference."""
    if params.teacher.kind == "solver":
        return {task.family: 1.0 for task in params.tasks.values()}
    return {}


def _cell_costs(
    params: Params,
    key: CellKey,
    training: Record | None,
    answering: Mapping[str, Record | None],
) -> CellCosts:
    first = next(iter(params.answering.decodings))
    rows = [row for row in _answer_rows(answering[key[0]], key) if row["decoding"] == first]
    seconds = {
        str(row["task"]): row["device_seconds"] / row["answers"]
        for row in rows
        if row.get("device_seconds") is not None and row.get("answers")
    }
    if training is None:
        return CellCosts(answer_device_seconds=seconds)
    trained = params.arms[key[1]].trained
    return CellCosts(
        train_flops=training.flops.get("train"),
        train_tokens=training.tokens.get("trained") if trained else 0.0,
        train_device_seconds=sum(training.device_seconds.values()) if trained else 0.0,
        answer_device_seconds=seconds,
    )


def _answer_rows(record: Record | None, key: CellKey) -> list[dict[str, Any]]:
    """Lines of a student's answer record that belong to one arm and seed."""
    if record is None:
        return []
    rows = record.details.get("cells", [])
    return [row for row in rows if (row["arm"], row["seed"]) == key[1:]]


def _corpus_row(name: str) -> CorpusRow | None:
    record = _record("pairs", name)
    if record is None:
        return None
    return CorpusRow(
        name,
        int(record.metrics.get("kept") or 0),
        int(record.metrics.get("dropped") or 0),
        dict(record.details.get("dropped_by_reason", {})),
        dict(record.tokens),
    )


def _arm_row(params: Params, name: str) -> ArmRow:
    row = params.arms[name]
    return ArmRow(
        name,
        row.style,
        row.corpus,
        row.reasoning_share,
        _order(row.style, row.order),
        row.method or params.training.method,
        row.shots,
    )


def _training_row(key: CellKey, record: Record) -> TrainingRow:
    return TrainingRow(
        *key,
        steps=record.metrics.get("steps"),
        samples=record.metrics.get("samples"),
        tokens=record.tokens.get("trained"),
        final_loss=record.metrics.get("final_loss"),
        flops=record.flops.get("train"),
        device_seconds=sum(record.device_seconds.values()),
        device=record.device,
    )


def _bill(
    params: Params, key: CellKey, training: Record | None, answering: Record | None
) -> Bill | None:
    """What one cell took; None where neither of its stages has a record."""
    rows = _answer_rows(answering, key)
    if training is None and not rows:
        return None
    trained = params.arms[key[1]].trained
    return Bill(
        teacher=_teacher_cost(params, key[1], training) if trained else NO_COST,
        training=_training_cost(training) if trained else NO_COST,
        answering=_answering_cost(answering, rows),
        judging=NO_COST,  # rules grade every answer
        answers=sum(int(row["answers"]) for row in rows),
    )


def _teacher_cost(params: Params, arm: str, training: Record | None) -> Cost:
    """The completions of as many pairs as the arm used, at their mean length in the corpus."""
    row = params.arms[arm]
    corpus = _record("pairs", row.corpus or "")
    pairs = training.metrics.get("pairs") if training else None
    kept = corpus.metrics.get("kept") if corpus else None
    if corpus is None or not pairs or not kept:
        return absent_cost("the number of pairs that the arm used is not recorded")
    share, scale = row.reasoning_share or 0.0, pairs / kept
    tokens = corpus.tokens
    read, ift, reasoning = (tokens.get(kind) for kind in ("prompt", "ift", "reasoning"))
    if read is None or ift is None or reasoning is None:
        return absent_cost("the teacher's tokens are not recorded")
    new = scale * ((1 - share) * ift + share * reasoning)
    nothing = absent(f"teacher: {PER_CORPUS}")
    flops = absent(_teacher_flops_reason(params))
    return Cost(Amount(scale * read), Amount(new), flops, nothing, nothing, nothing)


def _teacher_bill(params: Params) -> Cost | None:
    """What the teacher took for all sources in both styles; None without its records."""
    found = [
        record
        for source in params.sources
        for style in ("ift", "reasoning")
        if (record := _record("distill", source, style)) is not None
    ]
    if not found:
        return None
    flops = [record.flops.get("teacher") for record in found]
    known = [value for value in flops if value is not None]
    return Cost(
        Amount(float(_tokens(found, "prompt"))),
        Amount(float(_tokens(found, "thinking") + _tokens(found, "answer"))),
        _amount(sum(known) if len(known) == len(flops) else None, _teacher_flops_reason(params)),
        Amount(sum(sum(record.device_seconds.values()) for record in found)),
        Amount(sum(record.gpu_hours for record in found)),
        absent(f"teacher: {NO_ENERGY}"),
    )


def _teacher_flops_reason(params: Params) -> str:
    for source in params.sources:
        record = _record("distill", source, "reasoning")
        if record is not None and "flops.teacher" in record.absent:
            return f"teacher: {record.absent['flops.teacher']}"
    return "teacher: FLOPs are not recorded by cell"


def _training_cost(record: Record | None) -> Cost:
    if record is None:
        return absent_cost("the training has no record")
    return Cost(
        _amount(record.tokens.get("trained"), "training tokens are not recorded"),
        Amount(0.0),
        _amount(record.flops.get("train"), "training FLOPs are not recorded"),
        Amount(sum(record.device_seconds.values())),
        Amount(record.gpu_hours),
        _amount(record.metrics.get("energy_joules"), record.absent.get("energy_joules", NO_ENERGY)),
    )


def _answering_cost(record: Record | None, rows: list[dict[str, Any]]) -> Cost:
    if record is None or not rows:
        return absent_cost("the answers have no record")
    seconds = [row.get("device_seconds") for row in rows]
    known = [float(value) for value in seconds if value is not None]
    held = sum(known) if len(known) == len(seconds) else None
    gpu = "cpu" not in record.device_seconds
    why = "device-seconds of answering are not recorded by cell"
    return Cost(
        Amount(float(sum(row["prompt_tokens"] for row in rows))),
        Amount(float(sum(row["thinking_tokens"] + row["answer_tokens"] for row in rows))),
        Amount(float(sum(row["inference_flops"] for row in rows))),
        _amount(held, why),
        _amount(None if held is None else held / 3600 * gpu, why),
        absent("energy of answering is metered for a student as a whole"),
    )


def _amount(value: float | None, reason: str) -> Amount:
    return absent(reason) if value is None else Amount(float(value))


def _facts(
    params: Params,
    results: Results,
    records: Mapping[CellKey, Record],
    answering: Mapping[str, Record | None],
) -> tuple[tuple[str, str], ...]:
    """What was run, as lines of a list."""
    trained = [record for key, record in records.items() if params.arms[key[1]].trained]
    worked = [*trained, *(record for record in answering.values() if record is not None)]
    devices = dict.fromkeys(record.device for record in worked)
    found = next(iter(worked), None)
    versions = "" if found is None else ", ".join(f"{k} {v}" for k, v in found.versions.items())
    decodings = ", ".join(
        f"{name} (temperature {row.temperature:g}, {row.samples} a question)"
        for name, row in params.answering.decodings.items()
    )
    facts = (
        ("study", params.study),
        (
            "cells",
            f"{len(params.students)} students × {len(params.arms)} arms × "
            f"{len(params.seeds)} seed{'s' if len(params.seeds) > 1 else ''}",
        ),
        ("questions", f"{len(params.tasks)} tasks, {_questions(results):,} questions a cell"),
        ("teacher", params.teacher.kind),
        ("training", f"{params.training.method}, learning rate {params.training.learning_rate:g}"),
        ("answering", f"at most {params.answering.max_new_tokens:,} new tokens; {decodings}"),
        ("device", ", ".join(device for device in devices if device)),
        ("versions", versions),
    )
    return tuple((name, value) for name, value in facts if value)


def _questions(results: Results) -> int:
    by_family: dict[str, int] = {}
    for cell in results.cells:
        by_family[cell.family] = max(by_family.get(cell.family, 0), cell.items or 0)
    return sum(by_family.values())


def _absences(records: list[Record]) -> tuple[str, ...]:
    """Why a number is missing, each reason once."""
    return tuple(
        dict.fromkeys(
            f"{name.replace('_', ' ')}: absent in the records of {record.stage}, {reason}"
            for record in records
            for name, reason in record.absent.items()
        )
    )
