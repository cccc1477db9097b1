"""A real DVC repository with a study small enough for a test."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from breakeven.params import Params
from breakeven.pipeline.code import look_again, stage_code
from breakeven.pipeline.inputs import write_inputs, write_lessons, write_texts

ROOT = Path(__file__).resolve().parents[2]
Found = TypeVar("Found")

TINY: dict[str, Any] = {
    "study": "tiny",
    "seeds": [0],
    "sources": {
        "chain": {"kind": "procedural", "problem": "chain", "prompts": 48, "max_depth": 3},
        "lookup": {"kind": "procedural", "problem": "lookup", "prompts": 24},
    },
    "teacher": {"kind": "solver", "tokenizer": "assets/tabletop/t30k"},
    "corpora": {"general": {"sources": ["chain", "lookup"]}},
    "students": {"t30k": {"base": {"kind": "folder", "path": "assets/tabletop/t30k"}}},
    "arms": {
        "ift": {"corpus": "general", "reasoning_share": 0.0},
        "reasoning": {"corpus": "general", "reasoning_share": 1.0},
    },
    "tasks": {
        "chain-open": {
            "kind": "procedural",
            "problem": "chain",
            "format": "open",
            "family": "math-open",
            "items": 24,
            "max_depth": 3,
        },
        "lookup-mc": {
            "kind": "procedural",
            "problem": "lookup",
            "format": "choice",
            "family": "general-mc",
            "items": 24,
        },
    },
    "training": {"epochs": 1, "batch_tokens": 1024, "lora": {"rank": 4, "alpha": 8}},
    "answering": {"max_new_tokens": 24, "batch_size": 24, "decodings": {"greedy": {}}},
    "grading": {},
    "costs": {},
    "report": {"bootstrap_draws": 200},
}

SCRATCH_SIZE = {
    "base": {
        "kind": "scratch",
        "tokenizer": "assets/tabletop/t30k",
        "hidden": 16,
        "layers": 1,
        "heads": 2,
        "kv_heads": 1,
        "intermediate": 32,
        "tokens": 20000,
    }
}


@dataclass
class Study:
    """A DVC repository, and what a person does in it; a folder for PATH has another `python`."""

    folder: Path
    python: Path | None = None

    def params(self) -> dict[str, Any]:
        return yaml.safe_load((self.folder / "params.yaml").read_text())

    def write_params(self, params: dict[str, Any]) -> None:
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=1800,
        )
        if check and done.returncode:
            pytest.fail(
                f"{' '.join(command)} exited {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Run a command in the background; all that it prints is its output."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self) -> dict[str, str]:
        """Where the study's own code runs, with this Python."""
        first = [self.python] if self.python else []
        path = [*first, Path(sys.executable).parent, os.environ["PATH"]]
        return {
            **os.environ,
            "PATH": os.pathsep.join(map(str, path)),
            "PYTHONPATH": str(self.folder / "src"),
            "OMP_NUM_THREADS": "1",
        }

    def repro(self, *targets: str) -> set[str]:
        """`dvc repro`; the cells that ran, without `inputs`, which always does."""
        output = self.run("dvc", "repro", *targets).stdout
        return {
            line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")
        } - {"inputs"}

    def metrics(self) -> dict[str, Any]:
        return json.loads((self.folder / "report/metrics.json").read_text())

    def records(self) -> dict[str, tuple[int, int]]:
        """When each record was written, and which file it is: one that is made again is another."""
        return {
            str(file): (file.stat().st_ino, file.stat().st_mtime_ns)
            for file in (self.folder / "records").rglob("*.json")
        }


def wait_for(what: Callable[[], Found], seconds: float = 400.0) -> Found:
    """What it gives, once that is something; the test fails where it does not come to be."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


def make_study(folder: Path, params: dict[str, Any], python: Path | None = None) -> Study:
    """A copy of the project's pipeline with other params, as a fresh Git and DVC repository."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("dvc.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("stages", "src", "assets/tabletop/t30k"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    (folder / "mlruns").mkdir()
    keep_parsed(folder)
    study = Study(folder, python)
    study.write_params(params)
    study.run("git", "init", "--quiet")
    study.run("dvc", "init", "--quiet")
    study.run("dvc", "config", "core.analytics", "false")
    return study


def keep_parsed(folder: Path) -> None:
    """Give a new study what was parsed of the code, which takes its first process seconds."""
    with contextlib.chdir(ROOT):
        look_again()
        stage_code("inputs")  # parses what has changed, or all
    look_again()
    (folder / ".work").mkdir()
    shutil.copy(ROOT / ".work/code.json", folder / ".work/code.json")


def make_finished_study(folder: Path, params: dict[str, Any], python: Path | None = None) -> Study:
    """A study whose stages up to the report have run, in this process, and that DVC has taken over.

    A third of the processor's time that `dvc repro` takes: libraries are imported once.
    """
    study = make_study(folder, params, python)
    valid = Params.model_validate(params)
    with contextlib.chdir(folder):
        run_stages(valid)
        look_again()  # a test before may have looked in a folder without stages
        for write in (write_inputs, write_texts, write_lessons):
            write(valid)
        run_stage("score", valid)
        run_stage("report", valid)
    study.run("dvc", "commit", "--force", "--quiet")
    return study


def run_stages(params: Params) -> None:
    """Every stage up to the answers in this process and folder, without DVC: in seconds."""
    run_stages_of_pairs(params)
    for student in params.students:
        run_stage("base", params, student)
        for arm in params.arms:
            for seed in params.seeds:
                run_stage("train", params, student, arm, seed)
        run_stage("answer", params, student)


def run_stages_of_pairs(params: Params) -> None:
    """Every stage up to the pairs."""
    for task in params.tasks:
        run_stage("tasks", params, task)
    for source in params.sources:
        run_stage("prompts", params, source)
        for style in ("ift", "reasoning"):
            run_stage("distill", params, source, style)
    for corpus in params.corpora:
        run_stage("pairs", params, corpus)


def run_stage(name: str, params: Params, *cell: Any) -> None:
    """One cell of a stage."""
    import_module(f"breakeven.{name}.stage").run(params, *cell)
