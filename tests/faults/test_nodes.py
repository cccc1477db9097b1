"""`breakeven run` with a training over two nodes: refused without them, and one that dies.

The tests share their cluster and study and build on one another, in the order in which they stand.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import psutil
import pytest
from tests.pipeline.repository import ROOT, TINY, Study, make_study, wait_for
from tests.running.ray_nodes import RayNodes, here, ray_nodes

pytestmark = pytest.mark.faults

LAUNCH = "profiles/accelerate/cpu-2-nodes.yaml"
TRAINED = "train@t30k-ift-0"
RECORD = "records/train/t30k/ift/0.json"


def least() -> dict[str, Any]:
    """The least study that trains: one arm, one source, one task; long enough to be killed."""
    params = deepcopy(TINY)
    del params["sources"]["lookup"], params["tasks"]["lookup-mc"], params["arms"]["reasoning"]
    params["corpora"]["general"]["sources"] = ["chain"]
    params["training"] |= {"threads": 1, "epochs": 600, "checkpoint_steps": 10, "launch": LAUNCH}
    params["answering"] |= {"threads": 1}
    return params


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    made = make_study(tmp_path_factory.mktemp("nodes") / "study", least())
    shutil.copytree(ROOT / "profiles/accelerate", made.folder / "profiles/accelerate")
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def nodes(study: Study) -> Iterator[RayNodes]:
    with ray_nodes() as made:
        made.add(here(study.folder))
        yield made


def refused(done: subprocess.CompletedProcess[str], study: Study, line: str) -> None:
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert not [*study.folder.glob(".work/training/*/usage*.jsonl")]
    assert [one for one in done.stderr.splitlines() if one.startswith(f"error: {line}")]


def test_without_enough_nodes_nothing_begins(study: Study, nodes: RayNodes) -> None:
    line = f"{LAUNCH}: num_machines: value is 2; this run has 1 node; use --ray-address of a"
    refused(study.run("breakeven", "run", check=False), study, line)
    on_one = study.run("breakeven", "run", "--ray-address", nodes.address, check=False)
    refused(on_one, study, line)
    assert not (study.folder / "records").exists()
    serial = study.run("dvc", "repro", TRAINED, check=False)
    refused(serial, study, f"{LAUNCH}: num_machines: value is 2; several machines train together")


@pytest.fixture(scope="module")
def others(study: Study, nodes: RayNodes) -> list[Any]:
    """The second node, and a third that has nothing to do."""
    return [nodes.add(here(study.folder)), nodes.add(here(study.folder))]


def test_sigterm_of_a_scheduler_ends_the_processes_of_all_nodes(
    study: Study, nodes: RayNodes, others: list[Any]
) -> None:
    running = study.start("breakeven", "run", "--ray-address", nodes.address)
    wait_for(lambda: checkpoint(study))
    processes = training_processes(study)
    assert len(processes) == 2
    running.send_signal(signal.SIGTERM)
    told, _ = running.communicate(timeout=120)
    assert running.returncode == 130, told
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive


def test_a_node_that_is_killed_has_the_training_begin_on_others_from_its_checkpoint(
    study: Study, nodes: RayNodes, others: list[Any]
) -> None:
    before = checkpoint(study)
    running = study.start("breakeven", "run", "--ray-address", nodes.address)
    wait_for(lambda: checkpoint(study) > before)
    processes = training_processes(study)
    # One of those that train, and not the head.
    used = {
        ancestor
        for process in processes
        for parent in process.parents()
        for ancestor in others
        if parent.pid == raylet(ancestor)
    }
    finished = study.records()
    nodes.kill(used.pop())
    told, _ = running.communicate(timeout=600)
    assert running.returncode == 0, told
    assert f"{TRAINED}: its worker is gone; once more, from its checkpoint" in told
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive
    ended = re.findall(r"^(\S+): [\d.]+ \w+ .*\(\d+ of \d+ done", told, re.MULTILINE)
    assert len(ended) == len(set(ended))
    assert {TRAINED, "answer@t30k", "report", "track"} <= {*ended}
    assert finished.items() <= study.records().items()
    log = (study.folder / f".work/run/{TRAINED}.log").read_text()
    assert int(re.findall(r"resumed at (\d+) of", log)[0]) >= 10
    record = json.loads((study.folder / RECORD).read_text())
    assert record["details"]["processes"] == 2
    assert study.repro() == {"track"}


def raylet(node: Any) -> int:
    return int(node.all_processes["raylet"][0].process.pid)


def checkpoint(study: Study) -> int:
    """When the last checkpoint was written, 0 where there is none."""
    files = [*study.folder.glob(".work/training/*/checkpoint.safetensors")]
    return max((file.stat().st_mtime_ns for file in files), default=0)


def training_processes(study: Study) -> list[psutil.Process]:
    """Those that train, of every node."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        if "stages/train.py" in words and process.info["cwd"] == str(study.folder):
            found.append(process)
    return found
