"""A tiny study that has run from its tasks to its scores; tests damage copies of it."""

import contextlib
import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import ROOT, TINY, run_stages

from breakeven.params import Params

# What a test may want to break is copied; the work of a cell is some hundred milliseconds.
STUDENT = "t30k"


def smallest() -> dict[str, Any]:
    """The study of the tests of the pipeline, with as little work as a stage can have."""
    tree = copy.deepcopy(TINY)
    for source in tree["sources"].values():
        source["prompts"] = 12
    for task in tree["tasks"].values():
        task["items"] = 6
    tree["training"] |= {"batch_tokens": 256, "checkpoint_steps": 1, "threads": 1}
    tree["answering"] |= {"max_new_tokens": 8, "batch_size": 3, "threads": 1}
    return tree


def study() -> Params:
    """Its params."""
    return Params.model_validate(smallest())


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study as it lies when its scores have been written; not to be changed."""
    import yaml

    from breakeven.score.stage import run as score

    folder = tmp_path_factory.mktemp("done")
    (folder / "assets").symlink_to(ROOT / "assets")
    (folder / "params.yaml").write_text(yaml.safe_dump(smallest(), sort_keys=False))
    with contextlib.chdir(folder):
        run_stages(study())
        score(study())
    return folder


@pytest.fixture
def ran(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the study, as the working directory."""
    folder = tmp_path / "ran"
    shutil.copytree(done, folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def one_line(text: str) -> str:
    """What was said, which has to be one line."""
    assert text.strip(), "nothing was said"
    assert "\n" not in text.strip()
    return text.strip()
