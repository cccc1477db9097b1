"""A finished study shaped like `profiles/paper.yaml`: real benchmarks' names, made-up numbers.

Three trainings (general, math, general then math), mixes, two arms by QLoRA, six families, three
judges, and a teacher that is better with its trace. Reasoning gains on open tasks.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from tests.report.synthetic import (
    HOSTILE,
    ROOT,
    account,
    random_numbers,
    write_answer_record,
    write_train,
)

from breakeven.core.files import write_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.core.records import Record
from breakeven.params import Arm, Params, load_params
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item

SIZES = {
    "qwen-0-5b": 494_032_768,
    "qwen-1-5b": 1_543_714_304,
    "qwen-3b": 3_085_938_688,
    "qwen-7b": 7_615_616_512,
    "qwen-14b": 14_770_033_664,
}
FAMILIES = {
    "general-mc": ("winogrande", "openbookqa", "mmlu-misc"),
    "general-open": ("squad", "coqa", "ifeval"),
    "math-mc": ("aqua-rat", "mmlu-math", "mmlu-pro-math"),
    "math-open": ("gsm8k", "math-500", "aime"),
    "extra-mc": ("mmlu-pro-law", "mmlu-pro-code", "mmlu-pro-physics"),
    "extra-open": ("consumer-qa", "c-summarization", "scibench"),
}
QLORA = {
    "general-ift-qlora": {"corpus": "general", "reasoning_share": 0.0, "method": "qlora"},
    "general-reasoning-qlora": {"corpus": "general", "reasoning_share": 1.0, "method": "qlora"},
}
FEW = (
    "base",
    "general-ift",
    "general-reasoning",
    "general-math-ift",
    "general-math-reasoning",
    "sequential-50",
)


def write_paper_study(
    *,
    items: int = 60,
    students: tuple[str, ...] = tuple(SIZES),
    arms: tuple[str, ...] | None = None,
    families: tuple[str, ...] = tuple(FAMILIES),
    draws: int = 400,
) -> Params:
    """Write everything the report stage reads; `arms` are those of the profile, QLoRA's added."""
    benchmarks = {task: family for family in families for task in FAMILIES[family]}
    tree = yaml.safe_load((ROOT / "profiles/paper.yaml").read_text())
    tree["students"] = {name: tree["students"][name] for name in students}
    tree["arms"] = {
        name: row for name, row in tree["arms"].items() if arms is None or name in arms
    } | QLORA
    tree["tasks"] = {name: tree["tasks"][name] for name in benchmarks}
    tree["report"] = {"bootstrap_draws": draws}
    tree["training"].pop("launch")
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    params = load_params()
    pinned = {task: _items(task, family, items) for task, family in benchmarks.items()}
    for task, rows in pinned.items():
        write_rows(task_path(task), rows)
    frames = []
    for student in students:
        Record("base", {"student": student}, metrics={"parameters": SIZES[student]}).write()
        cells = []
        for arm, row in params.arms.items():
            write_train(params, student, arm, 0, size=SIZES[student], details=_details(row))
            for task, rows in pinned.items():
                frame = _answers(student, arm, row, task, rows)
                cells.append(account(arm, 0, task, frame))
                frames.append(frame)
        write_answer_record(student, cells)
    items_path().parent.mkdir(exist_ok=True)
    pd.concat(frames, ignore_index=True).to_parquet(items_path())
    _write_data_records(params)
    _write_score_record(params)
    return params


def _items(task: str, family: str, count: int) -> list[Item]:
    choice = family.endswith("-mc")
    return [
        Item(
            id=f"{task}-{number:04d}",
            task=task,
            family=family,
            prompt=f"Question {number} of {task}?",
            reference="B" if choice else str(number),
            content=f"{task}-{number}",
            grader="letter" if choice else "math",
            choices=("1", "2", "3", "4") if choice else (),
            cluster=f"passage-{number // 5}" if task in ("squad", "coqa") else None,
        )
        for number in range(count)
    ]


def _chance_of_right(student: str, arm: str, row: Arm, family: str, share: float) -> float:
    size = np.log10(SIZES[student] / 3e8) / 1.7  # 0.13 to 1
    guess = 0.25 if family.endswith("-mc") else 0.02
    if not row.trained:
        return float(guess + 0.25 * size)
    gain = share * (0.3 * size if family.endswith("-open") else 0.08 * size - 0.04)
    domain = 0.08 if (row.corpus == "math" or row.then) and family.startswith("math") else 0.0
    loss = 0.04 if row.method == "qlora" else 0.0
    return float(np.clip(guess + 0.15 + 0.4 * size + gain + domain - loss, 0.01, 0.97))


def _answers(student: str, arm: str, row: Arm, task: str, rows: list[Item]) -> pd.DataFrame:
    """Outcomes and token counts of one cell on one task; also writes its answers."""
    rng = random_numbers(student, arm, task)
    count, share = len(rows), row.reasoning_share or 0.0
    chance = _chance_of_right(student, arm, row, rows[0].family, share)
    luck = random_numbers("difficulty", task).random(count) * 0.6 + rng.random(count) * 0.4
    correct = np.argsort(np.argsort(luck)) / count < chance
    traced = rng.random(count) < share
    thinking = np.where(traced, rng.integers(400, 3000, count) * np.where(correct, 1.0, 1.7), 0)
    thinking = thinking.astype(int)
    truncated = traced & ~correct & (rng.random(count) < 0.1)
    prompts, answer = rng.integers(60, 400, count), rng.integers(20, 300, count)
    write_rows(
        answers_path(student, arm, 0, "greedy", task),
        (
            Answer(item.id, 0, f"<think>{HOSTILE}</think> 1", "stop", int(p), int(t), int(a), True)
            for item, p, t, a in zip(rows, prompts, thinking, answer, strict=True)
        ),
    )
    return pd.DataFrame(
        {
            "student": student,
            "arm": arm,
            "seed": 0,
            "decoding": "greedy",
            "task": task,
            "family": rows[0].family,
            "item": [item.id for item in rows],
            "sample": 0,
            "correct": correct,
            "parsed": (parsed := ~truncated & (correct | (rng.random(count) > 0.05))),
            "truncated": truncated,
            "outcome": np.select(
                [correct, truncated, ~parsed], ["right", "cut", "unparsed"], "wrong"
            ),
            "prompt_tokens": prompts,
            "thinking_tokens": thinking,
            "answer_tokens": answer,
            "inference_flops": 2.0 * SIZES[student] * (prompts + thinking + answer),
            "depth": pd.array([None] * count, dtype="Int64"),
            "cluster": [item.cluster for item in rows],
        }
    )


def _details(row: Arm) -> dict[str, Any]:
    corpora = [name for name in (row.corpus, row.then) if name is not None]
    return {"corpora": [{"corpus": name, "pairs": 1000} for name in corpora]} if corpora else {}


def _estimate(value: float, half: float) -> dict[str, Any]:
    return {"value": value, "low": value - half, "high": value + half, "reason": None}


def _write_data_records(params: Params) -> None:
    """Published pairs whose teacher is better with a trace on math, and equal on the rest."""
    for source in ("general", "math"):
        for style in ("ift", "reasoning"):
            Record(
                "distill",
                {"source": source, "style": style},
                parameters={"teacher": "published"},
                metrics={"completions": 1200, "truncated": 6, "unclosed": 0}
                | {"traced": 1200 if style == "reasoning" else 0},
                tokens=dict.fromkeys(("prompt", "thinking", "answer", "completion")),
                flops={"teacher": None},
                absent={"flops.teacher": "the completions were published"},
            ).write()
    for corpus, gap in (("general", 0.004), ("math", 0.09)):
        found = {
            "prompts": 900,
            "ift": _estimate(0.8, 0.02),
            "reasoning": _estimate(0.8 + gap, 0.02),
            "difference": {**_estimate(gap, 0.015), "p_value": 0.5 if gap < 0.02 else 1e-6},
        }
        Record(
            "pairs",
            {"corpus": corpus},
            metrics={"kept": 1000, "dropped": 200},
            tokens={"prompt": 90_000, "reasoning": 2_400_000, "ift": 350_000},
            details={
                "dropped_by_reason": {"same content as a test item": 200},
                "teacher": {"all": {**found, "prompts": 1100}, "kept": found},
            },
        ).write()


def _write_score_record(params: Params) -> None:
    cost = {"read_tokens": 40.0, "new_tokens": 9.0, "flops": None, "absent": {"flops": "unknown"}}
    names = list(params.grading.judges)
    Record(
        "score",
        {},
        details={
            "cells": [
                {"student": s, "arm": a, "seed": 0, "decoding": "greedy", "task": t}
                | {"judging": cost}
                for s in params.students
                for a in params.arms
                for t in params.tasks
            ],
            "judging": {
                "models": {name: judge.model for name, judge in params.grading.judges.items()},
                "rows": 5120,
                "asked": 4800,
                "majority": 4790,
                "undecided": 10,
                "unanimous": 4500,
                "disagreements": 280,
                "verdicts": {"right": 2000, "wrong": 2500, "none": 290, "undecided": 10},
                "malformed": dict.fromkeys(names, 7),
                "with_rules": {"asked": 100, "agreed": 97},
                "costs": {name: {**cost, "read_tokens": 2e6, "new_tokens": 7e4} for name in names},
            },
        },
    ).write()
