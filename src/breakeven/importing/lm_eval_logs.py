"""Answers from lm-evaluation-harness, 0.4.2 to 0.4.13, evaluated with `--log_samples`.

A row is a question and filter, with the metrics beside it by name; the results file says how many
questions there should be and what their mean is. Token counts are not logged.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.importing.lm_eval_files import Evaluation, read_evaluation, read_samples
from breakeven.importing.passages import passages
from breakeven.importing.runs_file import LogAnswers, TaskChoice

# What a filter leaves where it finds no answer, or no end of the trace.
NOT_FOUND = ("[invalid]", "[missing]", "")
NO_TOKENS = "tokens: absent, lm-evaluation-harness does not log them"
_ROUNDING = 1e-6

Json = dict[str, Any]


class _Row(NamedTuple):
    """One question under the chosen filter, and its line for messages."""

    line: int
    sample: Json


def lm_eval_answers(place: Path, tasks: Mapping[str, TaskChoice]) -> LogAnswers:
    """One row an answer: task, item, sample, correct, parsed, and `check` to match runs by.

    The questions of a group's tasks are pooled where `tasks` names the group.
    Raises InputError on two files of one task, a metric or filter to be chosen, or rows that do
    not agree with the results file.
    """
    evaluation = read_evaluation(place)
    rows: list[Json] = []
    notes = [NO_TOKENS]
    for task, file in evaluation.samples.items():
        group = _group(evaluation, task, tasks)
        choice = tasks.get(task if group is None else group, TaskChoice())
        found, note = _task_answers(evaluation, file, task, choice)
        if group is not None:
            found = [{**row, "task": group, "item": f"{task}/{row['item']}"} for row in found]
        rows.extend(found)
        notes.extend(note)
    notes.extend(
        f"{task}: left out, {place} has its results but no samples"
        for task in evaluation.without_samples()
    )
    return LogAnswers(rows, tuple(notes))


def _group(evaluation: Evaluation, task: str, tasks: Mapping[str, TaskChoice]) -> str | None:
    """The group that a task counts to; None where the task is named itself or no group is."""
    if task in tasks:
        return None
    return next((group for group in evaluation.groups_of(task) if group in tasks), None)


def _task_answers(
    evaluation: Evaluation, file: Path, task: str, choice: TaskChoice
) -> tuple[list[Json], list[str]]:
    samples = _with_filters(evaluation, file, task, read_samples(file))
    wanted = _filter(file, task, samples, choice)
    chosen = [
        _Row(line, sample)
        for line, sample in enumerate(samples, start=1)
        if sample["filter"] == wanted
    ]
    metric = _metric(evaluation, file, task, chosen[0].sample, choice)
    fallbacks = (*NOT_FOUND, *_fallbacks(evaluation.section("configs", task), wanted))
    answers = [_answer(file, row, task, metric, fallbacks) for row in chosen]
    shared = passages([row.sample.get("doc") for row in chosen])
    answers = [row | {"cluster": label} for row, label in zip(answers, shared, strict=True)]
    _check_count(evaluation, file, task, len(answers))
    _check_mean(evaluation, file, task, f"{metric},{wanted}", answers)
    return answers, _trace_notes(task, [row.sample for row in chosen])


def _answer(
    file: Path, row: _Row, task: str, metric: str, fallbacks: Sequence[str]
) -> dict[str, Any]:
    sample = row.sample
    value = sample.get(metric)
    if not isinstance(value, bool | int | float) or not 0 <= value <= 1:
        raise InputError(
            f"{file}: line {row.line}: {metric}: value is {value!r}; use a metric with values "
            "in 0..1"
        )
    return {
        "task": task,
        "item": str(sample["doc_id"]),
        "sample": 0,
        "correct": float(value),
        "parsed": float(
            _parsed(sample.get("filtered_resps"), fallbacks)
            and not any(map(_never_ends, _texts(sample.get("resps"))))
        ),
        "harness": "lm-evaluation-harness",
        "check": sample.get("doc_hash") or _hash(sample.get("doc")),
    }


def _hash(document: Any) -> str | None:  # noqa: ANN401 - a JSON value
    """The `doc_hash` that 0.4.3 and later log beside a question."""
    if document is None:
        return None
    # As the harness writes it: the digest is of the very characters.
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(responses: Any, fallbacks: Sequence[str]) -> bool:  # noqa: ANN401 - a JSON value
    """False where the filter found no answer in the text, or the trace never ended."""
    texts = responses if isinstance(responses, list) else [responses]
    return not any(
        text in fallbacks or (isinstance(text, list) and len(text) == 1 and text[0] in fallbacks)
        if isinstance(text, str | list)
        else False
        for text in texts
    )


def _trace_notes(task: str, samples: Sequence[Json]) -> list[str]:
    """Notes on answers that were graded with their trace: nobody took it off before the filter."""
    texts = [text for sample in samples for text in _texts(sample.get("resps"))]
    marked = [text for text in texts if re.search(r"</?think(ing)?>", text)]
    if not marked:
        return []
    open_ended = sum(map(_never_ends, marked))
    ended = f", {open_ended} of them never end it and are unparsed" if open_ended else ""
    return [
        f"{task}: {len(marked)} of {len(texts)} answers were graded with their trace{ended}; "
        "set think_end_token and evaluate again to have the answer graded alone"
    ]


def _never_ends(text: str) -> bool:
    """Whether a trace is opened and not closed: what follows is no answer."""
    return text.rfind("<think") > text.rfind("</think")


def _texts(responses: Any) -> list[str]:  # noqa: ANN401 - a JSON value
    """All generated texts of a question; log-likelihoods are none."""
    if isinstance(responses, str):
        return [responses]
    if isinstance(responses, list):
        return [text for part in responses for text in _texts(part)]
    return []


def _with_filters(evaluation: Evaluation, file: Path, task: str, samples: list[Json]) -> list[Json]:
    """The rows with the filter that made them, which versions before 0.4.8 do not write.

    They log all questions under the first filter, then all under the second, so that the n-th row
    of a question belongs to the n-th filter of the task.
    """
    if all("filter" in sample for sample in samples):
        return samples
    names = _filter_names(evaluation.section("configs", task))
    times: Counter[Any] = Counter()
    filled = []
    for sample in samples:
        turn = times[sample["doc_id"]]
        times[sample["doc_id"]] += 1
        filled.append({**sample, "filter": names[turn] if turn < len(names) else ""})
    # Where the order is not as expected, a filter would be taken for another in silence.
    if set(times.values()) != {len(names)}:
        raise InputError(
            f"{file}: its rows do not say which filter made them, and the results file names "
            f"{len(names)} ({', '.join(names)}); evaluate with lm_eval 0.4.8 or newer"
        )
    return filled


def _filter_names(config: Any) -> list[str]:  # noqa: ANN401 - a JSON value
    listed = config.get("filter_list") if isinstance(config, dict) else None
    return [str(one.get("name")) for one in listed] if listed else ["none"]


def _fallbacks(config: Any, name: str) -> list[str]:  # noqa: ANN401 - a JSON value
    """What the task's own settings have a filter leave where it finds nothing."""
    listed = config.get("filter_list") if isinstance(config, dict) else None
    steps = [
        step for one in listed or [] if one.get("name") == name for step in one.get("filter") or []
    ]
    return [str(step["fallback"]) for step in steps if step.get("fallback") is not None]


def _filter(file: Path, task: str, samples: list[Json], choice: TaskChoice) -> str:
    found = sorted({str(sample["filter"]) for sample in samples})
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


def _metric(evaluation: Evaluation, file: Path, task: str, sample: Json, choice: TaskChoice) -> str:
    found = _metrics(evaluation, task, sample)
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


def _metrics(evaluation: Evaluation, task: str, sample: Json) -> list[str]:
    """The metrics of a task: listed in its rows from 0.4.8 on, else the results' own."""
    logged = sample.get("metrics")
    if isinstance(logged, list):
        return [str(name) for name in logged]
    values = evaluation.section("results", task) or {}
    named = dict.fromkeys(key.partition(",")[0] for key in values if "," in key)
    return [name for name in named if name in sample]


def _check_count(evaluation: Evaluation, file: Path, task: str, answers: int) -> None:
    """Raise InputError where the results file counts more questions than there are samples."""
    counts = evaluation.section("n-samples", task)
    expected = counts.get("effective") if isinstance(counts, dict) else None
    if expected is not None and expected != answers:
        assert evaluation.results_file is not None
        raise InputError(
            f"{file}: holds {answers} questions, {evaluation.results_file.name} says {expected}; "
            "run the evaluation again"
        )


def _check_mean(
    evaluation: Evaluation, file: Path, task: str, key: str, answers: Sequence[Json]
) -> None:
    """Raise InputError where the results file gives another mean than the rows have."""
    values = evaluation.section("results", task) or {}
    stated = values.get(key)
    config = evaluation.section("configs", task) or {}
    metric = key.partition(",")[0]
    means = [one for one in config.get("metric_list") or [] if one.get("metric") == metric]
    if not isinstance(stated, int | float) or [one.get("aggregation") for one in means] != ["mean"]:
        return
    mean = sum(row["correct"] for row in answers) / len(answers)
    if abs(mean - stated) > _ROUNDING:
        assert evaluation.results_file is not None
        raise InputError(
            f"{file}: the mean of {key} is {mean:g}, {evaluation.results_file.name} says "
            f"{stated:g}; use the files of one evaluation"
        )
