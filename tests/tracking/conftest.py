"""A finished study in a temporary project: parameters, records, scores and a report page."""

import itertools
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml

from breakeven.core.records import Record
from breakeven.params import Params, load_params
from breakeven.tracking.store import Store, initialise

FAMILIES = {"chain-open": "math-open", "chain-mc": "math-mc", "hops-open": "general-open"}
STEPS = 20


def _params_tree(students: Iterable[str]) -> dict[str, object]:
    return {
        "study": "tiny",
        "seeds": [0],
        "sources": {"chain": {"kind": "procedural", "problem": "chain", "prompts": 10}},
        "teacher": {"kind": "solver", "tokenizer": "assets/t"},
        "corpora": {"general": {"sources": ["chain"]}},
        "students": {
            name: {"base": {"kind": "folder", "path": f"assets/{name}"}} for name in students
        },
        "arms": {
            "base": {"method": "none", "shots": 3},
            "ift": {"corpus": "general", "reasoning_share": 0.0},
            "reasoning": {"corpus": "general", "reasoning_share": 1.0},
        },
        "tasks": {
            task: {
                "kind": "procedural",
                "problem": task.split("-")[0],
                "format": "choice" if task.endswith("mc") else "open",
                "family": family,
            }
            for task, family in FAMILIES.items()
        },
        "training": {},
        "answering": {"max_new_tokens": 8, "decodings": {"greedy": {}}},
        "grading": {},
        "costs": {},
        "report": {},
    }


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _write_train(student: str, arm: str, seed: int, level: float) -> None:
    trained = arm != "base"
    Record(
        stage="train",
        cell={"student": student, "arm": arm, "seed": seed},
        parameters={"learning_rate": 0.003, "schedule": {"warmup_steps": 2}} if trained else {},
        metrics={"steps": STEPS, "tokens_per_second": 1234.5, "utilisation": 0.3}
        if trained
        else {},
        series={"loss": [[step, level + 1 / (step + 1)] for step in range(STEPS)]}
        if trained
        else {},
        tokens={"trained": 1000} if trained else {},
        flops={"train": 2e9 if trained else 0.0},
        device_seconds={"cpu": 3.5} if trained else {},
        inputs={"data/pairs/general.parquet": _digest("general")} if trained else {},
        outputs={f"models/students/{student}/{arm}/{seed}": _digest(f"{student}{arm}{level}")},
        versions={"python": "3.11.7"},
    ).write()


def _write_scores(students: Iterable[str]) -> None:
    import pandas as pd

    rows = []
    for student, arm, (task, family) in itertools.product(
        students, ("base", "ift", "reasoning"), FAMILIES.items()
    ):
        for item in range(8):
            rows.append(
                {
                    "student": student,
                    "arm": arm,
                    "seed": 0,
                    "decoding": "greedy",
                    "task": task,
                    "family": family,
                    "item": f"{task}-{item}",
                    "sample": 0,
                    "correct": item < {"base": 1, "ift": 2, "reasoning": 6}[arm],
                    "parsed": item != 7,
                    "truncated": item == 7,
                    "outcome": "looping" if item == 7 else "cut" if item == 6 else "wrong",
                    "prompt_tokens": 10,
                    "thinking_tokens": 20 if arm == "reasoning" else 0,
                    "answer_tokens": 2,
                    "inference_flops": 1e6,
                    "depth": None,
                }
            )
    Path("scores").mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet("scores/items.parquet")


def _write_data_records() -> None:
    for style in ("ift", "reasoning"):
        Record(
            stage="distill",
            cell={"source": "chain", "style": style},
            tokens={"prompt": 100, "thinking": 500 if style == "reasoning" else 0, "answer": 20},
            flops={"teacher": None},
            absent={"flops.teacher": "the solver computes"},
            device_seconds={"cpu": 0.5},
            outputs={f"data/distilled/chain/{style}.jsonl": _digest(style)},
        ).write()
    Record(
        stage="pairs",
        cell={"corpus": "general"},
        metrics={"kept": 9, "dropped": 1},
        tokens={"prompt": 90, "reasoning": 470, "ift": 18},
        outputs={"data/pairs/general.parquet": _digest("general")},
        details={"dropped_by_reason": {"in a task": 1}},
    ).write()


def _write_report() -> None:
    Path("report/figures").mkdir(parents=True, exist_ok=True)
    Path("report/index.html").write_text("<p>report</p>")
    Path("report/figures/frontier.svg").write_text("<svg/>")
    # Pieces of answers stay in the project: MLflow's preview of the page could load none.
    Path("report/samples").mkdir(exist_ok=True)
    Path("report/samples/task.js").write_text("")
    Record(stage="report", cell={}, metrics={"cells": 6}).write()


def _write_study(students: tuple[str, ...] = ("t30k", "t120k"), level: float = 1.0) -> Params:
    Path("params.yaml").write_text(yaml.safe_dump(_params_tree(students), sort_keys=False))
    params = load_params()
    _write_data_records()
    for student in students:
        size = int(student[1:-1]) * 1000
        Record("base", {"student": student}, metrics={"parameters": size}).write()
        Record(
            "answer",
            {"student": student},
            inputs={f"data/tasks/{task}.jsonl": _digest(task) for task in FAMILIES},
            device_seconds={"cpu": 9.0},
            details={
                "cells": [
                    {"arm": arm, "seed": 0, "decoding": "greedy", "task": task, "answers": 8}
                    | {"truncated": 1, "inference_flops": 8e6, "device_seconds": 0.5}
                    for arm in params.arms
                    for task in FAMILIES
                ],
                "ceiling": {"flops_per_second": 64e6},
            },
        ).write()
        for arm in params.arms:
            _write_train(student, arm, 0, level)
    _write_scores(students)
    _write_report()
    return params


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without a run: copied, since making one takes a second."""
    database = tmp_path_factory.mktemp("store") / "mlflow.db"
    initialise(Store(f"sqlite:///{database}", database))
    return database


@pytest.fixture(scope="session")
def fill_project(empty_database: Path) -> Callable[..., Params]:
    """Writes a study into the working directory; another `level` gives other training curves."""

    def fill(students: tuple[str, ...] = ("t30k", "t120k"), level: float = 1.0) -> Params:
        if not Path("mlruns").exists():
            Path("mlruns").mkdir()
            shutil.copy(empty_database, "mlruns/mlflow.db")
        return _write_study(students, level)

    return fill


@pytest.fixture
def write_study(project: Path, fill_project: Callable[..., Params]) -> Callable[..., Params]:
    """`fill_project` in a temporary project that is the working directory."""
    return fill_project
