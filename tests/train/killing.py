"""Trainings that are killed at a step, and what they leave."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

# Trains the cell given by the params on standard input, and kills itself (kill -9) at a step.
CHILD = """
import contextlib, os, signal, sys
from breakeven.params import Params
from breakeven.train import trainer
from breakeven.train.cell_training import train_cell

class Killer:
    def log(self, step, metrics):
        if step == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)

trainer._USAGE_SECONDS = 0.0  # a line a step
params = Params.model_validate_json(sys.stdin.read())
train_cell(params, "tiny", sys.argv[2], 0, open_log=lambda key: contextlib.nullcontext(Killer()))
"""


def kill_at(step: int, params, arm: str = "reasoning") -> None:
    """Train in a process of its own that is killed at a step."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(step), arm],
        input=params.model_dump_json(),
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1"},
    )
    assert child.returncode == -signal.SIGKILL, child.stderr


class Steps(list):
    """A log that keeps the numbers of the steps."""

    def log(self, step, metrics):
        self.append(step)


def log_into(steps):
    @contextmanager
    def open_log(key):
        yield steps

    return open_log


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}
