"""A tiny study with a full, a LoRA and a control arm that has run to its scores."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.faults.conftest import STUDENT, smallest
from tests.pipeline.repository import ROOT, run_stages

from breakeven.params import Params

__all__ = ["STUDENT", "exported_study"]


def tree() -> dict[str, Any]:
    found = smallest()
    # Enough that some content is on the tune side.
    found["sources"]["chain"]["prompts"] = 40
    found["corpora"]["general"]["tuning"] = True
    learnt = {"corpus": "general", "reasoning_share": 1.0}
    found["arms"] = {
        "base": {"method": "none", "shots": 1},
        "ift": {**learnt, "reasoning_share": 0.0, "method": "full"},
        "reasoning": {**learnt, "method": "lora"},
        "shuffled": {**learnt, "method": "full", "control": True, "traces": "shuffled"},
    }
    found["answering"]["max_new_tokens"] = 40
    return found


def exported_study() -> Params:
    return Params.model_validate(tree())


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study as it lies when its scores have been written; not to be changed."""
    from breakeven.score.stage import run as score

    folder = tmp_path_factory.mktemp("scored")
    (folder / "assets").symlink_to(ROOT / "assets")
    (folder / "params.yaml").write_text(yaml.safe_dump(tree(), sort_keys=False))
    with contextlib.chdir(folder):
        run_stages(exported_study())
        score(exported_study())
    return folder


@pytest.fixture
def ran(scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the study, as the working directory."""
    folder = tmp_path / "ran"
    shutil.copytree(scored, folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder
