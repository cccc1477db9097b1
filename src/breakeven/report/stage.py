"""What the `report` stage does: collect the study, build its report, record that."""

import time

from breakeven.core.files import digest_file
from breakeven.core.layout import REPORT, items_path
from breakeven.core.records import Record, versions
from breakeven.params import Params
from breakeven.report.write import build_report
from breakeven.study.collect import collect


def run(params: Params) -> None:
    """Write `report/` and `records/report.json` for the study in the working directory."""
    started = time.perf_counter()
    results, summary = collect(params)
    build_report(results, summary, REPORT)
    files = sorted(file for file in REPORT.rglob("*") if file.is_file())
    Record(
        stage="report",
        cell={},
        parameters=params.report.model_dump(mode="json"),
        metrics={"cells": len(results.cells), "files": len(files)},
        device_seconds={"cpu": time.perf_counter() - started},
        inputs={str(items_path()): digest_file(items_path())},
        outputs={file.as_posix(): digest_file(file) for file in files},
        versions=versions(),
    ).write()
