"""The study's answers as Every Eval Ever records (schema 0.3.0, evaleval.github.io).

`data/<study>/<study>/<student>-<arm>-<seed>/<uuid>.json` holds a cell's accuracy by task under one
decoding, `<uuid>_samples.jsonl` beside it every answer. Names follow from the cell, so that a
second export replaces the first.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.files import digest_file, write_json, write_jsonl
from breakeven.exporting.scored_answers import ScoredAnswer, by_cell, scored_answers
from breakeven.params import Params
from breakeven.params.cells import Cell, resolve_asking, resolve_cell
from breakeven.results.aggregate import task_means

if TYPE_CHECKING:
    import pandas as pd

# Written as plain dicts: the schema's own package needs Python 3.12 and huggingface_hub below 2.
# Tests hold the records to its JSON schemas.
SCHEMA_VERSION = "0.3.0"
METRIC = {
    "metric_id": "accuracy",
    "metric_name": "Accuracy",
    "metric_kind": "accuracy",
    "metric_unit": "proportion",
    "lower_is_better": False,
    "score_type": "continuous",
    "min_score": 0.0,
    "max_score": 1.0,
}

Json = dict[str, Any]


def export_records(
    params: Params, rows: "pd.DataFrame", folder: Path, *, organization: str = "unknown"
) -> list[Path]:
    """Write the records of every cell and decoding in `rows` (of `scores/items.parquet`).

    Returns the aggregate files. Raises InputError where answers or items of a row are missing.
    """
    export = _Export(params, folder, organization, f"{time.time():.0f}")
    return [_write(export, *found) for found in by_cell(rows)]


class _Export(NamedTuple):
    """What all records of one export share."""

    params: Params
    folder: Path
    organization: str
    retrieved: str


def _write(export: _Export, cell: Cell, decoding: str, rows: "pd.DataFrame") -> Path:
    params, folder, organization, retrieved = export
    model = f"{params.study}/{'-'.join(map(str, cell))}"
    place = Path("data") / params.study / model
    name = _name(f"{model}/{decoding}")
    evaluation = f"{params.study}-{decoding}/{model}/{retrieved}"
    samples = place / f"{name}_samples.jsonl"
    common = {"schema_version": SCHEMA_VERSION, "evaluation_id": evaluation}
    count = write_jsonl(
        folder / samples,
        (
            {**common, "model_id": model, **_sample(one)}
            for one in scored_answers(cell, decoding, rows)
        ),
    )
    file = folder / place / f"{name}.json"
    write_json(
        file,
        {
            **common,
            "retrieved_timestamp": retrieved,
            "source_metadata": {
                "source_name": "breakeven",
                "source_type": "evaluation_run",
                "source_organization_name": organization,
                "evaluator_relationship": "first_party",
            },
            "eval_library": {"name": "breakeven", "version": version("breakeven")},
            "model_info": _model(params, cell, model),
            "evaluation_results": list(_results(params, cell, decoding, rows)),
            "detailed_evaluation_results": {
                "format": "jsonl",
                "file_path": samples.as_posix(),
                "hash_algorithm": "sha256",
                "checksum": digest_file(folder / samples),
                "total_rows": count,
            },
        },
    )
    return file


def _model(params: Params, cell: Cell, model: str) -> Json:
    """What was evaluated; details are texts, as the schema wants them."""
    found = resolve_cell(params, cell)
    return {
        "name": model.rpartition("/")[2],
        "id": model,
        "inference_engine": {"name": params.answering.engine},
        "additional_details": {
            "deployment_type": "self_deployed",
            "model_availability": "unknown",
            "student": cell.student,
            "arm": cell.arm,
            "seed": str(cell.seed),
            "style": found.style,
            "method": found.method,
            "corpora": " then ".join(found.corpora),
            **({"control": "true"} if found.control else {}),
        },
    }


def _results(params: Params, cell: Cell, decoding: str, rows: "pd.DataFrame") -> Iterator[Json]:
    for score in task_means(rows).to_dict("records"):
        task = str(score["task"])
        asking = resolve_asking(params, cell.arm, decoding, task)
        settings = asking.decoding
        yield {
            "evaluation_result_id": _result_id(task),
            "evaluation_name": task,
            "source_data": {
                "dataset_name": task,
                "source_type": "other",
                "additional_details": {"family": str(score["family"])},
            },
            "metric_config": METRIC,
            "score_details": {
                "score": float(score["correct"]),
                "uncertainty": {"num_samples": int(score["items"])},
            },
            "generation_config": {
                "generation_args": {
                    "temperature": settings.temperature,
                    "top_p": settings.top_p,
                    "max_tokens": asking.max_new_tokens,
                    "reasoning": resolve_cell(params, cell).style == "reasoning",
                },
                "additional_details": {"decoding": decoding, "samples": str(settings.samples)},
            },
        }


def _sample(one: ScoredAnswer) -> Json:
    item, answer, row = one
    asked = {"raw": item.prompt, "reference": [item.reference]}
    new = answer.thinking_tokens + answer.answer_tokens
    return {
        "evaluation_name": row["task"],
        "evaluation_result_id": _result_id(row["task"]),
        "sample_id": item.id,
        # The recipe by which converters of other harnesses make it.
        "sample_hash": hashlib.sha256(
            json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest(),
        "interaction_type": "single_turn",
        "input": {**asked, **({"choices": list(item.choices)} if item.choices else {})},
        "output": {"raw": [answer.text]},
        "answer_attribution": [],
        "evaluation": {"score": float(row["correct"]), "is_correct": bool(row["correct"])},
        "token_usage": {
            "input_tokens": answer.prompt_tokens,
            "output_tokens": new,
            "total_tokens": answer.prompt_tokens + new,
            "reasoning_tokens": answer.thinking_tokens,
        },
        "metadata": {
            "grader": item.grader,
            "sample": str(row["sample"]),
            "parsed": str(int(row["parsed"])),
            "truncated": str(int(row["truncated"])),
            **({} if item.cluster is None else {"cluster": item.cluster}),
        },
    }


def _result_id(task: str) -> str:
    return f"{task}:accuracy"


def _name(key: str) -> str:
    """A UUID of version 4 in form, the same for the same key."""
    return str(uuid.UUID(bytes=hashlib.sha256(key.encode()).digest()[:16], version=4))
