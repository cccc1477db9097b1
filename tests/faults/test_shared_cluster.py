"""Cells of a cluster whose GPUs another job holds: they wait, and the run goes on meanwhile."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

pytestmark = pytest.mark.faults


def test_cells_wait_for_gpus_that_another_job_holds(project: Path) -> None:
    Path("stages").mkdir()
    Path("stages/texts.py").write_text("print('done')")
    done = subprocess.run(
        [sys.executable, ROOT / "tests/running/shared_cluster.py"],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    # The nodes are taken for what they have: enough in all, and free some time.
    assert told.pop("devices") == [1, 1]
    assert max(one["longest"] for one in told.values()) < 2.0, told
    for name in ("both", "one"):
        assert (told[f"{name} held"]["ended"], told[f"{name} held"]["waiting"]) == (None, [name])
        exit_code, _, line = told[name]["ended"]
        assert (exit_code, line, told[name]["waiting"]) == (0, "done", [])
    # Its worker cannot start any more: the run begins it elsewhere, or says what is missing.
    assert len(told["lost"]["ended"]) == 1
    assert told["lost"]["waiting"] == ["one"]
