"""Stages killed at a random moment: run again, they end with the same bytes.

    BREAKEVEN_KILLS=300 BREAKEVEN_KILLS_SEED=1 pytest -m faults -s tests/faults/test_kills.py

Every stage but `track` is in its turn; the cell and the moment are drawn. The moment is a share of
the processor's seconds that the stage takes, so that a busy machine draws the same ones.
"""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import yaml
from tests.faults.conftest import smallest
from tests.pipeline.repository import Study, make_finished_study

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("BREAKEVEN_KILLS", "300"))
SEED = int(os.environ.get("BREAKEVEN_KILLS_SEED", "20261127"))
# Before this a stage has only begun to import.
EARLIEST = 0.2
# Of a record, what is the same at every run; the others hold seconds.
SAME = ("inputs", "outputs", "tokens", "flops")


class Cell(NamedTuple):
    """A cell as dvc.lock has it."""

    name: str
    command: list[str]
    outputs: tuple[Path, ...]

    @property
    def stage(self) -> str:
        return self.name.partition("@")[0]


class Kill(NamedTuple):
    """One fault: a cell, and after which share of its work."""

    number: int
    cell: Cell
    share: float

    def __str__(self) -> str:
        return f"{self.number}: {self.cell.name} at {self.share:.0%}"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    folder = tmp_path_factory.mktemp("kills") / "study"
    yield make_finished_study(folder, smallest())
    shutil.rmtree(folder)


def cells_of(study: Study) -> dict[str, list[Cell]]:
    """Those of every stage but `track`, whose outputs are MLflow's."""
    lock = yaml.safe_load((study.folder / "dvc.lock").read_text())["stages"]
    found: dict[str, list[Cell]] = {}
    for name, entry in lock.items():
        if name != "track":
            outputs = tuple(Path(one["path"]) for one in entry["outs"])
            cell = Cell(name, entry["cmd"].split(), outputs)
            found.setdefault(cell.stage, []).append(cell)
    return found


def draw_kills(cells: Mapping[str, list[Cell]], count: int, seed: int) -> Iterator[Kill]:
    rng = random.Random(seed)
    stages = sorted(cells)
    for number in range(count):
        cell = rng.choice(cells[stages[number % len(stages)]])
        yield Kill(number, cell, rng.uniform(EARLIEST, 1.0))


def without(study: Study, cell: Cell, folder: Path) -> Study:
    """A copy of the study in which the cell and all scratch are still to be made."""
    shutil.copytree(
        study.folder, folder, ignore=shutil.ignore_patterns(".git", ".dvc", ".work", "__pycache__")
    )
    for path in cell.outputs:
        remove(folder / path)
    return Study(folder)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def cpu_seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def run_to_its_end(study: Study, cell: Cell) -> float:
    """Processor seconds of the cell's command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    study.run(*cell.command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_and_kill(study: Study, cell: Cell, seconds: float) -> bool:
    """Whether the command was still at work when it was killed."""
    process = subprocess.Popen(
        cell.command,
        cwd=study.folder,
        env=study.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            if cpu_seconds(watched) >= seconds:
                os.killpg(process.pid, signal.SIGKILL)
                break
            time.sleep(0.005)
    return process.returncode == -signal.SIGKILL


def content(study: Study, cell: Cell) -> dict[str, Any]:
    """Bytes of the cell's files by name; of its record what is the same at every run."""
    found: dict[str, Any] = {}
    for output in cell.outputs:
        path = study.folder / output
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                name = file.relative_to(study.folder).as_posix()
                found[name] = file.read_bytes()
                if name.startswith("records/"):
                    record = json.loads(found[name])
                    found[name] = {key: record[key] for key in SAME}
    return found


def test_a_killed_stage_ends_with_the_same_bytes(
    finished: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells, takes = cells_of(finished), {}
    lost: list[str] = []
    tried = too_late = 0
    for kill in draw_kills(cells, KILLS, SEED):
        cell, expected = kill.cell, content(finished, kill.cell)
        folder = tmp_path / str(kill.number)
        study = without(finished, cell, folder)
        if cell.stage not in takes:
            takes[cell.stage] = run_to_its_end(study, cell)
            remove(folder)
            study = without(finished, cell, folder)
        if not run_and_kill(study, cell, kill.share * takes[cell.stage]):
            too_late += 1
        else:
            tried += 1
            again = subprocess.run(
                cell.command, cwd=folder, env=study.environment(), capture_output=True, text=True
            )
            if again.returncode:
                lost.append(f"{kill}: {again.stderr.strip().splitlines()[-1]}")
            elif content(study, cell) != expected:
                lost.append(f"{kill}: other content")
        remove(folder)
    with capsys.disabled():
        print(
            f"\n{tried} kills over {len(cells)} stages with seed {SEED}: "
            f"{tried - len(lost)} survived, {len(lost)} lost; {too_late} more came too late"
        )
    assert lost == []
    assert tried >= KILLS / 2
