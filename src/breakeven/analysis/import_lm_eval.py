"""Answers from lm-evaluation-harness folders written with `--log_samples` (read: 0.4.13).

`samples_<task>_<date>.jsonl` has a row a question and filter, with the metrics beside it by name;
`results_<date>.json` says how many questions there should be. Token counts are not logged.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from breakeven.analysis.import_runs import TaskChoice
from breakeven.errors import InputError, did_you_mean
from breakeven.files import read_json, read_jsonl

_SAMPLES = re.compile(r"samples_(?P<task>.+)_\d{4}-\d{2}-\d{2}T[\d.-]+\.jsonl$")
# What a regex filter leaves where it finds no answer.
_NOT_FOUND = "[invalid]"


def is_lm_eval(folder: Path) -> bool:
    """Whether a folder holds sample files, directly or in a folder of the model's name."""
    return any(_SAMPLES.search(file.name) for file in folder.rglob("samples_*.jsonl"))


def lm_eval_answers(folder: Path, tasks: Mapping[str, TaskChoice]) -> list[dict[str, Any]]:
    """One row an answer: task, item, sample, correct, parsed, and `check` to match runs by.

    Raises InputError on two files of one task, a metric or filter to be chosen, or rows that are
    missing against the results file.
    """
    files: dict[str, Path] = {}
    for file in sorted(folder.rglob("samples_*.jsonl")):
        match = _SAMPLES.search(file.name)
        if match is None:
            continue
        task = match["task"]
        if task in files:
            raise InputError(
                f"{folder}: two sample files of {task}: {files[task]}, {file}; keep one"
            )
        files[task] = file
    rows = []
    for task, file in files.items():
        answers = _task_answers(file, task, tasks.get(task, TaskChoice()))
        _check_count(folder, file, task, len(answers))
        rows.extend(answers)
    return rows


def _task_answers(file: Path, task: str, choice: TaskChoice) -> list[dict[str, Any]]:
    samples = read_jsonl(file)
    if not samples:
        raise InputError(f"{file}: is empty; run the evaluation again")
    for line, sample in enumerate(samples, start=1):
        if "doc_id" not in sample:
            raise InputError(f"{file}: line {line}: doc_id is missing; use --log_samples output")
    wanted = _filter(file, task, samples, choice)
    chosen = [
        (line, sample)
        for line, sample in enumerate(samples, start=1)
        if sample.get("filter", "none") == wanted
    ]
    metric = _metric(file, task, chosen[0][1], choice)
    return [_answer(file, line, task, metric, sample) for line, sample in chosen]


def _answer(
    file: Path, line: int, task: str, metric: str, sample: dict[str, Any]
) -> dict[str, Any]:
    value = sample.get(metric)
    if isinstance(value, bool):
        value = float(value)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(
            f"{file}: line {line}: {metric}: value is {value!r}; use a metric with values in 0..1"
        )
    return {
        "task": task,
        "item": str(sample["doc_id"]),
        "sample": 0,
        "correct": float(value),
        "parsed": float(_parsed(sample.get("filtered_resps"))),
        "check": sample.get("doc_hash"),
    }


def _parsed(responses: Any) -> bool:  # noqa: ANN401 - a JSON value
    """False where the filter found no answer in the text."""
    texts = responses if isinstance(responses, list) else [responses]
    return not any(text in (_NOT_FOUND, "", [_NOT_FOUND], [""]) for text in texts)


def _filter(file: Path, task: str, samples: list[dict[str, Any]], choice: TaskChoice) -> str:
    found = sorted({str(sample.get("filter", "none")) for sample in samples})
    if choice.filter is not None:
        if choice.filter not in found:
            raise InputError(
                f"{file}: tasks.{task}.filter: value is {choice.filter!r}; "
                f"{did_you_mean(choice.filter, found)}"
            )
        return choice.filter
    if len(found) > 1:
        raise InputError(f"{file}: has filters {', '.join(found)}; set tasks.{task}.filter to one")
    return found[0]


def _metric(file: Path, task: str, sample: dict[str, Any], choice: TaskChoice) -> str:
    logged = sample.get("metrics")
    found = [str(name) for name in logged] if isinstance(logged, list) else []
    if choice.metric is not None:
        if choice.metric not in sample:
            raise InputError(
                f"{file}: tasks.{task}.metric: value is {choice.metric!r}; "
                f"{did_you_mean(choice.metric, found)}"
            )
        return choice.metric
    if len(found) != 1:
        listed = f"has metrics {', '.join(found)}" if found else "does not list its metrics"
        raise InputError(f"{file}: {listed}; set tasks.{task}.metric to one")
    return found[0]


def _check_count(folder: Path, file: Path, task: str, answers: int) -> None:
    """Raise InputError where the results file counts more questions than there are samples."""
    for results in sorted(folder.rglob("results_*.json")):
        counts = read_json(results).get("n-samples", {}).get(task)
        expected = counts.get("effective") if isinstance(counts, dict) else None
        if expected is not None and expected != answers:
            raise InputError(
                f"{file}: holds {answers} questions, {results.name} says {expected}; "
                "run the evaluation again"
            )
