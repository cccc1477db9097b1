"""Every Eval Ever records: the schema that other harnesses are converted to (evaleval.github.io).

A record is `<uuid>.json`, one model's results by evaluation and metric; `<uuid>_samples.jsonl`
beside it, where there is one, has a row a question. Read: schema 0.2 and 0.3.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import digest_file, read_json, read_jsonl, refuse_pipe
from breakeven.importing.inspect_tokens import UNREADABLE, usage_tokens
from breakeven.importing.json_shapes import EveryEvalRecord, EveryEvalRow, check_shape
from breakeven.importing.runs_file import LogAnswers, TaskChoice

_RECORD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json", re.IGNORECASE)
_VERSIONS = ("0.2.", "0.3.")
SAMPLES = "_samples.jsonl"

Json = dict[str, Any]


@dataclass(frozen=True)
class EvalRecord:
    """One aggregate record and the file of its samples, None where it has none."""

    file: Path
    content: Json
    samples: Path | None

    @property
    def harness(self) -> str:
        """What made the answers: names of questions are its own."""
        library = self.content.get("eval_library") or {}
        return f"{library.get('name', 'unknown')} (Every Eval Ever)"

    def results(self) -> dict[str, dict[str, list[Json]]]:
        """The results by task and filter; only lm-evaluation-harness has several filters a task."""
        # The converter writes task/filter into the name; other harnesses have slashes in names of
        # tasks.
        filtered = (self.content.get("eval_library") or {}).get("name") == "lm_eval"
        named: dict[str, dict[str, list[Json]]] = {}
        for result in self.content["evaluation_results"]:
            name = str(result.get("evaluation_name"))
            task, _, of_filter = name.partition("/") if filtered else (name, "", "")
            named.setdefault(task, {}).setdefault(of_filter, []).append(result)
        return named


class TaskScore(NamedTuple):
    """The accuracy on one task, and on how many questions where that is told."""

    task: str
    accuracy: float
    items: int | None


def is_every_eval(place: Path) -> bool:
    """Whether a file is a record, or a folder holds one."""
    return any(_is_record(file) for file in _files(place))


def every_eval_records(place: Path) -> list[EvalRecord]:
    """The records of one model under `place`.

    Raises InputError on a record that cannot be read, on those of several models, and where some
    records have samples and others have none.
    """
    records = [_read(file) for file in _files(place) if _is_record(file)]
    models = sorted({str((one.content.get("model_info") or {}).get("id")) for one in records})
    if len(models) > 1:
        raise InputError(
            f"{place}: holds records of {len(models)} models ({', '.join(models[:3])}); give the "
            "folder of one"
        )
    if len({one.samples is None for one in records}) > 1:
        without = next(one.file for one in records if one.samples is None)
        raise InputError(f"{without}: has no {SAMPLES} file, others here have; keep one kind")
    return records


def every_eval_answers(
    records: Sequence[EvalRecord], tasks: Mapping[str, TaskChoice]
) -> LogAnswers:
    """One row a question of every evaluation of the records."""
    rows, notes, seen = [], [], set[str]()
    for record in records:
        assert record.samples is not None
        samples = _samples(record, record.samples)
        for task, result in _chosen(record, tasks, seen):
            found = list(_task_rows(record, task, result, samples))
            if not found:
                raise InputError(f"{record.samples}: has no row of {task}; export it again")
            notes.extend([UNREADABLE] if any(row.pop("unreadable") for row in found) else [])
            rows.extend(found)
    return LogAnswers(rows, tuple(dict.fromkeys(notes)))


def every_eval_scores(
    records: Sequence[EvalRecord], tasks: Mapping[str, TaskChoice]
) -> list[TaskScore]:
    """The accuracy of every evaluation, for records without samples."""
    seen = set[str]()
    return [
        TaskScore(task, _fraction(f"{record.file}: {task}", result, _score(result)), _count(result))
        for record in records
        for task, result in _chosen(record, tasks, seen)
    ]


def _task_rows(
    record: EvalRecord, task: str, result: Json, samples: Sequence[Json]
) -> Iterator[Json]:
    wanted = result.get("evaluation_result_id")
    times: Counter[str] = Counter()
    for line, sample in enumerate(samples, start=1):
        if sample.get("evaluation_name") != result["evaluation_name"]:
            continue
        if sample.get("evaluation_result_id") not in (None, wanted):
            continue
        item = str(sample.get("sample_id"))
        where = f"{record.samples}: line {line}"
        usage = {k: v for k, v in (sample.get("token_usage") or {}).items() if v is not None}
        counted = {"input_tokens", "output_tokens"} <= set(usage)
        tokens = usage_tokens(usage) if counted else None
        score = (sample.get("evaluation") or {}).get("score")
        yield {
            "task": task,
            "item": item,
            "sample": times[item],
            "correct": _fraction(where, result, score),
            "harness": record.harness,
            "check": sample.get("sample_hash"),
            "prompt_tokens": None if tokens is None else tokens.prompt,
            "cached_prompt_tokens": None if tokens is None else tokens.cached,
            "thinking_tokens": None if tokens is None else tokens.thinking,
            "answer_tokens": None if tokens is None else tokens.answer,
            "unreadable": bool(usage) and tokens is None,
            **_extras(where, record, sample),
        }
        times[item] += 1


def _extras(where: str, record: EvalRecord, sample: Json) -> Json:
    """What our own records say beside the schema's fields; others mean other things by it."""
    if not record.harness.startswith("breakeven "):
        return {}
    metadata = sample.get("metadata") or {}
    found: Json = {
        name: _mark(f"{where}: metadata.{name}", metadata[name])
        for name in ("parsed", "truncated")
        if name in metadata
    }
    return {**found, **({"cluster": str(metadata["cluster"])} if "cluster" in metadata else {})}


def _mark(where: str, value: object) -> float:
    """Yes or no as our records write them; raises InputError on anything else."""
    marks = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
    mark = marks.get(str(value).lower())
    if mark is None:
        raise InputError(f"{where}: value is {str(value)[:40]!r}; use true or false")
    return mark


def _chosen(
    record: EvalRecord, tasks: Mapping[str, TaskChoice], seen: set[str]
) -> Iterator[tuple[str, Json]]:
    """Each evaluation with the result that counts; a task of `seen` may not come again."""
    for task, by_filter in record.results().items():
        if task in seen:
            raise InputError(f"{record.file}: {task}: is in another record too; keep one")
        seen.add(task)
        choice = tasks.get(task, TaskChoice())
        results = by_filter[_filter(record, task, sorted(by_filter), choice.filter)]
        yield task, _result(record, task, results, choice.metric)


def _filter(record: EvalRecord, task: str, found: Sequence[str], wanted: str | None) -> str:
    if wanted is None and len(found) > 1:
        listed = ", ".join(found)
        raise InputError(
            f"{record.file}: {task}: has filters {listed}; set tasks.{task}.filter to one"
        )
    if wanted is not None and wanted not in found:
        hint = did_you_mean(wanted, found)
        raise InputError(f"{record.file}: tasks.{task}.filter: value is {wanted!r}; {hint}")
    return found[0] if wanted is None else wanted


def _result(record: EvalRecord, task: str, results: Sequence[Json], metric: str | None) -> Json:
    named = {_label(result): result for result in results}
    if metric is None and len(results) > 1:
        listed = ", ".join(sorted(named))
        raise InputError(f"{record.file}: {task}: has {listed}; set tasks.{task}.metric to one")
    if metric is not None and metric not in named:
        raise InputError(
            f"{record.file}: tasks.{task}.metric: value is {metric!r}; "
            f"{did_you_mean(metric, named)}"
        )
    result = results[0] if metric is None else named[metric]
    if (result.get("metric_config") or {}).get("lower_is_better"):
        raise InputError(f"{record.file}: {task}: a lower score is better; choose an accuracy")
    return result


def _label(result: Json) -> str:
    config = result.get("metric_config") or {}
    names = (result.get("evaluation_result_id"), config.get("metric_id"), config.get("metric_name"))
    return str(next((name for name in names if name), "unnamed"))


def _fraction(where: str, result: Json, score: Any) -> float:  # noqa: ANN401 - a JSON value
    """A score as 0..1, by the bounds or the unit that its metric states."""
    config = result.get("metric_config") or {}
    percent = config.get("metric_unit") == "percent" or config.get("max_score") == 100
    high = 100.0 if percent else 1.0
    number = isinstance(score, int | float) and not isinstance(score, bool)
    if not number or not 0 <= score <= high:
        raise InputError(f"{where}: score: value is {score!r}; use a metric within 0..{high:g}")
    return float(score) / high


def _score(result: Json) -> Any:  # noqa: ANN401 - a JSON value
    return (result.get("score_details") or {}).get("score")


def _count(result: Json) -> int | None:
    uncertainty = (result.get("score_details") or {}).get("uncertainty") or {}
    found = uncertainty.get("num_samples")
    return found if isinstance(found, int) and found > 0 else None


def _samples(record: EvalRecord, file: Path) -> list[Json]:
    """The rows of a samples file, which must be the one that its record means."""
    stated = record.content.get("detailed_evaluation_results") or {}
    checksum, total = stated.get("checksum"), stated.get("total_rows")
    if stated.get("hash_algorithm") == "sha256" and checksum not in (None, digest_file(file)):
        raise InputError(
            f"{file}: its checksum is not the one in {record.file.name}; copy it again"
        )
    rows = read_jsonl(file)
    for line, row in enumerate(rows, start=1):
        check_shape(f"{file}: line {line}", EveryEvalRow, row)
    if total is not None and total != len(rows):
        raise InputError(f"{file}: holds {len(rows)} rows, {record.file.name} says {total}")
    ids = {row.get("evaluation_id") for row in rows}
    # A file of the right name may be another evaluation's.
    if ids - {record.content.get("evaluation_id")}:
        raise InputError(f"{file}: its evaluation_id is not that of {record.file.name}")
    return rows


def _read(file: Path) -> EvalRecord:
    content = read_json(file)
    if not isinstance(content, dict) or not isinstance(content.get("evaluation_results"), list):
        raise InputError(f"{file}: is no Every Eval Ever record: it has no evaluation_results")
    check_shape(str(file), EveryEvalRecord, content)
    version = str(content.get("schema_version"))
    if not version.startswith(_VERSIONS):
        raise InputError(f"{file}: schema_version: value is {version!r}; read are 0.2 and 0.3")
    stated = (content.get("detailed_evaluation_results") or {}).get("file_path")
    # The stated path is that of the machine which wrote it: only its name is looked for.
    names = [file.stem + SAMPLES, *([Path(stated).name] if stated else [])]
    beside = [file.with_name(name) for name in names if file.with_name(name).is_file()]
    return EvalRecord(file, content, beside[0] if beside else None)


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.rglob("*.json"))


def _is_record(file: Path) -> bool:
    """By its name, or by its first field; logs of other harnesses may be large."""
    if file.suffix != ".json":
        return False
    if _RECORD.fullmatch(file.name):
        return True
    refuse_pipe(file)
    with file.open("rb") as handle:
        return b'"schema_version"' in handle.read(200)
