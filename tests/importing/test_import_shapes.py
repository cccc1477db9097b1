"""A log of which any part is of another type is read or refused in one line, never a traceback."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.importing.every_eval_logs import every_eval_answers, every_eval_records
from breakeven.importing.inspect_logs import inspect_answers
from breakeven.importing.lm_eval_logs import lm_eval_answers

OTHER = (None, "x", 5, [1], {"a": 1}, True)
DATE = "2026-11-24T10-00-00.1"
RECORD = "0d03a117-82c9-4823-a256-439a728d0ead"
USAGE = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12, "reasoning_tokens": 1}
SAMPLE = {
    "id": 1,
    "epoch": 1,
    "input": [{"role": "user", "content": "q"}],
    "scores": {"m": {"value": "C"}},
    "output": {"choices": [{"stop_reason": "stop"}], "usage": USAGE},
    "model_usage": {"m/one": USAGE},
    "role_usage": {"grader": USAGE},
    "limit": {"type": "token"},
    "attachments": {},
}
CALL = {"event": "model", "model": "m/one", "output": {"usage": USAGE}}
LOG = {
    "version": 2,
    "status": "success",
    "eval": {"task": "sums", "model": "m/one"},
    "samples": [SAMPLE, {**SAMPLE, "id": 2, "events": [CALL]}],
}
ROW = {
    "doc_id": 0,
    "doc": {"q": 1},
    "resps": [["5"]],
    "filtered_resps": ["5"],
    "filter": "none",
    "metrics": ["acc"],
    "acc": 1.0,
}
RESULTS = {
    "results": {"sums": {"acc,none": 1.0}},
    "group_subtasks": {"g": ["sums"]},
    "configs": {
        "sums": {
            "filter_list": [{"name": "none", "filter": [{"function": "regex", "fallback": "x"}]}],
            "metric_list": [{"metric": "acc", "aggregation": "mean"}],
        }
    },
    "n-samples": {"sums": {"effective": 1}},
}
AGGREGATE = {
    "schema_version": "0.3.0",
    "evaluation_id": "e",
    "eval_library": {"name": "lm_eval"},
    "model_info": {"id": "a/b"},
    "evaluation_results": [
        {
            "evaluation_result_id": "acc",
            "evaluation_name": "sums",
            "metric_config": {"metric_id": "a", "lower_is_better": False, "max_score": 1.0},
            "score_details": {"score": 1.0, "uncertainty": {"num_samples": 3}},
        }
    ],
    "detailed_evaluation_results": {"total_rows": 1, "file_path": "x"},
}
ANSWER = {
    "evaluation_id": "e",
    "evaluation_name": "sums",
    "evaluation_result_id": "acc",
    "sample_id": "1",
    "sample_hash": "h",
    "evaluation": {"score": 1.0},
    "token_usage": USAGE,
}


def places(value: object, at: tuple = ()) -> Iterator[tuple]:
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inside:
        if isinstance(part, dict | list):
            yield from places(part, (*at, key))
        else:
            yield (*at, key)


def changed(value: object) -> Iterator[object]:
    """The value with each of its parts in turn replaced by things of other types, and left out."""
    for at in places(value):
        for other in OTHER:
            if not at:
                yield other
                continue
            tree = copy.deepcopy(value)
            part = tree
            for key in at[:-1]:
                part = part[key]
            part[at[-1]] = other
            yield tree
            if isinstance(part, dict):
                del part[at[-1]]
                yield tree


def write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value) + "\n", encoding="utf-8")


def inspect(folder: Path) -> Iterator[None]:
    for log in changed(LOG):
        write(folder / "a.json", log)
        yield


def harness(folder: Path) -> Iterator[None]:
    bare = {key: value for key, value in ROW.items() if key not in ("filter", "metrics")}
    samples, results = folder / f"samples_sums_{DATE}.jsonl", folder / f"results_{DATE}.json"
    for row, found in [
        *((row, RESULTS) for row in changed(ROW)),
        *((ROW, found) for found in changed(RESULTS)),
        *((bare, found) for found in changed(RESULTS)),
    ]:
        write(samples, row)
        write(results, found)
        yield


def every_eval(folder: Path) -> Iterator[None]:
    for record, answer in [
        *((record, ANSWER) for record in changed(AGGREGATE)),
        *((AGGREGATE, answer) for answer in changed(ANSWER)),
    ]:
        write(folder / f"{RECORD}.json", record)
        write(folder / f"{RECORD}_samples.jsonl", answer)
        yield


READERS = {
    inspect: lambda folder: inspect_answers(folder, {}),
    harness: lambda folder: lm_eval_answers(folder, {}),
    every_eval: lambda folder: every_eval_answers(every_eval_records(folder), {}),
}


@pytest.mark.parametrize("writer", READERS)
def test_a_part_of_another_type_is_no_traceback(tmp_path, writer):
    read = refused = 0
    for _ in writer(tmp_path):
        try:
            READERS[writer](tmp_path)
            read += 1
        except InputError as error:
            assert "\n" not in str(error)
            refused += 1
    assert read > 20
    assert refused > 100
