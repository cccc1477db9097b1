"""The command `breakeven check`."""

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.checking.changes import OPEN, TEACHER
from tests.conftest import ROOT
from tests.pipeline.repository import TINY


def command(folder: Path, tree: dict[str, Any], **environment: str) -> Any:
    (folder / "p.yaml").write_text(json.dumps(tree))
    script = (
        "import sys; from breakeven.cli import main\n"
        "sys.argv = ['breakeven', 'check', 'p.yaml']\n"
        "try: main()\n"
        "finally: print('heavy', sorted({'torch', 'transformers', 'lm_eval', 'reasoning_gym', "
        "'datasets'} & set(sys.modules)))"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )


def test_the_command_imports_no_library_that_no_row_needs_and_shows_no_key(project: Path) -> None:
    tree = deepcopy(TINY)
    tree["students"] = {"a": {"base": {"kind": "hub", "repo": "a/b", "revision": "main"}}}
    tree["teacher"] = TEACHER
    done = command(project, tree, A_KEY_NOBODY_HAS="sk-secret")
    assert done.returncode == 0, done.stderr
    assert "heavy []" in done.stdout
    assert "sk-secret" not in done.stdout + done.stderr
    assert "is not set" not in done.stderr
    assert "warning: p.yaml: students.a.learning_rates: one learning rate" in done.stderr


def test_the_command_tells_every_mistake_and_ends_with_2(project: Path) -> None:
    tree = deepcopy(TINY)
    tree["tasks"]["a"] = {"kind": "jsonl", "path": "gone.jsonl", **OPEN}
    tree["tasks"]["b"] = {"kind": "catalogue", "benchmark": "gone"}
    done = command(project, tree)
    assert done.returncode == 2
    assert "p.yaml: tasks.a.path: value is 'gone.jsonl'" in done.stderr
    assert "p.yaml: tasks.b.benchmark: 'gone' is not in the catalogue" in done.stderr
    assert "Traceback" not in done.stderr
