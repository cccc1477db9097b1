"""Answers from Inspect logs (log version 2), with their token counts."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.importing.inspect_files import InspectLog, finished_logs
from breakeven.importing.inspect_tokens import SampleTokens, sample_tokens
from breakeven.importing.runs_file import LogAnswers, TaskChoice

# What Inspect's own metrics make of a score (its `value_to_float`): letters as they stand, words
# in any case, numbers as text.
LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
CUT = ("max_tokens", "model_length")
# Limits of a sample that end the answer; an operator or a rule of the task's own may do so too.
CUT_BY_LIMIT = ("context", "token", "message", "time", "working", "cost")

InspectRow = Mapping[str, Any]


class SampleScore(NamedTuple):
    """What a scorer gave, 0..1, and whether it found something to score."""

    value: float
    parsed: bool
    scorer: str | None = None


UNSCORED = SampleScore(0.0, parsed=False)


def inspect_answers(path: Path, tasks: Mapping[str, TaskChoice]) -> LogAnswers:
    """One row an answer of a log, or of all logs in a folder; epochs are samples of an item.

    A sample that ended with an error, or that its scorer left unscored, is wrong and unparsed.
    Raises InputError on a log that did not finish, on a score that is absent or not a number, and
    where one of several scorers has to be chosen.
    """
    logs, notes = finished_logs(path)
    rows = []
    for log in logs:
        found, said = _log_answers(log, tasks.get(log.task, TaskChoice()))
        rows.extend(found)
        notes.extend(said)
    return LogAnswers(rows, tuple(dict.fromkeys(notes)))


def _log_answers(log: InspectLog, choice: TaskChoice) -> tuple[list[dict[str, Any]], list[str]]:
    rows, notes, errors = [], [], 0
    model = log.spec.get("model")
    scorer = choice.metric
    for where, sample in log.samples():
        tokens = sample_tokens(where, sample, model)
        errors += bool(sample.get("error"))
        if tokens.note is not None:
            notes.append(tokens.note)
        score = _score(where, log.task, scorer, sample)
        scorer = scorer or score.scorer  # the same one for every sample
        rows.append(_answer(log.task, sample, score, tokens))
    if not rows:
        raise InputError(f"{log.file}: samples: none logged; run without --no-log-samples")
    if errors:
        notes.append(
            f"{log.file.name}: {errors} of {len(rows)} samples ended with an error; without a "
            "score they count as wrong and unparsed"
        )
    counted = sum(row["answer_tokens"] is not None for row in rows)
    if 0 < counted < len(rows):
        notes.append(
            f"{log.file.name}: tokens are known of {counted} of {len(rows)} samples; means are "
            "over those"
        )
    return rows, notes


def _answer(
    task: str, sample: InspectRow, score: SampleScore, tokens: SampleTokens
) -> dict[str, Any]:
    choices = (sample.get("output") or {}).get("choices") or [{}]
    limit = (sample.get("limit") or {}).get("type")
    return {
        "task": task,
        "item": str(sample.get("id")),
        # Inspect counts epochs from 1.
        "sample": int(sample.get("epoch", 1)) - 1,
        "correct": score.value,
        "parsed": float(score.parsed),
        "truncated": float(choices[0].get("stop_reason") in CUT or limit in CUT_BY_LIMIT),
        "harness": "Inspect",
        "check": _question(sample),
        "prompt_tokens": tokens.prompt_tokens,
        "cached_prompt_tokens": tokens.cached_prompt_tokens,
        "thinking_tokens": tokens.thinking_tokens,
        "answer_tokens": tokens.answer_tokens,
    }


def _score(where: str, task: str, metric: str | None, sample: InspectRow) -> SampleScore:
    scores = sample.get("scores") or {}
    if not scores:
        if sample.get("error"):
            return UNSCORED
        raise InputError(f"{where}.scores: none; score the log with `inspect score`")
    named = _named(scores)
    if metric is None and len(named) > 1:
        listed = ", ".join(sorted(named))
        raise InputError(f"{where}.scores: {listed}; set tasks.{task}.metric to one")
    if metric is not None and metric not in named:
        if sample.get("error"):
            return UNSCORED
        raise InputError(f"{where}.scores: no scorer {metric!r}; {did_you_mean(metric, named)}")
    scorer = next(iter(named)) if metric is None else metric
    value = named[scorer]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNSCORED._replace(scorer=scorer)
    return SampleScore(_fraction(where, value), value != "N", scorer)


def _named(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the scorer's name, or by `scorer.key` where it gave several."""
    named: dict[str, Any] = {}
    for name in sorted(scores):
        score = scores[name]
        value = score.get("value") if isinstance(score, dict) else score
        if isinstance(value, dict) and value:
            named.update({f"{name}.{key}": part for key, part in value.items()})
        else:
            named[name] = value
    return named


def _fraction(where: str, value: Any) -> float:  # noqa: ANN401 - a JSON value
    number = value
    if isinstance(value, str):
        number = LETTERS.get(value, WORDS.get(value.lower()))
        number = _as_number(value) if number is None else number
    if not isinstance(number, int | float) or not 0 <= number <= 1:
        raise InputError(
            f"{where}.scores: value is {value!r}; use C, I, P, N, yes, no or a number in 0..1"
        )
    return float(number)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _question(sample: InspectRow) -> str | None:
    """A digest of what was asked, the same for every model and harness version."""
    asked = sample.get("input")
    kept = sample.get("attachments") or {}
    parts = [asked] if isinstance(asked, str) else [_text(message) for message in asked or []]
    if not parts or any(part is None for part in parts):
        return None
    # Inspect puts long texts beside the messages and leaves a reference in their place.
    texts = [kept.get(str(part).removeprefix("attachment://"), part) for part in parts]
    return hashlib.sha256("\0".join(map(str, texts)).encode()).hexdigest()


def _text(message: Any) -> str | None:  # noqa: ANN401 - a JSON value
    """A message's text; None where it is made of parts, such as images."""
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else None
