"""Live curves: they arrive while a training runs, and never stand in its way."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from breakeven.params import Params
from breakeven.tracking.live import LiveRun
from breakeven.tracking.runs import stored_runs
from breakeven.tracking.store import current_store

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

WriteStudy = Callable[..., Params]
TRAINING = """
import sys, time
from breakeven.params import load_params
from breakeven.tracking.live import LiveRun
first, last = int(sys.argv[1]), int(sys.argv[2])
with LiveRun(
    load_params(), "t30k", "ift", 0, sys.argv[3], start_after_seconds=0, wait_at_end_seconds=180
) as live:
    for step in range(first, last):
        live.log(step, {"loss": 1 / (step + 1), "learning_rate": 0.1})
        time.sleep(0.01)
    while sys.argv[4] == "hang":
        live.log(last, {"loss": 0.0})
        time.sleep(0.2)
    if sys.argv[4] == "fail":
        raise ValueError
"""


def training(first: int, last: int, key: str, end: str = "finish") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", TRAINING, str(first), str(last), key, end]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def live_runs() -> list[Run]:
    client = MlflowClient(current_store().uri)
    found = client.get_experiment_by_name("tiny")
    if found is None:
        return []
    return list(client.search_runs([found.experiment_id], "tags.`breakeven.live` = 'true'"))


def steps(run: Run) -> list[int]:
    history = MlflowClient(current_store().uri).get_metric_history(run.info.run_id, "train/loss")
    return sorted(point.step for point in history)


def wait_until(happened: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ended(status: str) -> Callable[[], bool]:
    def happened() -> bool:
        found = stored_runs(current_store(), "tiny")
        return bool(found) and found[-1].status == status

    return happened


def test_points_arrive_while_it_runs_and_a_resumed_training_doubles_none(
    write_study: WriteStudy,
) -> None:
    write_study()
    child = training(0, 30, "k1", "hang")
    wait_until(lambda: bool(live_runs()) and len(steps(live_runs()[0])) >= 31)
    assert child.poll() is None
    (run,) = live_runs()
    assert run.info.status == "RUNNING"
    assert run.data.tags["student"] == run.data.params["student"] == "t30k"
    child.kill()
    child.communicate()
    wait_until(ended("KILLED"))
    training(20, 60, "k1").communicate()
    wait_until(ended("FINISHED"))
    (run,) = live_runs()
    assert steps(run) == list(range(60))


def test_another_training_of_the_cell_replaces_the_live_run(write_study: WriteStudy) -> None:
    write_study()
    training(0, 5, "k1").communicate()
    wait_until(ended("FINISHED"))
    training(0, 7, "k2", "fail").communicate()
    wait_until(ended("FAILED"))
    (run,) = live_runs()
    assert steps(run) == list(range(7))


def test_a_broken_store_is_one_line_and_the_training_ends_well(write_study: WriteStudy) -> None:
    write_study()
    Path("mlruns/mlflow.db").write_bytes(b"something else" * 100)
    child = training(0, 30, "k1")
    _, errors = child.communicate()
    assert child.returncode == 0
    (line,) = errors.splitlines()
    assert line.startswith("live curves are off (")
    assert line.endswith("; the training goes on")


def test_a_short_training_starts_nothing(write_study: WriteStudy) -> None:
    params = write_study()
    with LiveRun(params, "t30k", "ift", 0, "k", start_after_seconds=60) as live:
        for step in range(1000):
            live.log(step, {"loss": 1.0})
    assert live_runs() == []


def test_samples_of_the_system_keep_their_group(write_study: WriteStudy) -> None:
    params = write_study()
    with LiveRun(
        params, "t30k", "ift", 0, "k", start_after_seconds=0, wait_at_end_seconds=180
    ) as live:
        live.log(0, {"loss": 1.0, "system/process_cpu_percentage": 99.0})
    wait_until(ended("FINISHED"))
    (run,) = live_runs()
    assert run.data.metrics == {"train/loss": 1.0, "system/process_cpu_percentage": 99.0}


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="no autogroups here")
def test_the_child_gives_way_to_processes_of_other_sessions() -> None:
    code = """
from pathlib import Path
from breakeven.tracking.live_writer import _give_way
_give_way()
print(Path("/proc/self/autogroup").read_text())
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, start_new_session=True, capture_output=True, text=True)
    assert done.stdout.split()[-2:] == ["nice", "10"], done.stderr


def test_logging_costs_the_training_next_to_nothing(write_study: WriteStudy) -> None:
    params = write_study()
    live = LiveRun(params, "t30k", "ift", 0, "k", start_after_seconds=0.2)
    time.sleep(0.25)
    live.log(0, {"loss": 1.0})  # starts the child, which takes seconds to be ready
    calls = 2000
    started = time.process_time()
    for step in range(1, calls):
        live.log(step, {"loss": 1.0, "learning_rate": 0.1})
    spent = time.process_time() - started
    live.close("KILLED")
    assert spent / calls < 0.001
