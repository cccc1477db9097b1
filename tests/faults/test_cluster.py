"""`breakeven run --ray-address` on a cluster of two nodes here: who may work, and a node that dies.

The tests share their cluster and study and build on one another, in the order in which they stand.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import Study, make_study, wait_for
from tests.running.ray_nodes import RayNodes, here, ray_nodes
from tests.running.test_run import tiny

pytestmark = pytest.mark.faults

# Both are trained at once, one on each node; long enough to be killed in the middle.
TRAININGS = ("train@t30k-ift-0", "train@t30k-reasoning-0")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    params = tiny()
    params["training"] |= {"epochs": 400, "checkpoint_steps": 20}
    made = make_study(tmp_path_factory.mktemp("cluster") / "study", params)
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def nodes(study: Study) -> Iterator[RayNodes]:
    with ray_nodes() as made:
        made.add(here(study.folder))
        yield made


def run_on(study: Study, nodes: RayNodes) -> subprocess.CompletedProcess[str]:
    return study.run("breakeven", "run", "--ray-address", nodes.address, check=False)


def refused(done: subprocess.CompletedProcess[str], study: Study) -> str:
    """The one error of a run that has begun nothing."""
    assert done.returncode == 3
    assert "Traceback" not in done.stdout + done.stderr
    assert not (study.folder / "records").exists()
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return line


def test_a_node_with_another_package_is_refused(
    study: Study, nodes: RayNodes, tmp_path: Path
) -> None:
    package = tmp_path / "peft-0.0.1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: peft\nVersion: 0.0.1\n")
    environment = here(study.folder)
    other = nodes.add({**environment, "PYTHONPATH": f"{tmp_path}:{environment['PYTHONPATH']}"})
    line = refused(run_on(study, nodes), study)
    nodes.kill(other)
    assert re.search(r"node 127.0.0.1: peft is 0.0.1 there, \d[\d.]* here; have all nodes", line)


def test_a_node_with_other_code_is_refused(study: Study, nodes: RayNodes, tmp_path: Path) -> None:
    source = tmp_path / "src"
    shutil.copytree(study.folder / "src", source)
    losses = source / "breakeven/train/losses.py"
    losses.write_text(f"{losses.read_text()}\nANOTHER = 1\n")
    other = nodes.add({**here(study.folder), "PYTHONPATH": str(source)})
    line = refused(run_on(study, nodes), study)
    nodes.kill(other)
    assert "node 127.0.0.1: src/breakeven/train/losses.py is another there; have all" in line


@pytest.fixture(scope="module")
def doomed(study: Study, nodes: RayNodes) -> Any:
    """The second node."""
    return nodes.add(here(study.folder))


def test_ctrl_c_reaches_the_cells_on_both_nodes(study: Study, nodes: RayNodes, doomed: Any) -> None:
    running = study.start("breakeven", "run", "--ray-address", nodes.address)
    wait_for(lambda: all(steps(study, name) >= 60 for name in TRAININGS))
    running.send_signal(signal.SIGINT)
    told, _ = running.communicate(timeout=120)
    assert running.returncode == 130, told
    assert "what was done is kept" in told
    # Each was told and ended by itself: a process that is killed leaves its progress behind.
    for name in TRAININGS:
        assert not (study.folder / f".work/run/{name}.progress.json").exists()


def test_a_node_that_is_killed_takes_nothing_with_it_but_what_it_was_at(
    study: Study, nodes: RayNodes, doomed: Any
) -> None:
    params = study.params()
    params["training"]["epochs"] += 1  # both begin anew
    study.write_params(params)
    running = study.start("breakeven", "run", "--ray-address", nodes.address)
    wait_for(lambda: all(steps(study, name) >= 60 for name in TRAININGS))
    finished = study.records()
    nodes.kill(doomed)
    again = wait_for(lambda: resumed_at(study))
    told, _ = running.communicate(timeout=600)
    assert running.returncode == 0, told
    (lost,) = re.findall(r"^(\S+): its worker is gone; once more", told, re.MULTILINE)
    assert lost in TRAININGS
    assert again[lost] >= 40  # its last checkpoint, at most 20 steps before
    ended = re.findall(r"^(\S+): [\d.]+ \w+ .*\(\d+ of \d+ done", told, re.MULTILINE)
    assert len(ended) == len(set(ended))
    assert {*TRAININGS, "answer@t30k", "answer@t5k", "report", "track"} <= {*ended}
    assert len(finished) > 10
    assert finished.items() <= study.records().items()
    assert study.repro() == {"track"}


def progress(study: Study, name: str) -> dict[str, int]:
    file = study.folder / f".work/run/{name}.progress.json"
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return {"done": 0, "first_done": 0}


def steps(study: Study, name: str) -> int:
    return progress(study, name)["done"]


def resumed_at(study: Study) -> dict[str, int]:
    """The step that a training went on from, once one does."""
    found = {name: progress(study, name)["first_done"] for name in TRAININGS}
    return {name: step for name, step in found.items() if step}
