"""A tiny study that has run to its end under Git and DVC; tests plant faults in copies of it."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.faults.conftest import smallest
from tests.pipeline.repository import ROOT, run_stages

from breakeven.params import Params


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with its report, as `dvc repro` would leave it; not to be changed."""
    return finish(tmp_path_factory.mktemp("finished"), smallest(), "t30k")


def finish(folder: Path, tree: dict[str, Any], *bases: str) -> Path:
    """Run a study in an empty folder to its report, in this process, and tell DVC of it."""
    from breakeven.pipeline.code import look_again
    from breakeven.pipeline.inputs import write_inputs, write_lessons, write_texts
    from breakeven.report.stage import run as report
    from breakeven.score.stage import run as score

    for name in ("dvc.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "stages").symlink_to(ROOT / "stages")
    # Of its own, for tests change a base.
    for base in bases:
        shutil.copytree(ROOT / "assets/tabletop" / base, folder / "assets/tabletop" / base)
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    params = Params.model_validate(tree)
    with contextlib.chdir(folder):
        look_again()  # a test before may have looked in a folder without stages
        write_inputs(params)
        run_stages(params)
        write_texts(params)
        write_lessons(params)
        score(params)
        report(params)
        shutil.rmtree(".work")
        for command in (
            ["git", "init", "--quiet"],
            [sys.executable, "-m", "dvc", "init", "--quiet"],
            [sys.executable, "-m", "dvc", "commit", "--force", "--quiet"],
        ):
            subprocess.run(command, check=True)
    return folder


@pytest.fixture
def here(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the study, as the working directory."""
    folder = tmp_path / "here"
    shutil.copytree(finished, folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder
