"""The tutorial's commands, in the order in which they stand there.

The study of its first part has run already: that a study runs from nothing is tested in
`tests/running` and `tests/pipeline`. What the reader adds to it is run here.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from tests.docs.blocks import ROOT, Block, blocks, commands
from tests.doctor.conftest import finish
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.layout import items_path

pytestmark = pytest.mark.study

PAGE = list(blocks(ROOT / "docs/tutorial.md"))
# Of the shell, or of a fresh machine.
NOT_RUN = {".", "make"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project where `breakeven run` has been through the smallest profile."""
    smallest = yaml.safe_load((ROOT / "profiles/smoke.yaml").read_text())
    folder = finish(tmp_path_factory.mktemp("tutorial"), smallest, "t30k", "t120k", "t270k")
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    (folder / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (folder / "mlruns").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PYTHONPATH", str(ROOT / "src"))
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


def say(words: list[str]) -> str:
    """What a command prints; those that work with DVC are processes of their own."""
    if words[0] in NOT_RUN:
        return ""
    assert words[0] == "breakeven"
    if words[1] in ("run", "status"):
        done = subprocess.run(
            [sys.executable, "-c", "from breakeven.cli import main; main()", *words[1:]],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    # The page writes over a params.yaml of the repository, which is in no commit here.
    told = CliRunner().invoke(app, [*words[1:], *(["--force"] if words[1] == "use" else [])])
    assert told.exit_code == 0, f"{' '.join(words)}: {told.output}{told.exception}"
    return told.output


def do(block: Block) -> str:
    if block.language == "json":
        Path("mine.jsonl").write_text(block.text)
        return ""
    return "".join(say(words) for words in commands(block))


def test_the_tutorial_leads_from_a_study_to_a_decision(project: Path) -> None:
    run, look, lines, task, size, decide = PAGE
    told = do(run)
    assert "study 'smoke': 1 student" in told
    told = do(look)
    assert "reference:" in told
    assert "scores/items.parquet" in told
    do(lines)
    assert len([json.loads(line) for line in Path("mine.jsonl").read_text().splitlines()]) == 4
    assert "task mine added" in do(task)
    told = do(size)
    assert "answer@t120k: tasks.mine is new" in told
    assert "train@t270k-reasoning-0" in told
    scored = pd.read_parquet(items_path())
    assert set(scored[scored["task"] == "mine"]["student"]) == {"t120k", "t270k"}
    told = do(decide)
    assert told.count("math-open, 1.000e+06 queries: ") == 2
    assert "modelled on H100" in told
