"""`breakeven run` in real DVC repositories: the same results as `dvc repro`, whatever happens.

The tests share their repositories and build on one another, in the order in which they stand here.
"""

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.pipeline.repository import SCRATCH_SIZE, TINY, Study, make_study

from breakeven.core.files import digest_path

pytestmark = pytest.mark.study

# What holds no seconds.
EXACT = ("data", "inputs", "models", "answers", "scores")
LONG = "models/students/t30k/ift/0"


def tiny() -> dict[str, Any]:
    params = deepcopy(TINY)
    params["students"]["t5k"] = deepcopy(SCRATCH_SIZE)
    params["training"] |= {"threads": 1, "checkpoint_steps": 5}
    params["answering"] |= {"threads": 1}
    return params


def study_in(folder: Path) -> Iterator[Study]:
    yield make_study(folder, tiny())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    yield from study_in(tmp_path_factory.mktemp("serial") / "study")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    yield from study_in(tmp_path_factory.mktemp("run") / "study")


def locked(study: Study) -> dict[str, Any]:
    return yaml.safe_load((study.folder / "dvc.lock").read_text())["stages"]


def paths(entry: dict[str, Any]) -> list[str]:
    return [file["path"] for part in ("deps", "outs") for file in entry.get(part, [])]


def exact(study: Study) -> dict[str, str]:
    return {name: digest_path(study.folder / name) for name in EXACT}


def record(study: Study, name: str) -> dict[str, Any]:
    return json.loads((study.folder / f"records/{name}.json").read_text())


def test_results_and_locks_are_those_of_dvc_repro(serial: Study, study: Study) -> None:
    serial.repro()
    told = study.run("breakeven", "run", "--jobs", "2").stdout
    assert "track:" in told
    assert "22 of 22 done" in told
    assert exact(study) == exact(serial)
    ours, theirs = locked(study), locked(serial)
    assert list(ours) == list(theirs)
    assert {name: paths(entry) for name, entry in ours.items()} == {
        name: paths(entry) for name, entry in theirs.items()
    }
    for name in ("train/t30k/ift/0", "answer/t30k", "base/t5k"):
        for part in ("cell", "parameters", "tokens", "flops", "inputs", "outputs", "versions"):
            assert record(study, name)[part] == record(serial, name)[part]
        assert record(study, name)["device_seconds"]["cpu"] > 0


def test_nothing_is_left_for_dvc_to_do(study: Study) -> None:
    assert study.repro() == {"track"}
    assert study.run("breakeven", "status").stdout.startswith("nothing is due but track")
    assert "1 of 1 done" in study.run("breakeven", "run").stdout


def test_an_edit_that_is_undone_comes_from_the_run_cache(study: Study) -> None:
    params = study.params()
    edited = deepcopy(params)
    edited["answering"]["max_new_tokens"] = 20
    study.write_params(edited)
    told = study.run("breakeven", "run", "--jobs", "2").stdout
    assert "answer@t30k:" in told
    assert "train@" not in told
    study.write_params(params)
    told = study.run("breakeven", "run", "--jobs", "2").stdout
    assert "answer@" not in told
    assert study.repro() == {"track"}


def test_a_cell_that_fails_holds_up_only_what_reads_it(study: Study) -> None:
    good = study.params()
    bad = deepcopy(good)
    bad["seeds"] = [0, 1]
    bad["students"]["t5k"]["learning_rates"] = {"ift": 1e30}
    study.write_params(bad)
    failed = study.run("breakeven", "run", "--jobs", "2", check=False)
    assert failed.returncode == 2
    assert "Traceback" not in failed.stdout + failed.stderr
    assert (
        "error: train@t5k-ift-0: params.yaml: training.learning_rate: value is 1e+30"
        in failed.stderr
    )
    assert "that need them did not run" in failed.stderr
    assert "train@t30k-reasoning-1:" in failed.stdout
    assert "answer@t30k:" in failed.stdout
    assert "answer@t5k:" not in failed.stdout
    due = json.loads(study.run("breakeven", "status", "--json").stdout)
    cells = {one["cell"] for one in due["due"]}
    assert {"train@t5k-ift-0", "train@t5k-ift-1", "answer@t5k"} <= cells
    assert "train@t5k-reasoning-1" not in cells
    study.write_params(good)
    study.run("breakeven", "run", "--jobs", "2")
    assert study.repro() == {"track"}
