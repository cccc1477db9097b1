"""What the answers of a student cost: tokens, FLOPs and device-seconds, by cell and task."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from breakeven.answering.engine import Cell, Setup
from breakeven.answering.weights import digest_cell
from breakeven.answering.work import Piece
from breakeven.costs.architecture import Architecture, load_architecture
from breakeven.costs.devices import Usage, record_fields
from breakeven.costs.exact import answer_flops
from breakeven.files import digest_path
from breakeven.layout import task_path
from breakeven.records import Record, versions

ELSEWHERE = "a part of these answers was made by an earlier run, which did not keep it"


def answer_record(setup: Setup, cells: Sequence[Cell], usage: Usage, made: int) -> Record:
    """The record of a student's answers; `usage` is of this run, which made `made` batches.

    `details.cells` has a row for every arm, seed, decoding and task. Device-seconds count every
    batch, whichever run made it: batches that ran side by side share the seconds between them.
    """
    architecture = load_architecture(setup.base.path)
    rows = [
        {"arm": cell.arm, "seed": cell.seed, **_row(piece, architecture)}
        for cell in cells
        for piece in cell.pieces
    ]
    return Record(
        stage="answer",
        cell={"student": setup.student},
        parameters=setup.params.answering.model_dump(mode="json"),
        tokens={
            kind: sum(row[f"{kind}_tokens"] for row in rows)
            for kind in ("prompt", "thinking", "answer")
        },
        flops={"inference": sum(row["inference_flops"] for row in rows)},
        inputs=_inputs(setup, cells),
        details={"cells": rows, "placement": setup.engine.placement._asdict()},
        versions={**versions(), **setup.engine.versions},
        **_held(setup, cells, rows, usage, made),
    )


def _row(piece: Piece, architecture: Architecture) -> dict[str, Any]:
    answers = piece.answers()
    new_tokens = [answer.thinking_tokens + answer.answer_tokens for answer in answers]
    prompt_tokens = [answer.prompt_tokens for answer in answers]
    flops = answer_flops(architecture, np.array(prompt_tokens), np.array(new_tokens))
    return {
        "decoding": piece.decoding,
        "task": piece.reading.task,
        "shots": len(piece.reading.shots),
        "answers": len(answers),
        "truncated": sum(answer.stop == "length" for answer in answers),
        "prompt_tokens": sum(prompt_tokens),
        "thinking_tokens": sum(answer.thinking_tokens for answer in answers),
        "answer_tokens": sum(answer.answer_tokens for answer in answers),
        "inference_flops": float(flops.sum()),
        "device_seconds": piece.device_seconds(),
    }


def _held(
    setup: Setup, cells: Sequence[Cell], rows: Sequence[dict[str, Any]], usage: Usage, made: int
) -> dict[str, Any]:
    """Device, seconds, memory and metrics. Cells that share their answers count once."""
    pieces = {piece.folder: piece for cell in cells for piece in cell.pieces}.values()
    seconds = sum(piece.device_seconds() for piece in pieces)
    fields = record_fields(usage)
    unmeasured = setup.engine.unmeasured
    metrics = {**fields["metrics"], **dict.fromkeys(unmeasured)}
    absent = {**fields["absent"], **unmeasured}
    if made < sum(len(piece.batches) for piece in pieces):
        absent = dict.fromkeys(metrics, ELSEWHERE)
        metrics = dict.fromkeys(metrics)
    counts = {name: sum(row[name] for row in rows) for name in ("answers", "truncated")}
    return {
        **fields,
        "device_seconds": {usage.device.kind: seconds},
        "gpu_hours": 0.0 if usage.device.kind == "cpu" else seconds / 3600,
        "metrics": {**metrics, **counts},
        "absent": absent,
    }


def _inputs(setup: Setup, cells: Sequence[Cell]) -> dict[str, str]:
    folders = {str(cell.folder): digest_cell(cell.folder, cell.method) for cell in cells}
    tasks = {str(task_path(task)): digest_path(task_path(task)) for task in setup.params.tasks}
    return {setup.base.path: setup.base.digest, **folders, **tasks}
