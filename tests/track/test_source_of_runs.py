"""A run in MLflow names the commit and the data that it was tracked with."""

import hashlib
from pathlib import Path

import pytest
from tests.track.shown_runs import WriteStudy, runs
from tests.tracking.test_source import BRANCH, COMMIT, DIRTY, LOCK, git

from breakeven.track.stage import track

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def test_a_run_names_commit_branch_changes_and_lock(write_study: WriteStudy) -> None:
    params = write_study()
    git("init", "--quiet", "--initial-branch", "tries")
    Path("dvc.lock").write_text(LOCK)
    Path(".gitignore").write_text("mlruns\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "The study")
    Path("params.yaml").write_text(Path("params.yaml").read_text() + "# changed since\n")
    track(params)
    shown = {run.info.run_name: run.data.tags for run in runs().values()}
    for name in ("t30k reasoning", "report"):
        assert shown[name][COMMIT] == git("rev-parse", "HEAD")
        assert (shown[name][BRANCH], shown[name][DIRTY]) == ("tries", "true")
        assert shown[name]["dvc.lock.sha256"] == hashlib.sha256(LOCK.encode()).hexdigest()
