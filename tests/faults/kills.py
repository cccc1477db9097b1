"""A study that is killed on its way, at moments drawn from a seed, and goes on each time."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil
import yaml
from tests.pipeline.repository import Study

from breakeven.pipeline.lock import in_use_is_torn, why_unreadable

# Whom a signal is for: the process group, as a terminal's; the command of a cell; what runs the
# cells; DVC while it writes dvc.lock.
Victim = Literal["all", "cell", "runner", "lock"]
VICTIMS: dict[Victim, float] = {"all": 0.3, "cell": 0.25, "runner": 0.2, "lock": 0.25}
SIGNALS = {signal.SIGKILL: 0.7, signal.SIGTERM: 0.15, signal.SIGINT: 0.15}
RUNNERS = {
    "dvc repro": ("dvc", "repro"),
    "breakeven run": ("breakeven", "run", "--jobs", "2"),
}
RUN_SHARE = 0.1
# The moment, in seconds of the processor of a runner and all that it has started, is drawn from an
# exponential distribution: most kills come soon, and some let the longest cells come to their end.
# Before its first cell DVC takes about two, `breakeven run` seven.
EARLIEST, LATEST = 0.5, 15.0
MEAN = {"dvc repro": 3.0, "breakeven run": 8.0}
# As long as DVC takes to write a lock of 20 cells.
WRITING_SECONDS = 0.06
HANGS_AFTER_SECONDS = 900.0
# A study that is killed more often may never come to its end.
MOST_KILLS_OF_A_STUDY = 40
# Files that hold seconds, which are others at each run; of records, all that holds none.
WITH_SECONDS = {
    "report/index.html",
    "report/tables",
    "report/tables/bill.csv",
    "report/tables/costs.csv",
    "report/tables/training.csv",
}
SAME_OF_RECORDS = ("cell", "parameters", "series", "tokens", "flops", "inputs", "outputs")


class LostError(Exception):
    """A kill has cost something."""


class Kill(NamedTuple):
    """One fault: which signal for whom, and when."""

    runner: str
    victim: Victim
    signal: signal.Signals
    seconds: float
    # From the beginning of the writing of dvc.lock, for the victim `lock`.
    writing_seconds: float

    def __str__(self) -> str:
        return f"{self.runner}, {self.signal.name} to {self.victim} at {self.seconds:.2f} s"


@dataclass
class Tally:
    """What was tried, and what became of it."""

    kills: Counter[str] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    torn: int = 0
    studies: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return self.kills.total()

    def __str__(self) -> str:
        def counts(of: Counter[str]) -> str:
            return ", ".join(f"{name} {number}" for name, number in of.most_common())

        return (
            f"{self.tried} kills of {self.studies} studies: {self.tried - len(self.lost)} survived,"
            f" {len(self.lost)} lost\n  by victim: {counts(self.kills)}\n"
            f"  by signal: {counts(self.signals)}\n  by what was at work: {counts(self.stages)}\n"
            f"  left unreadable for DVC and mended: {self.torn}"
        )


def draw_kills(seed: int) -> Iterator[Kill]:
    """Kills without end, for a seed the same ones."""
    rng = random.Random(seed)
    while True:
        (victim,) = rng.choices([*VICTIMS], [*VICTIMS.values()])
        (number,) = rng.choices([*SIGNALS], [*SIGNALS.values()])
        # `breakeven run` has no such window: it writes dvc.lock to a temporary name.
        by_run = rng.random() < RUN_SHARE and victim != "lock"
        runner = "breakeven run" if by_run else "dvc repro"
        seconds = min(EARLIEST + rng.expovariate(1 / MEAN[runner]), LATEST)
        yield Kill(runner, victim, number, seconds, rng.uniform(0, WRITING_SECONDS))


def kill_on_its_way(
    study: Study, kills: Iterable[Kill], tally: Tally, targets: Sequence[str] = ()
) -> None:
    """Run a study to its end, over all these kills or as many as come before it has ended.

    Raises:
        LostError: it could not go on, or something was left.
    """
    for kill in kills:
        mend(study, tally)
        if run_and_kill(study, kill, tally, targets):
            break
    else:
        mend(study, tally)
        done = study.run("dvc", "repro", *targets, check=False)
        if done.returncode:
            raise LostError(f"dvc repro cannot go on: {last_line(done.stderr)}")
    wait_for_the_last(study)


def mend(study: Study, tally: Tally) -> None:
    """What a person does of whom DVC says that it cannot read a file."""
    with contextlib.chdir(study.folder):
        if not in_use_is_torn() and not (Path("dvc.lock").is_file() and why_unreadable()):
            return
        tally.torn += 1
        checked = study.run("breakeven", "check", check=False)
        if in_use_is_torn() or why_unreadable():
            raise LostError(f"breakeven check does not mend: {last_line(checked.stderr)}")


def run_and_kill(study: Study, kill: Kill, tally: Tally, targets: Sequence[str]) -> bool:
    """Whether the run came to its end."""
    # Who is started in a shell's background has it ignored, and so has all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = study.folder.with_suffix(".log")
    with log.open("w") as told:
        process = subprocess.Popen(
            [*RUNNERS[kill.runner], *targets],
            cwd=study.folder,
            env=study.environment(),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    with process:
        runner = psutil.Process(process.pid)
        while process.poll() is None and cpu_seconds(runner) < kill.seconds:
            time.sleep(0.1)
        met = strike(study, process, runner, kill)
        if met is not None:
            tally.kills[f"{kill.runner}: {kill.victim}"] += 1
            tally.signals[kill.signal.name] += 1
            tally.stages[met] += 1
        try:
            code = process.wait(timeout=HANGS_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise LostError(f"{kill}: the run hangs") from None
    if met is None and code:
        raise LostError(f"{kill.runner} cannot go on: {last_line(log.read_text())}")
    return code == 0


def strike(
    study: Study, process: subprocess.Popen[bytes], runner: psutil.Process, kill: Kill
) -> str | None:
    """Send the signal once its victim is there; what was at work, None where all had ended."""
    lock = study.folder / "dvc.lock"
    written = stamp(lock)
    while process.poll() is None:
        if kill.victim == "lock":
            if stamp(lock) == written:
                time.sleep(0.001)
                continue
            time.sleep(kill.writing_seconds)
        cell, met = cell_at_work(runner)
        if kill.victim == "cell":
            if cell is None:
                time.sleep(0.01)
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                cell.send_signal(kill.signal)
                return met
            continue
        if kill.victim == "all":
            os.killpg(process.pid, kill.signal)
        else:
            process.send_signal(kill.signal)
        return "dvc.lock" if kill.victim == "lock" else met
    return None


def stamp(path: Path) -> tuple[int, int] | None:
    """What changes when a file is written; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def cell_at_work(runner: psutil.Process) -> tuple[psutil.Process | None, str]:
    """The process of a cell below a runner, and the stage; none and the runner between two."""
    for one in runner.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            words = one.cmdline()
            script = next((word for word in words[1:2] if word.startswith("stages/")), None)
            if script is not None:
                return one, Path(script).stem
            if words and words[0].startswith("ray::RayWorker.run"):
                return one, "a warm worker"
    return None, "between cells"


def cpu_seconds(process: psutil.Process) -> float:
    """Of a process, all below it, and all that they have waited for."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            used = one.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


def wait_for_the_last(study: Study) -> None:
    """Wait for what a killed run has left at work.

    Raises:
        LostError: it does not end.
    """
    until = time.monotonic() + 60
    while time.monotonic() < until:
        left = [one for one in psutil.process_iter() if is_in(one, study.folder)]
        if not left:
            return
        time.sleep(0.5)
    raise LostError(f"still at work: {[one.cmdline()[:4] for one in left]}")


def is_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def results(study: Study) -> dict[str, Any]:
    """All that a study has made and that every run makes the same: by file, cell or run."""
    folder, found = study.folder, dict[str, Any]()
    lock = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    for name, entry in lock.items():
        found[name] = entry["cmd"]
        for out in entry.get("outs", []):
            path = Path(out["path"])
            if path.parts[0] == "records":
                record = json.loads((folder / path).read_text())
                found |= {f"{path} {key}": record[key] for key in SAME_OF_RECORDS}
                found[f"{path} outputs"] = without_seconds(record["outputs"])
                found[f"{path} series"] = without_seconds(record["series"])
            elif out["path"] not in WITH_SECONDS:
                found[out["path"]] = out["md5"]
    if (store := folder / "mlruns/mlflow.db").is_file():
        with contextlib.closing(sqlite3.connect(store)) as rows:
            runs = "select name, status from runs where lifecycle_stage = 'active'"
            found["MLflow"] = sorted(rows.execute(runs).fetchall())
    return found


def without_seconds(found: dict[str, Any]) -> dict[str, Any]:
    """Outputs or series without those that tell seconds, or the machine every ten seconds."""
    return {
        name: value
        for name, value in found.items()
        if name not in WITH_SECONDS and not name.startswith("system/")
    }


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
