"""What the `report` stage reads: parameters, records and scores, as results and a summary.

Cells come from the parameters, never from listing a folder, so what was removed is not shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.known_numbers import known_mean
from breakeven.core.layout import items_path, task_path
from breakeven.core.records import Record, require_as_recorded
from breakeven.models.base_shapes import base_shape
from breakeven.params import Arm, GymTask, Params, ProceduralTask, Task
from breakeven.params.cells import Cell, cells, first_decoding, resolve_cell
from breakeven.params.names import Family
from breakeven.params.taught import untaught_families
from breakeven.results.cell_results import INSTRUCTION_BENCHMARK, Results
from breakeven.results.from_items import ArmFacts, StudyFacts, read_item_rows, results_from_items
from breakeven.results.served import with_served
from breakeven.rows.item import Item
from breakeven.serving.study_hardware import offered_places, priced_by_token, served_places
from breakeven.study.blind_guess import blind_guess
from breakeven.study.collect_budgets import arm_matches, budget_series, budget_trials, share_series
from breakeven.study.collect_costs import (
    cell_bill,
    cell_costs,
    record_of,
    teacher_cost,
    utilisation_of,
    with_meters_of_decodings,
)
from breakeven.study.collect_data import (
    corpus_rows,
    judging,
    same_prompts,
    teacher_accuracies,
    teacher_rows,
)
from breakeven.study.collect_examples import examples
from breakeven.study.collect_facts import learning_rate, what_was_run
from breakeven.study.collect_tuning import cost_of_trials, tuning_trials
from breakeven.study.sampler_pair import sampler_pair
from breakeven.study.services import paid_services
from breakeven.study.summary import (
    ArmRow,
    BootstrapSettings,
    StudentRow,
    StudySummary,
    TaskRow,
    TrainingRow,
)
from breakeven.study.thinking_budgets import cutting_decodings, thinking_budgets

if TYPE_CHECKING:
    import pandas as pd


def collect(params: Params) -> tuple[Results, StudySummary]:
    """Everything about the study in the working directory.

    Raises:
        InputError: the scores are missing, hold no row of these parameters, or lack a column.
    """
    items = item_rows(params)
    pinned = {
        name: read_rows(task_path(name), Item) for name in params.tasks if task_path(name).is_file()
    }
    tasks = tuple(
        _task_row(name, rows, counted=_counts_steps(params.tasks[name]))
        for name, rows in pinned.items()
    )
    # Cells that params.yaml names: records of arms that were taken out stay in the folder.
    records = {
        key: record for key in cells(params) if (record := record_of("train", *key)) is not None
    }
    answering = {name: record_of("answer", name) for name in params.students}
    facts = _study_facts(params, tasks, records, answering)
    # Costs of a cell know one decoding; the others have meters of their own in the same records.
    results = with_meters_of_decodings(results_from_items(items, facts), params, answering)
    shapes = {name: base_shape(name) for name in params.students}
    places = tuple(served_places(params.costs))
    results = with_served(results, shapes, places, priced_by_token(params.costs))
    results = replace(
        results,
        prompts={(name, row.id): row.prompt for name, rows in pinned.items() for row in rows},
    )
    trials, untold = budget_trials(params, records)
    summary = StudySummary(
        settings=BootstrapSettings(params.report.bootstrap_draws, params.report.seed),
        decoding=first_decoding(params),
        samplers=sampler_pair(params.answering.decodings),
        thinking_budgets=thinking_budgets(params.answering.decodings),
        facts=what_was_run(params, results, records, answering),
        students=tuple(
            StudentRow(name, _parameters(name), row.base.kind)
            for name, row in params.students.items()
        ),
        arms=tuple(_arm_row(params, name) for name in params.arms),
        tasks=tasks,
        teacher=teacher_rows(params),
        teacher_accuracy=teacher_accuracies(params),
        corpora=corpus_rows(params),
        judging=judging(),
        examples=examples(params, results, items),
        budget_series=budget_series(params),
        budget_trials=trials,
        budget_matches=arm_matches(params, records),
        share_series=share_series(params),
        price_per_device_hour=params.costs.price_per_device_hour,
        currency=params.costs.currency,
        shapes=shapes,
        served_on=places,
        offered=tuple(offered_places(params.costs)),
        services=paid_services(params),
        absent=(
            *_absences([*records.values(), *(one for one in answering.values() if one)]),
            *untold,
        ),
    )
    return results, _with_costs(summary, params, records, answering)


def _with_costs(
    summary: StudySummary,
    params: Params,
    records: Mapping[Cell, Record],
    answering: Mapping[str, Record | None],
) -> StudySummary:
    """The summary with what cells, the teacher and the search for rates took."""
    tuning = tuning_trials(params)
    return replace(
        summary,
        trainings=tuple(
            _training_row(key, record)
            for key, record in records.items()
            if params.arms[key[1]].trained
        ),
        bills={
            key: found
            for key in cells(params)
            if (found := cell_bill(params, key, records.get(key), answering[key[0]], tuning))
            is not None
        },
        utilisation={
            key: utilisation_of(params, key, records.get(key), answering[key[0]])
            for key in cells(params)
        },
        teacher_cost=teacher_cost(params),
        tuning_cost=None if not tuning else cost_of_trials(tuning),
    )


def _study_facts(
    params: Params,
    tasks: tuple[TaskRow, ...],
    records: Mapping[Cell, Record],
    answering: Mapping[str, Record | None],
) -> StudyFacts:
    compared_as = same_prompts(params)
    untaught = untaught_families(params, {task.name: task.family for task in tasks})
    return StudyFacts(
        study=params.study,
        sizes={name: _parameters(name) for name in params.students},
        arms={
            name: ArmFacts(
                row.result_style,
                _learnt(row, compared_as),
                row.reasoning_share,
                _order(row.style, row.order),
                traces=None if row.traces == "as-written" else row.traces,
                answered_style=row.answered_style,
                budget=_budget_words(row),
                budget_of=row.budget.match if row.budget else None,
                untaught=untaught[name],
            )
            for name, row in params.arms.items()
        },
        costs={key: cell_costs(params, key, records.get(key), answering) for key in cells(params)},
        chance={row.name: row.chance for row in tasks},
        blind_guess={row.name: row.blind_guess for row in tasks},
        methods={(key.student, key.arm): resolve_cell(params, key).method for key in cells(params)},
        teacher_accuracy=_teacher_accuracy(params),
        instruction_tasks=tuple(row.name for row in tasks if row.grader == INSTRUCTION_BENCHMARK),
        cutting_decodings=cutting_decodings(params.answering.decodings),
    )


def _budget_words(arm: Arm) -> str | None:
    """The amount of an arm's budget; None where it has none, or another arm's use."""
    if arm.budget is None or arm.budget.match is not None:
        return None
    unit, amount = arm.budget.amount
    return f"{amount:g} {unit}"


def _learnt(arm: Arm, compared_as: Mapping[str, str]) -> str | None:
    """All that an arm learns: two corpora one after the other are a training of their own."""
    return " then ".join(compared_as[name] for name in arm.corpora) or None


def item_rows(params: Params) -> "pd.DataFrame":
    """Rows of the cells that params.yaml asks for."""
    path = items_path()
    if not path.is_file():
        raise InputError(f"{path}: no such file; run `dvc repro score`")
    require_as_recorded([path])
    items = read_item_rows(path)
    # The file may hold rows of students and arms that params.yaml had when they were scored.
    wanted: dict[str, Collection[str | int]] = {
        "student": params.students,
        "arm": params.arms,
        "seed": params.seeds,
        "decoding": params.answering.decodings,
        "task": params.tasks,
    }
    for column, names in wanted.items():
        items = items[items[column].isin(list(names))]
    # An arm may have been for more students than it is now.
    some = [
        (items["arm"] == arm) & ~items["student"].isin(row.students)
        for arm, row in params.arms.items()
        if row.students is not None
    ]
    for other in some:
        items = items[~other]
    if items.empty:
        raise InputError(f"{path}: holds no row of a cell of params.yaml; run `dvc repro score`")
    return items.reset_index(drop=True)


def _parameters(student: str) -> float | None:
    record = record_of("base", student)
    return None if record is None else record.metrics.get("parameters")


def _order(style: str, order: Any) -> Any:  # noqa: ANN401 - a literal of the schema
    """Only a mixed arm meets its two styles in an order."""
    return order if style == "mixed" else None


def _counts_steps(task: Task) -> bool:
    """Whether a task's worked solutions tell how many steps follow one another."""
    if isinstance(task, GymTask):
        from breakeven.gym.worked import SOLVED

        return task.dataset in SOLVED
    return isinstance(task, ProceduralTask)


def _task_row(name: str, items: list[Item], *, counted: bool) -> TaskRow:
    """One task; where steps are `counted`, a task without depths takes none in a row."""
    depths = [item.depth for item in items if item.depth is not None]
    return TaskRow(
        name,
        items[0].family if items else "",
        len(items),
        known_mean(item.chance for item in items),
        min(depths, default=None),
        max(depths, default=None),
        True if depths else False if counted else None,
        blind_guess(items),
        items[0].grader if items else None,
    )


def _teacher_accuracy(params: Params) -> dict[str, float]:
    """The ceiling of the fits, by family: a solver computes the reference."""
    # A solver is right by construction; a model's accuracy by family is not measured on test items.
    if params.teacher.kind == "solver":
        return dict.fromkeys(get_args(Family), 1.0)
    return {}


def _arm_row(params: Params, name: str) -> ArmRow:
    row = params.arms[name]
    return ArmRow(
        name,
        row.result_style,
        " then ".join(row.corpora) or None,
        row.reasoning_share,
        _order(row.style, row.order),
        ", ".join(
            dict.fromkeys(
                resolve_cell(params, one).method for one in cells(params) if one.arm == name
            )
        ),
        row.shots,
        None if row.traces == "as-written" else row.traces,
        row.answer_mode,
    )


def _training_row(key: Cell, record: Record) -> TrainingRow:
    return TrainingRow(
        *key,
        steps=record.metrics.get("steps"),
        samples=record.metrics.get("samples"),
        tokens=record.tokens.get("trained"),
        final_loss=record.metrics.get("final_loss"),
        flops=record.flops.get("train"),
        device_seconds=sum(record.device_seconds.values()),
        device=record.device,
        utilisation=record.metrics.get("utilisation"),
        learning_rate=learning_rate(record),
        traces_changed_share=record.metrics.get("traces_changed_share"),
        weights=" ".join(record.outputs.values()) if record.flops.get("train") else None,
    )


def _absences(records: list[Record]) -> tuple[str, ...]:
    """Why a number is missing, each reason once."""
    return tuple(
        dict.fromkeys(
            f"{name.replace('_', ' ')}: absent in the records of {record.stage}, {reason}"
            for record in records
            for name, reason in record.absent.items()
        )
    )
