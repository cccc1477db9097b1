"""What a stage does when it is ended, and when another one is at its cell."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.faults.conftest import STUDENT
from tests.pipeline.repository import ROOT

from breakeven.core.interrupts import Terminated, interrupted_afterwards, terminated_as_interrupted
from breakeven.core.locks import held

# Trains a cell as its stage does, and sends itself a signal at a step.
SCRIPT = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from breakeven.pipeline.command import run_stage
from breakeven.params import Params
from breakeven.train.stage import train_and_record
import contextlib

class Log:
    def log(self, step, metrics):
        if step == int(os.environ["AT_STEP"]):
            os.kill(os.getpid(), int(os.environ["SIGNAL"]))

def run(params: Params, student: str, arm: str, seed: int) -> None:
    log = lambda key: contextlib.nullcontext(Log())
    train_and_record(params, student, arm, seed, open_log=log)

run_stage(run)
"""


def train(ran: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script = ran / "train.py"
    script.write_text(SCRIPT)
    return subprocess.run(
        [sys.executable, str(script), "--student", STUDENT, "--arm", "ift", "--seed", "0"],
        cwd=ran,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


def files_in(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if one.is_file()}


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, 143, "ended by SIGTERM; what was done is kept and the next run goes on"),
        pytest.param(
            signal.SIGINT,
            130,
            "interrupted; what was done is kept and the next run goes on",
            marks=pytest.mark.faults,
        ),
    ],
)
def test_a_training_that_is_ended_says_so_and_goes_on_from_the_step_it_was_at(
    ran: Path, number: int, code: int, said: str
) -> None:
    import shutil

    cell = ran / "models/students" / STUDENT / "ift/0"
    expected = files_in(cell)
    shutil.rmtree(ran / ".work/training")
    shutil.rmtree(cell)
    # No checkpoint is due before the end: the one that is found was made by the signal.
    params = (ran / "params.yaml").read_text().replace("checkpoint_steps: 1", "")
    (ran / "params.yaml").write_text(params)
    ended = train(ran, AT_STEP="2", SIGNAL=str(int(number)))
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.splitlines()[-1] == said
    assert "Traceback" not in ended.stderr
    assert not cell.exists()
    assert not [one for one in ran.rglob("*") if one.name.endswith((".tmp", ".old"))]
    assert list((ran / ".work/training").rglob("checkpoint.safetensors"))
    resumed = train(ran, AT_STEP="2", SIGNAL="0")
    assert resumed.returncode == 0, resumed.stderr
    assert files_in(cell) == expected


def test_the_second_of_two_says_who_is_at_work_and_waits(ran: Path) -> None:
    lock = ran / ".work/locks" / f"train@{STUDENT}-ift-0.lock"
    script = ran / "train.py"
    script.write_text(SCRIPT)
    with held(lock, "this"):
        waiting = subprocess.Popen(
            [sys.executable, str(script), "--student", STUDENT, "--arm", "ift", "--seed", "0"],
            cwd=ran,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "AT_STEP": "-1",
                "SIGNAL": "0",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        assert said == f"train@{STUDENT}-ift-0: process {os.getpid()} is at it; waiting\n"
        assert waiting.poll() is None
    with waiting:
        assert waiting.wait(timeout=600) == 0


def test_a_lock_goes_with_the_process_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from breakeven.core.locks import held\n"
        "with held(Path('lock'), 'x'): print('held', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        other.kill()
    started = time.monotonic()
    with held(tmp_path / "lock", "x"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())
    assert time.monotonic() - started < 30


def test_an_interrupt_waits_for_the_end_of_what_must_be_whole() -> None:
    done = []
    with pytest.raises(Terminated), terminated_as_interrupted(), interrupted_afterwards():
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("all of it")
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_second_interrupt_comes_at_once() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupted_afterwards():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("first")
        os.kill(os.getpid(), signal.SIGINT)
        done.append("second")
    assert done == ["first"]
