"""The runs that params.yaml and the records ask for: cells, teacher data, bases, the report.

Cells come from the parameters, never from listing a folder, so what was removed is not shown. A
cell without a record yet has no run.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.files import digest_file, folder_files
from breakeven.core.layout import REPORT, REPORT_SAMPLES, record_path
from breakeven.core.records import Record, read_record
from breakeven.params import COMPLETION_STYLES, Arm, Params
from breakeven.params.cells import Cell, cells, first_decoding
from breakeven.track.answer_bill import answering_metrics
from breakeven.track.query_metrics import query_metrics
from breakeven.track.report_metrics import arm_metrics, claim_metrics
from breakeven.track.run_extras import ANSWERS
from breakeven.track.score_metrics import log10_metric, score_metrics
from breakeven.track.shown_answers import ShownAnswers
from breakeven.tracking.run_contents import (
    Point,
    RunContents,
    RunDataset,
    RunModel,
    flattened,
    measured,
)
from breakeven.tracking.run_names import COLOUR, cell_colour, cell_keys, cell_name, cell_title
from breakeven.words import percent

if TYPE_CHECKING:
    import pandas as pd


def wanted_runs(
    params: Params, rows: "pd.DataFrame | None", answers: ShownAnswers
) -> list[RunContents]:
    """Every run to show, the report last, so that it is the newest and comes first in the list.

    `rows` are those of the scores, None before there are any.
    """
    scores = score_metrics(rows, first_decoding(params))
    queries = query_metrics(rows, params)
    scores = {cell: {**metrics, **queries.get(cell, {})} for cell, metrics in scores.items()}
    return [
        *_corpus_runs(params),
        *_base_runs(params),
        *_cell_runs(params, scores, answers),
        *_report_runs(params),
    ]


def _cell_runs(
    params: Params, scores: Mapping[Cell, dict[str, float]], answers: ShownAnswers
) -> Iterator[RunContents]:
    of_arms = arm_metrics()
    for student in params.students:
        base, answering = _record("base", student), _record("answer", student)
        for cell in cells(params, student=student):
            training = _record("train", *cell)
            if training is not None:
                scored = scores.get(cell, {})
                if scored:
                    scored |= of_arms.get((cell.student, cell.arm), {})
                shown = answers.digest(cell)
                yield _cell_run(
                    params, base, training, answering, scored=scored, shown_answers=shown
                )


def _cell_run(
    params: Params,
    base: Record | None,
    training: Record,
    answering: Record | None,
    *,
    scored: Mapping[str, float],
    shown_answers: str | None,
) -> RunContents:
    student, arm = str(training.cell["student"]), str(training.cell["arm"])
    seed = int(training.cell["seed"])
    keys = cell_keys(params, student, arm, seed)
    metrics = {**scored, **_training_metrics(training)}
    if base and base.metrics.get("parameters") is not None:
        # A key to group by, and a metric to plot against.
        keys["size_parameters"] = f"{base.metrics['parameters']:.0f}"
        metrics["cost/size_parameters"] = float(keys["size_parameters"])
    datasets = _datasets(training.inputs, "training")
    # The record of answering speaks of all cells of a student, also of those not yet scored.
    if answering and scored:
        metrics |= answering_metrics(answering, arm, seed)
        datasets += _datasets(answering.inputs, "evaluation")
    return RunContents(
        cell=cell_name(student, arm, seed),
        name=cell_title(params, student, arm, seed),
        note=_cell_note(student, arm, params.arms[arm], scored),
        keys=keys,
        params=_parameters(training, answering) | {"decoding": first_decoding(params)},
        tags={COLOUR: cell_colour(params, arm), **_absences(training), **_versions(training)},
        metrics=metrics,
        series=_series(training),
        datasets=datasets,
        # The weights of an untrained cell are those of its base.
        model=_model(training, keys) if params.arms[arm].trained else None,
        files={} if shown_answers is None else {ANSWERS: shown_answers},
    )


def _corpus_runs(params: Params) -> Iterator[RunContents]:
    """One run a corpus: what the teacher wrote in both styles, and which pairs were kept."""
    # One a source and style would put twelve rows between the cells of the default study.
    for name, corpus in params.corpora.items():
        pairs = _record("pairs", name)
        if pairs is None:
            continue
        written = [
            record
            for source in corpus.sources
            for style in COMPLETION_STYLES
            if (record := _record("distill", source, style)) is not None
        ]
        keys = {
            "study": params.study,
            "kind": "teacher-data",
            "corpus": name,
            "teacher": params.teacher.kind,
        }
        yield RunContents(
            cell=f"corpus:{name}",
            name=f"teacher data {name}",
            note=f"Corpus `{name}`: pairs of one prompt answered in both styles by the teacher.",
            keys=keys,
            params=flattened("pairs", pairs.parameters) | {"sources": ", ".join(corpus.sources)},
            tags=_absences(pairs, *written) | _versions(pairs),
            metrics=_corpus_metrics(pairs, written),
            datasets=(
                *(one for record in written for one in _datasets(record.outputs, "distilled")),
                *_datasets(pairs.outputs, "pairs"),
            ),
        )


def _corpus_metrics(pairs: Record, written: list[Record]) -> dict[str, float]:
    metrics = measured(pairs.metrics, "pairs/{}") | measured(pairs.tokens, "pairs/{}_tokens")
    for reason, count in pairs.details.get("dropped_by_reason", {}).items():
        metrics[f"pairs_dropped/{_metric_word(reason)}"] = float(count)
    for record in written:
        style = record.cell["style"]
        for kind, count in measured(record.tokens, "teacher/{}_tokens").items():
            key = f"{kind}_{style}"
            metrics[key] = metrics.get(key, 0.0) + count
        key = f"teacher/device_seconds_{style}"
        metrics[key] = metrics.get(key, 0.0) + sum(record.device_seconds.values())
    return metrics


def _base_runs(params: Params) -> Iterator[RunContents]:
    for student in params.students:
        record = _record("base", student)
        if record is None:
            continue
        keys = {"study": params.study, "kind": "base", "student": student}
        yield RunContents(
            cell=f"base:{student}",
            name=f"base {student}",
            note=f"The base model of student `{student}`, before any arm.",
            keys=keys,
            params=flattened("base", record.parameters),
            tags=_absences(record) | _versions(record),
            metrics=measured(record.metrics, "base/{}")
            | measured(record.tokens, "base/{}_tokens")
            | measured(record.flops, "base/{}_flops"),
            series=_series(record, "base"),
        )


def _report_runs(params: Params) -> Iterator[RunContents]:
    """One run with the page, figures and tables as artifacts; none before there is a report."""
    if not (REPORT / "index.html").is_file():
        return
    record = _record("report")
    # A page in MLflow's UI can load no piece, and each cell has a table of its answers.
    files = [file for file in folder_files(REPORT) if not file.is_relative_to(REPORT_SAMPLES)]
    yield RunContents(
        cell="report",
        name="report",
        note=(
            "The report of the study: open Artifacts, then `index.html`. Answers one by one are "
            "in `answers.json` of each cell; the page beside them is in the project's `report/`."
        ),
        keys={"study": params.study, "kind": "report"},
        params=flattened("report", record.parameters) if record else {},
        tags=_absences(record) | _versions(record) if record else {},
        metrics=(measured(record.metrics, "report/{}") if record else {}) | claim_metrics(),
        folder=REPORT,
        files={file.relative_to(REPORT).as_posix(): digest_file(file) for file in files},
    )


def _record(stage: str, *cell: str | int) -> Record | None:
    return read_record(stage, *cell) if record_path(stage, *cell).is_file() else None


def _training_metrics(record: Record) -> dict[str, float]:
    """Scalars of a training; one that a curve of the same name shows already is left out."""
    # MLflow keeps one series a name, and would show the total as its last point.
    scalars = {name: value for name, value in record.metrics.items() if name not in record.series}
    metrics = {
        **log10_metric("cost/log10_train_flops", record.flops.get("train")),
        **measured(scalars, "train/{}"),
        **measured(record.tokens, "train_tokens/{}"),
        **measured(record.flops, "cost/{}_flops"),
    }
    if record.device_seconds:
        seconds = sum(record.device_seconds.values())
        metrics["cost/train_device_seconds"] = seconds
        metrics["cost/train_device_hours"] = seconds / 3600
        metrics["cost/train_gpu_hours"] = record.gpu_hours
    return metrics


def _series(record: Record, group: str = "train") -> dict[str, tuple[Point, ...]]:
    return {
        # What was sampled of the system has a group of its own already.
        name if "/" in name else f"{group}/{name}": tuple(map(_point, points))
        for name, points in record.series.items()
    }


def _point(row: Sequence[float]) -> Point:
    step, value, *time_ms = row
    return (int(step), float(value), int(time_ms[0])) if time_ms else (int(step), float(value))


def _parameters(training: Record, answering: Record | None) -> dict[str, str]:
    answer = flattened("answer", answering.parameters) if answering else {}
    return flattened("train", training.parameters) | answer


def _versions(record: Record) -> dict[str, str]:
    return {f"version.{name}": version for name, version in record.versions.items()}


def _absences(*records: Record) -> dict[str, str]:
    """Why a number is missing, as one tag."""
    reasons = dict.fromkeys(
        f"{name}: {reason}" for record in records for name, reason in record.absent.items()
    )
    return {"absent": "; ".join(reasons)} if reasons else {}


def _datasets(files: Mapping[str, str], context: str) -> tuple[RunDataset, ...]:
    """The data files among a record's inputs or outputs."""
    return tuple(
        RunDataset(_dataset_name(Path(path)), path, digest, context)
        for path, digest in files.items()
        # Tables of what was dropped are no data to train or test on.
        if path.startswith("data/") and not path.endswith(".csv")
    )


def _dataset_name(path: Path) -> str:
    """`chain-open` for a task, `chain/ift` for what a teacher wrote of a source."""
    inside = path.with_suffix("").parts[2:]
    return "/".join(inside) if inside else path.stem


def _model(training: Record, keys: Mapping[str, str]) -> RunModel | None:
    for path, digest in training.outputs.items():
        if path.startswith("models/"):
            name = "-".join(keys[key] for key in ("student", "arm", "seed"))
            return RunModel(name, keys["method"], path, digest)
    return None


def _cell_note(student: str, arm: str, row: Arm, scored: Mapping[str, float]) -> str:
    """A few lines of Markdown for the run's page."""
    if row.trained:
        share = percent(row.reasoning_share, 0)
        how = f"trained on `{row.corpus}`, {share} of its prompts with a trace"
    else:
        how = f"not trained, shown {row.shots} examples"
    lines = [f"Student `{student}`, arm `{arm}`: {how}."]
    families = {
        name.removeprefix("accuracy/"): value
        for name, value in scored.items()
        if name.startswith("accuracy/") and name != "accuracy/mean"
    }
    if families:
        lines += ["", "| family | accuracy |", "|---|---|"]
        lines += [f"| {family} | {percent(value)} |" for family, value in families.items()]
    return "\n".join(lines)


def _metric_word(text: str) -> str:
    """`text` with only the characters that a metric's name may hold."""
    return "".join(letter if letter.isalnum() or letter in "_-. " else "-" for letter in text)
