"""One small study and its report, built once and read by many tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.report.synthetic import write_study

from breakeven.report.stage import run
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.study.collect import collect
from breakeven.study.summary import StudySummary


class Built(NamedTuple):
    """A project folder with its report, and what it was built from."""

    folder: Path
    results: Results
    summary: StudySummary
    view: StudyView

    @property
    def page(self) -> str:
        return (self.folder / "report/index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Two sizes, four arms, twelve tasks of 80 items."""
    folder = tmp_path_factory.mktemp("report")
    before = Path.cwd()
    os.chdir(folder)
    try:
        params = write_study(items=80, students=("t30k", "t2m"), draws=200)
        run(params)
        results, summary = collect(params)
    finally:
        os.chdir(before)
    yield Built(folder, results, summary, view_of(results, summary))
