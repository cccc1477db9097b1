"""`breakeven import`: anyone's results as `Results`, from a table or from evaluation logs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import refuse_pipe
from breakeven.importing.every_eval_logs import (
    SAMPLES,
    TaskScore,
    every_eval_answers,
    every_eval_records,
    every_eval_scores,
    is_every_eval,
)
from breakeven.importing.inspect_logs import inspect_answers
from breakeven.importing.lm_eval_files import is_lm_eval
from breakeven.importing.lm_eval_logs import lm_eval_answers
from breakeven.importing.partly_known import parted_alike, partly_known
from breakeven.importing.passages import with_passage_note
from breakeven.importing.runs_file import LogAnswers, LoggedRun, RunsFile, TaskChoice, read_runs
from breakeven.importing.shared_questions import shared_questions
from breakeven.importing.spellings import unseen_character
from breakeven.importing.table_file import TRAINING, UNPAIRED, import_table
from breakeven.importing.task_joins import PASSAGES, join_tasks, shared_passages
from breakeven.params.cells import Cell
from breakeven.results.aggregate import CELL_KEYS, generated_tokens
from breakeven.results.cell_results import (
    FAMILIES,
    INSTRUCTION_BENCHMARK,
    CellResult,
    Results,
)
from breakeven.results.derived_costs import with_derived_flops
from breakeven.results.from_items import (
    ArmFacts,
    CellCosts,
    StudyFacts,
    cell_result,
    results_from_items,
)
from breakeven.results.published_tables import published_benchmarks

if TYPE_CHECKING:
    import pandas as pd


def import_results(path: Path, families: Sequence[str] = ()) -> Results:
    """Read a .csv or .parquet table, or a .yaml file that names evaluation logs.

    `families` are allowed beside the four of the study. Where tokens and sizes are given without
    FLOPs, these are derived and a note says so. Raises InputError on whatever is not understood.
    """
    kind = path.suffix.lower()
    if kind in (".csv", ".parquet"):
        return _completed(import_table(path, families))
    if kind in (".yaml", ".yml"):
        return _completed(_from_logs(path, read_runs(path), families))
    raise InputError(
        f"{path}: is no .csv, .parquet or .yaml file; logs of an evaluation harness are named in "
        "a .yaml file (docs/import.md)"
    )


def _completed(found: Results) -> Results:
    """What follows from what was read: notes, FLOPs, and which tasks ask to follow instructions."""
    names = (
        (task.task for cell in found.cells for task in cell.tasks)
        if found.items is None
        else map(str, found.items["task"].unique())
    )
    # Harnesses put their words around the name: leaderboard_ifeval.
    asked = sorted({name for name in names if INSTRUCTION_BENCHMARK in name.lower()})
    gaps = () if found.items is None else partly_known(found.items)
    found = replace(found, instruction_tasks=tuple(asked), notes=(*found.notes, *gaps))
    return with_derived_flops(with_passage_note(found))


def _from_logs(path: Path, file: RunsFile, families: Sequence[str]) -> Results:
    import pandas as pd

    _check_runs(path, file.runs)
    places = [_place(path, index, run) for index, run in enumerate(file.runs)]
    if all(_has_scores_only(place) for place in places):
        return _from_scores(path, file, places, families)
    parts = [
        _run_answers(place, run, file.tasks) for place, run in zip(places, file.runs, strict=True)
    ]
    items = pd.concat([frame for frame, _ in parts], ignore_index=True)
    _check_same_questions(path, items)
    names = sorted(items["task"].unique())
    of_task = {task: _family(path, task, file.tasks, families) for task in names}
    items["family"] = items["task"].map(of_task)
    items = items.drop(columns=["check", "harness"]).dropna(axis="columns", how="all")
    # Before cells are made: over 100 questions and over 250, accuracies differ by the questions
    # too.
    items, unequal = shared_questions(items, str(path))
    items, silent = _without_silent_cells(items)
    said = (note for _, notes in parts for note in notes)
    notes = tuple(dict.fromkeys([*said, *unequal, *silent]))
    facts = _facts(file, path.stem, {task: _chance(task, file.tasks) for task in names}, notes)
    return results_from_items(parted_alike(items), facts, source="imported", file=str(path))


def _without_silent_cells(items: "pd.DataFrame") -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """Answers without the tokens of cells that generated none: a cost of zero has no logarithm."""
    if "answer_tokens" not in items.columns:
        return items, ()
    cells = [items[key] for key in (*CELL_KEYS, "family")]
    silent = generated_tokens(items).groupby(cells).transform("max") == 0
    if not silent.any():
        return items, ()
    columns = [name for name in items.columns if name.endswith("_tokens")]
    notes = tuple(
        f"{student}, arm {arm}: tokens absent, its logs count none that were generated"
        for student, arm in items.loc[silent, ["student", "arm"]].drop_duplicates().to_numpy()
    )
    return items.assign(**{name: items[name].where(~silent) for name in columns}), notes


def _facts(
    file: RunsFile, study: str, chance: Mapping[str, float | None], notes: tuple[str, ...]
) -> StudyFacts:
    return StudyFacts(
        study=file.study or study,
        sizes={run.student: run.parameters for run in file.runs},
        arms={run.arm_name: _arm(run) for run in file.runs},
        costs={cell: _costs(known) for cell, known in _trainings(file.runs).items()},
        chance=chance,
        notes=notes,
    )


def _cell(run: LoggedRun) -> Cell:
    return Cell(run.student, run.arm_name, run.seed)


def _trainings(runs: Sequence[LoggedRun]) -> dict[Cell, dict[str, float]]:
    """What each cell's training took: several runs of a cell (decodings) share one training."""
    found: dict[Cell, dict[str, float]] = {}
    for run in runs:
        given = {name: getattr(run, name) for name in TRAINING}
        known = {name: value for name, value in given.items() if value is not None}
        found.setdefault(_cell(run), {}).update(known)
    return found


def _costs(training: Mapping[str, float]) -> CellCosts:
    return CellCosts(
        train_flops=training.get("train_flops"),
        train_tokens=training.get("train_tokens"),
        train_device_seconds=training.get("train_device_seconds"),
        train_energy_joules=training.get("train_energy_joules"),
    )


def _arm(run: LoggedRun) -> ArmFacts:
    return ArmFacts(run.style, None if run.style == "base" else run.corpus, run.share, run.order)


def _check_runs(path: Path, runs: Sequence[LoggedRun]) -> None:
    """Raise InputError where two runs disagree on a student, an arm or a cell's training."""
    sizes: dict[str, float] = {}
    arms: dict[str, ArmFacts] = {}
    trainings: dict[tuple[Cell, str], float] = {}
    for index, run in enumerate(runs):
        if sizes.setdefault(run.student, run.parameters) != run.parameters:
            raise InputError(
                f"{path}: runs.{index}.size_b: value is {run.parameters / 1e9:g}, but "
                f"{sizes[run.student] / 1e9:g} in an earlier run of {run.student}; use one size"
            )
        if arms.setdefault(run.arm_name, _arm(run)) != _arm(run):
            raise InputError(
                f"{path}: runs.{index}.arm: {run.arm_name!r} has another style, corpus, share or "
                "order in an earlier run; give one of them another arm name"
            )
        for name in TRAINING:
            value = getattr(run, name)
            known = value if value is None else trainings.setdefault((_cell(run), name), value)
            if value != known:
                raise InputError(
                    f"{path}: runs.{index}.{name}: value is {value:g}, but {known:g} in an earlier "
                    "run of the same student, arm and seed, which share one training; use one value"
                )


def _from_scores(
    path: Path, file: RunsFile, places: Sequence[Path], families: Sequence[str]
) -> Results:
    """Cells from records that hold accuracies by task and no answers."""
    scores = [every_eval_scores(every_eval_records(place), file.tasks) for place in places]
    of_task = {
        score.task: _family(path, score.task, file.tasks, families)
        for found in scores
        for score in found
    }
    passages = shared_passages(of_task)
    notes = (UNPAIRED, *([PASSAGES.format(", ".join(passages))] if passages else []))
    chances = {task: _chance(task, file.tasks) for task in of_task}
    facts = _facts(file, path.stem, chances, notes)
    rows = [
        (_scored_cell(facts, run, score, of_task[score.task]), score.task, None)
        for run, found in zip(file.runs, scores, strict=True)
        for score in found
    ]
    _check_same_tasks(path, rows)
    return Results(facts.study, "imported", join_tasks(rows), notes=notes)


def _scored_cell(facts: StudyFacts, run: LoggedRun, score: TaskScore, family: str) -> CellResult:
    return cell_result(
        facts,
        _cell(run),
        run.decoding,
        family,
        tasks=(score.task,),
        accuracy=score.accuracy,
        items=score.items,
    )


def _check_same_tasks(path: Path, rows: Sequence[tuple[CellResult, str, None]]) -> None:
    """Raise InputError where a run lacks a task of a family that another run has."""
    found: dict[str, dict[tuple[object, ...], set[str]]] = {}
    for cell, task, _ in rows:
        run = (cell.student, cell.arm, cell.seed, cell.decoding)
        found.setdefault(cell.family, {}).setdefault(run, set()).add(task)
    for family, runs in found.items():
        whole = set[str]().union(*runs.values())
        for (student, arm, *_), tasks in runs.items():
            if tasks != whole:
                raise InputError(
                    f"{path}: family {family}: {student}, arm {arm}: has no {min(whole - tasks)}, "
                    "other runs have; give all runs the same tasks"
                )


def _place(path: Path, index: int, run: LoggedRun) -> Path:
    place, key = path.parent / run.path, f"{path}: runs.{index}.path"
    refuse_pipe(place)
    if not place.exists():
        raise InputError(f"{key}: {place} does not exist")
    # Of a whole machine the search for logs takes hours, and falls over what it holds in /proc.
    if place.resolve() == Path(place.resolve().anchor):
        raise InputError(f"{key}: value is {run.path!r}; use the folder of one evaluation's logs")
    return place


def _has_scores_only(place: Path) -> bool:
    return is_every_eval(place) and every_eval_records(place)[0].samples is None


def _run_answers(
    place: Path, run: LoggedRun, tasks: Mapping[str, TaskChoice]
) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """The answers of one run, and notes on what its logs do not hold."""
    import pandas as pd

    answers = _log_answers(place, tasks)
    for row in answers.rows:
        for name, value in row.items():
            unseen = unseen_character(value) if isinstance(value, str) else None
            if unseen is not None:
                raise InputError(
                    f"{place}: task {row['task']!a}, question {row['item']!a}: {name}: remove "
                    f"{unseen}, which cannot be seen"
                )
    frame = pd.DataFrame(answers.rows).assign(
        student=run.student, arm=run.arm_name, seed=run.seed, decoding=run.decoding
    )
    return frame, answers.notes


def _log_answers(place: Path, tasks: Mapping[str, TaskChoice]) -> LogAnswers:
    if is_every_eval(place):
        records = every_eval_records(place)
        if records[0].samples is None:
            raise InputError(
                f"{records[0].file}: has no {SAMPLES} file, other runs have answers by question; "
                "import runs of one kind"
            )
        return every_eval_answers(records, tasks)
    if is_lm_eval(place):
        return lm_eval_answers(place, tasks)
    return inspect_answers(place, tasks)


def _check_same_questions(path: Path, items: "pd.DataFrame") -> None:
    """Raise InputError where one item id stands for different questions in different runs."""
    for task, count in items.groupby("task")["harness"].nunique().items():
        # lm-evaluation-harness counts questions from 0 and Inspect from 1: equal numbers would pair
        # different ones.
        if count > 1:
            both = " and ".join(sorted(items[items["task"] == task]["harness"].unique()))
            raise InputError(
                f"{path}: task {task}: {both} number questions each in their own way, so that runs "
                "cannot be paired; evaluate all runs with one of them"
            )
    known = items.dropna(subset=["check"])
    texts = known.groupby(["task", "item"])["check"].nunique()
    clash = texts[texts > 1]
    if not clash.empty:
        task, item = clash.index.to_list()[0]
        raise InputError(
            f"{path}: task {task}, question {item}: the runs were asked different questions; "
            "evaluate all of them on one version of the task"
        )


def _family(path: Path, task: str, tasks: Mapping[str, TaskChoice], families: Sequence[str]) -> str:
    """The family that the file gives a task, or the study's for its own tasks."""
    allowed = (*FAMILIES, *families)
    known = {benchmark.task: benchmark.family for benchmark in published_benchmarks()}
    family = tasks[task].family if task in tasks else None
    family = family or known.get(task)
    if family is None:
        raise InputError(f"{path}: tasks.{task}.family: missing; use one of {', '.join(allowed)}")
    if family not in allowed:
        raise InputError(
            f"{path}: tasks.{task}.family: value is {family!r}; {did_you_mean(family, allowed)}"
        )
    return family


def _chance(task: str, tasks: Mapping[str, TaskChoice]) -> float | None:
    given = tasks[task].chance if task in tasks else None
    known = {benchmark.task: benchmark.chance for benchmark in published_benchmarks()}
    return known.get(task) if given is None else given
