"""The notebook runs on a finished study, from top to bottom, and has the report's numbers.

Its cells are run as one script: nothing in them is of a notebook's own, and the tests need no
server of kernels.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.docs.blocks import ROOT
from tests.doctor.conftest import finished  # noqa: F401 - a fixture

from breakeven.frontiers.pareto import on_frontier

NOTEBOOK = ROOT / "docs/notebooks/results.ipynb"
# What a reader sees below the cells, for the test to compare.
TOLD = """
figure = plt.gcf()
print(json.dumps({
    "cells": cells.to_dict("records"),
    "gains": gains.to_dict("records"),
    "trained": len(training),
    "panels": len([axes for axes in figure.axes if axes.has_data()]),
}))
"""


def sources(notebook: Path = NOTEBOOK) -> list[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "\n".join([*sources(), *more])],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )


def test_it_has_the_numbers_of_the_report(finished: Path) -> None:  # noqa: F811 - the fixture
    (finished / "docs").mkdir(exist_ok=True)  # it is opened where it lies
    done = run(finished / "docs", TOLD)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    metrics = json.loads((finished / "report/metrics.json").read_text())
    rows = told["cells"]
    assert len(rows) == sum(
        len(families) for arms in metrics["accuracy"].values() for families in arms.values()
    )
    for row in rows:
        student, arm, family = row["student"], row["arm"], row["family"]
        assert row["correct"] == pytest.approx(
            metrics["accuracy"][student][arm][family], rel=5e-4, abs=5e-5
        )
        cost = metrics["cost"][student][arm]["inference_flops"][family]
        assert row["inference_flops"] == pytest.approx(cost, rel=5e-4)
    families = {row["family"] for row in rows}
    for family in families:
        of_family = [row for row in rows if row["family"] == family]
        expected = on_frontier(
            np.array([row["inference_flops"] for row in of_family]),
            np.array([row["correct"] for row in of_family]),
        )
        assert [row["frontier"] for row in of_family] == expected.tolist()
    assert told["panels"] == len(families)
    assert told["trained"] == len(list(finished.glob("records/train/*/*/*.json")))
    assert {row["against"] for row in told["gains"]} == {"ift"}


def test_where_no_study_has_run_it_says_so(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("run the study first: make study")
    assert "Traceback" not in done.stderr


def test_it_is_kept_without_what_it_printed() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert {(cell["execution_count"], *cell["outputs"]) for cell in code} == {(None,)}
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
