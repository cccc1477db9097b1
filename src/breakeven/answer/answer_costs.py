"""What the answers of a student cost: tokens, FLOPs and device-seconds, by cell and task."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from breakeven.answer.answer_sheet import AnswerSheet
from breakeven.answer.cell_weights import digest_cell
from breakeven.answer.engine import AnsweringCell, Setup
from breakeven.core.files import digest_path
from breakeven.core.layout import answers_folder, task_path
from breakeven.core.records import Record, versions
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.architecture import Architecture
from breakeven.costs.ceiling import DeviceCeiling, find_ceiling
from breakeven.costs.devices import DeviceUsage, record_fields
from breakeven.costs.exact import answer_flops
from breakeven.costs.model_shapes import known_architecture

MADE_EARLIER = "a part of these answers was made by an earlier run, which did not keep it"


def answer_record(
    setup: Setup,
    cells: Sequence[AnsweringCell],
    usage: DeviceUsage,
    made: int,
    inputs: Mapping[str, str],
) -> Record:
    """The record of a student's answers; `usage` is of this run, which made `made` batches.

    `details.cells` has a row for every arm, seed, decoding and task. Device-seconds count every
    batch, whichever run made it: batches that ran side by side share the seconds between them.
    Utilisation takes them all to have run as those of this run did.
    """
    architecture = known_architecture(setup.base.path)
    ceiling = _ceiling(setup, usage)
    folder = answers_folder(setup.student)
    sheets = [(cell, sheet) for cell in cells for sheet in cell.sheets]
    rows = [
        {"arm": cell.arm, "seed": cell.seed, **_row(sheet, architecture, ceiling)}
        for cell, sheet in sheets
    ]
    # Tokens and FLOPs are told of every cell, as if each had answered by itself. The device was
    # held once for the cells that share a sheet.
    by_folder = {sheet.folder: row for (_, sheet), row in zip(sheets, rows, strict=True)}
    distinct = {sheet.folder: sheet for _, sheet in sheets}
    batches = sum(len(sheet.batches) for sheet in distinct.values())
    return Record(
        stage="answer",
        cell={"student": setup.student},
        parameters=setup.params.answering.model_dump(mode="json"),
        tokens={
            kind: sum(row[f"{kind}_tokens"] for row in rows)
            for kind in ("prompt", "thinking", "answer")
        },
        flops={"inference": _total(rows, architecture).value},
        inputs=inputs,
        outputs={folder.as_posix(): digest_path(folder)},
        details={
            "cells": rows,
            "batch_halvings": [one for sheet in distinct.values() for one in sheet.halvings()],
            "placement": setup.engine.placement._asdict(),
            **ceiling.as_details(),
        },
        versions={**versions(), **setup.engine.versions},
        **_measured(
            setup,
            rows,
            list(by_folder.values()),
            usage,
            ceiling,
            architecture=architecture,
            made_earlier=made < batches,
        ),
    )


def _total(rows: Sequence[dict[str, Any]], architecture: Architecture | str) -> Amount:
    """The FLOPs of rows together; absent where the student's shape is not known."""
    if isinstance(architecture, str):
        return absent(architecture)
    return Amount(sum(row["inference_flops"] for row in rows))


def _ceiling(setup: Setup, usage: DeviceUsage) -> DeviceCeiling:
    """What the device can do with all the threads of the batches that ran side by side."""
    engine = setup.engine
    if "utilisation" in engine.unmeasured:
        return DeviceCeiling(None, engine.unmeasured["utilisation"])
    # Batches side by side are measured against all their threads at once.
    threads = engine.placement.threads
    together = None if threads is None else threads * engine.placement.workers
    return find_ceiling(usage.device, engine.placement.dtype, together)


def _row(
    sheet: AnswerSheet, architecture: Architecture | str, ceiling: DeviceCeiling
) -> dict[str, Any]:
    answers = sheet.read_answers()
    new_tokens = [answer.thinking_tokens + answer.answer_tokens for answer in answers]
    prompt_tokens = [answer.prompt_tokens for answer in answers]
    flops = (
        absent(architecture)
        if isinstance(architecture, str)
        else Amount(
            float(answer_flops(architecture, np.array(prompt_tokens), np.array(new_tokens)).sum())
        )
    )
    seconds = sheet.device_seconds()
    return {
        "decoding": sheet.decoding_name,
        "task": sheet.task,
        "shots": len(sheet.prompts.shots),
        "answers": len(answers),
        "truncated": sum(answer.truncated for answer in answers),
        "prompt_tokens": sum(prompt_tokens),
        "thinking_tokens": sum(answer.thinking_tokens for answer in answers),
        "answer_tokens": sum(answer.answer_tokens for answer in answers),
        "inference_flops": flops.value,
        "device_seconds": seconds,
        "utilisation": ceiling.share(flops, seconds).value,
        "batch_halvings": len(sheet.halvings()),
    }


def _measured(
    setup: Setup,
    rows: Sequence[dict[str, Any]],
    distinct: Sequence[dict[str, Any]],
    usage: DeviceUsage,
    ceiling: DeviceCeiling,
    *,
    architecture: Architecture | str,
    made_earlier: bool,
) -> dict[str, Any]:
    """Device, seconds, memory and metrics; `distinct` are the rows without shared sheets twice."""
    seconds = sum(row["device_seconds"] for row in distinct)
    fields = record_fields(usage)
    unmeasured = setup.engine.unmeasured
    metrics = {**fields["metrics"], **dict.fromkeys(unmeasured)}
    missing = {**fields["absent"], **unmeasured}
    # Peak memory and energy of this run alone would pass for those of all answers.
    if made_earlier:
        missing = dict.fromkeys(metrics, MADE_EARLIER)
        metrics = dict.fromkeys(metrics)
    flops = _total(distinct, architecture)
    reasons = {"flops.inference": flops.reason} if flops.reason else {}
    share = ceiling.share(flops, seconds)
    reasons |= {"utilisation": share.reason} if share.reason else {}
    counts = {name: sum(row[name] for row in rows) for name in ("answers", "truncated")}
    counts["batch_halvings"] = sum(row["batch_halvings"] for row in distinct)
    return {
        **fields,
        "device_seconds": {usage.device.kind: seconds},
        "gpu_hours": 0.0 if usage.device.kind == "cpu" else seconds / 3600,
        "metrics": {**metrics, **counts, "utilisation": share.value},
        "absent": missing | reasons,
    }


def digests_read(setup: Setup, cells: Sequence[AnsweringCell]) -> dict[str, str]:
    """Digests of what a student's answers come from: base, weights of each cell, tasks."""
    folders = {str(cell.folder): digest_cell(cell.folder, cell.method) for cell in cells}
    tasks = {str(task_path(task)): digest_path(task_path(task)) for task in setup.params.tasks}
    return {setup.base.name: setup.base.digest, **folders, **tasks}
