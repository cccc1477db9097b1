"""What the `report` stage does: collect the study, build its report, record that."""

import time
from collections.abc import Mapping
from typing import Any

from breakeven.browse.pieces import samples_of
from breakeven.core.files import digest_file, digest_path, folder_files
from breakeven.core.layout import REPORT, REPORT_SAMPLES, items_path
from breakeven.core.records import Record, versions
from breakeven.params import Params
from breakeven.report.write import build_report
from breakeven.study.collect import collect, item_rows

# Groups of metrics.json.
OF_NO_CELL = ("router", "law")


def run(params: Params) -> None:
    """Write `report/` and `records/report.json` for the study in the working directory."""
    started = time.perf_counter()
    results, summary = collect(params)
    numbers = build_report(results, summary, REPORT, samples_of(params, item_rows(params)))
    files = folder_files(REPORT)
    read = [file for file in files if not file.is_relative_to(REPORT_SAMPLES)]
    Record(
        stage="report",
        cell={},
        parameters=params.report.model_dump(mode="json"),
        metrics={"cells": len(results.cells), "files": len(files)}
        # What belongs to no cell of the study is shown with the report's own run.
        | {
            f"{group}/{name}": value
            for group in OF_NO_CELL
            for name, value in _flat(numbers[group]).items()
        },
        device_seconds={"cpu": time.perf_counter() - started},
        inputs={str(items_path()): digest_file(items_path())},
        # Of thousands of pieces the folder alone.
        outputs={file.as_posix(): digest_file(file) for file in read}
        | {REPORT_SAMPLES.as_posix(): digest_path(REPORT_SAMPLES)},
        versions=versions(),
    ).write()


def _flat(tree: Mapping[str, Any]) -> dict[str, float]:
    """Numbers by the path to them: `t2m/reasoning/prompt/points`."""
    found: dict[str, float] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= {f"{name}/{below}": number for below, number in _flat(value).items()}
        else:
            found[name] = value
    return found
