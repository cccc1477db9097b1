"""`breakeven run` in real DVC repositories: the same results as `dvc repro`, whatever happens.

The tests share their repositories and build on one another, in the order in which they stand here.
"""

import json
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from tests.pipeline.repository import SCRATCH_SIZE, TINY, Study, make_study, wait_for

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


def study_in(folder: Path, python: Path | None = None) -> Iterator[Study]:
    yield make_study(folder, tiny(), python)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory, preloaded: Path) -> Iterator[Study]:
    yield from study_in(tmp_path_factory.mktemp("serial") / "study", preloaded)


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


def training(study: Study, steps: int) -> dict[str, Any] | None:
    """How far the long training is, once it has done so many steps."""
    file = study.folder / ".work/run/train@t30k-ift-0.progress.json"
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return told if told["done"] >= steps else None


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


BEGUN_TWICE = """
from breakeven.params import load_params
from breakeven.running.due_graph import due_graph
with due_graph(load_params()) as graph:
    print([graph.begin(graph.cells["train@t30k-ift-0"]) for _ in range(2)])
"""


def test_a_cell_that_was_lost_is_not_taken_for_its_last_run(study: Study) -> None:
    params = study.params()
    edited = deepcopy(params)
    edited["training"]["epochs"] = 2
    study.write_params(edited)
    told = study.run(sys.executable, "-c", BEGUN_TWICE).stdout
    assert told.splitlines()[-1] == "[True, True]"
    assert not (study.folder / LONG).exists()
    study.write_params(params)


def refuses_what_the_cache_does_not_take(study: Study) -> None:
    """A cell whose outputs the disk of DVC's cache does not take has failed as any other."""
    runs = study.folder / ".dvc/cache/runs"
    kept = runs.rename(runs.with_name("kept"))
    runs.touch()
    failed = study.run("breakeven", "run", "--jobs", "2", check=False)
    assert failed.returncode == 3
    assert "Traceback" not in failed.stdout + failed.stderr
    assert "error: texts: " in failed.stderr
    assert "Not a directory; change its rights or name another place" in failed.stderr
    assert "1 failed, 11 that need them did not run" in failed.stderr
    runs.unlink()
    kept.rename(runs)


def test_an_edit_that_is_undone_comes_from_the_run_cache(study: Study) -> None:
    params = study.params()
    edited = deepcopy(params)
    edited["answering"]["max_new_tokens"] = 20
    study.write_params(edited)
    refuses_what_the_cache_does_not_take(study)
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
    line = "train@t5k-ift-1: params.yaml: training.learning_rate: value is 1e+30"
    assert f"error: train@t5k-ift-0, {line}" in failed.stderr
    assert failed.stderr.count("1e+30") == failed.stdout.count("1e+30") == 1
    assert "that need them did not run" in failed.stderr
    assert "train@t30k-reasoning-1:" in failed.stdout
    assert "answer@t30k:" in failed.stdout
    assert "answer@t5k:" not in failed.stdout
    due = json.loads(study.run("breakeven", "status", "--json").stdout)
    cells = {one["cell"] for one in due["due"]}
    assert {"train@t5k-ift-0", "train@t5k-ift-1", "answer@t5k"} <= cells
    assert "train@t5k-reasoning-1" not in cells
    kept = {one["cell"]: one for one in due["failures"]}
    assert kept.keys() == {"train@t5k-ift-0", "train@t5k-ift-1"}
    assert "1e+30" in kept["train@t5k-ift-1"]["reason"]
    assert "1e+30" in (study.folder / kept["train@t5k-ift-1"]["log"]).read_text()
    study.write_params(good)
    assert "train@t5k-ift-0 failed: " in study.run("breakeven", "status").stdout
    study.run("breakeven", "run", "--jobs", "2")
    assert "failed" not in study.run("breakeven", "status").stdout
    assert study.repro() == {"track"}


def test_ctrl_c_ends_all_and_the_next_run_goes_on(study: Study) -> None:
    params = study.params()
    params["training"]["epochs"] = 60
    study.write_params(params)
    running = study.start("breakeven", "run", "--jobs", "2")
    wait_for(lambda: training(study, steps=12))
    refused = study.run("breakeven", "run", check=False)
    assert refused.returncode == 3
    assert "error: DVC or `breakeven run` is at work here" in refused.stderr
    seen = study.run("breakeven", "status").stdout.splitlines()
    assert f"a run is at work (process {running.pid}): " in seen[0]
    assert any(re.match(r"train@t30k-ift-0: \d+ of \d+, loss .* left$", line) for line in seen)
    at_work = json.loads(study.run("breakeven", "status", "--json").stdout)["run"]
    assert 0 <= at_work["done"] < at_work["total"]
    assert "train@t30k-ift-0" in {one["cell"] for one in at_work["running"]}
    children = psutil.Process(running.pid).children(recursive=True)
    assert len(children) > 2
    running.send_signal(signal.SIGINT)
    told, _ = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "what was done is kept" in told
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    study.run("breakeven", "run", "--jobs", "2")
    assert study.repro() == {"track"}


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("nonsense", 2, "value is 'nonsense'; use host:port"),
        ("127.0.0.1:1", 3, "no Ray cluster of this version answers there"),
    ],
)
def test_an_address_where_no_cluster_answers_is_one_line_and_the_wait_is_bounded(
    study: Study, address: str, code: int, words: str
) -> None:
    started = time.monotonic()
    done = study.run("breakeven", "run", "--ray-address", address, check=False)
    assert time.monotonic() - started < 120
    assert done.returncode == code
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: --ray-address")
    assert words in line


def test_something_else_that_listens_is_no_cluster(study: Study) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        done = study.run("breakeven", "run", "--ray-address", address, check=False)
    assert done.returncode == 3
    assert f"error: --ray-address {address}: no Ray cluster" in done.stderr
    assert len(done.stderr.splitlines()) == 1
