"""Answers from Inspect logs in JSON (log version 2), with their token counts.

Binary `.eval` logs are turned into JSON by `inspect log convert --to json`.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from breakeven.analysis.import_runs import TaskChoice
from breakeven.errors import InputError, did_you_mean
from breakeven.files import read_json

# The letters that Inspect's scorers give: correct, incorrect, partial, no answer.
LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
CUT = ("max_tokens", "model_length")


def inspect_answers(path: Path, tasks: Mapping[str, TaskChoice]) -> list[dict[str, Any]]:
    """One row an answer of a log, or of all logs in a folder; epochs are samples of an item.

    Raises InputError on a log that did not finish, on a score that is absent or not a number, and
    where one of several scorers has to be chosen.
    """
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: no .json logs; convert with `inspect log convert --to json`")
    return [row for file in files for row in _log_answers(file, tasks)]


def _log_answers(file: Path, tasks: Mapping[str, TaskChoice]) -> list[dict[str, Any]]:
    log = read_json(file)
    if not isinstance(log, dict) or not isinstance(log.get("eval"), dict):
        raise InputError(f"{file}: is not an Inspect log: it has no section eval")
    if log.get("status") != "success":
        raise InputError(f"{file}: status: value is {log.get('status')!r}; finish the evaluation")
    samples = log.get("samples")
    if not samples:
        raise InputError(f"{file}: samples: none logged; run without --no-log-samples")
    task = str(log["eval"].get("task", "")).rsplit("/", maxsplit=1)[-1]
    choice = tasks.get(task, TaskChoice())
    return [_answer(file, index, task, choice, sample) for index, sample in enumerate(samples)]


def _answer(
    file: Path, index: int, task: str, choice: TaskChoice, sample: dict[str, Any]
) -> dict[str, Any]:
    where = f"{file}: samples.{index}"
    value = _score(where, task, choice, sample)
    unscored = isinstance(value, float) and math.isnan(value)
    output = sample.get("output") or {}
    choices = output.get("choices") or [{}]
    return {
        "task": task,
        "item": str(sample.get("id")),
        "sample": int(sample.get("epoch", 1)) - 1,
        "correct": 0.0 if unscored else _fraction(where, value),
        "parsed": float(not unscored and value != "N"),
        "truncated": float(choices[0].get("stop_reason") in CUT),
        "check": None,
        **_tokens(output.get("usage") or {}),
    }


def _score(where: str, task: str, choice: TaskChoice, sample: dict[str, Any]) -> Any:  # noqa: ANN401
    scores = sample.get("scores")
    if not scores:
        raise InputError(f"{where}.scores: none; score the log with `inspect score`")
    names = sorted(scores)
    if choice.metric is not None:
        if choice.metric not in scores:
            raise InputError(
                f"{where}.scores: no scorer {choice.metric!r}; {did_you_mean(choice.metric, names)}"
            )
        return scores[choice.metric].get("value")
    if len(names) > 1:
        raise InputError(f"{where}.scores: {', '.join(names)}; set tasks.{task}.metric to one")
    return scores[names[0]].get("value")


def _fraction(where: str, value: Any) -> float:  # noqa: ANN401 - a JSON value
    number = LETTERS.get(value) if isinstance(value, str) else value
    if not isinstance(number, int | float) or not 0 <= number <= 1:
        raise InputError(f"{where}.scores: value is {value!r}; use C, I, P, N or a number in 0..1")
    return float(number)


def _tokens(usage: dict[str, Any]) -> dict[str, float | None]:
    """Prompt tokens with cached ones, and generated ones parted where reasoning is counted."""
    if not {"input_tokens", "output_tokens"} <= set(usage):
        return {"prompt_tokens": None, "thinking_tokens": None, "answer_tokens": None}
    cached = ("input_tokens_cache_read", "input_tokens_cache_write")
    prompt = usage["input_tokens"] + sum(usage.get(name) or 0 for name in cached)
    thinking = usage.get("reasoning_tokens")
    return {
        "prompt_tokens": float(prompt),
        "thinking_tokens": None if thinking is None else float(thinking),
        "answer_tokens": float(usage["output_tokens"] - (thinking or 0)),
    }
