"""A finished study in the working directory: items, answers, scores and records with an effect.

Reasoning keeps up with serial depth and IFT does not; tasks without depth are the same for both.
Larger students are better at either. The numbers are made up; the shapes of files are not.
"""

import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from breakeven.core.files import write_json, write_rows
from breakeven.core.layout import answers_path, base_folder, items_path, task_path
from breakeven.core.records import Record
from breakeven.params import Params, load_params
from breakeven.rows.answer import Answer
from breakeven.rows.budget_trial import BudgetTrial, budget_trials_path
from breakeven.rows.item import Item
from breakeven.tasks.task_items import load_items

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"t30k": 29_568, "t120k": 118_784, "t500k": 492_032, "t2m": 2_001_152}
LIMIT = 128
CEILING = 8e10  # FLOP/s: trainings reach a quarter of it, answers a sixteenth
# Marks that must reach the page as text.
HOSTILE = "<script>window.hacked = true</script><img src=x onerror=alert(1)> $x_1$ & co"
UNBROKEN = "W" * 3000


def write_study(
    *,
    items: int = 400,
    students: tuple[str, ...] = tuple(SIZES),
    draws: int = 2000,
    seeds: tuple[int, ...] = (0,),
) -> Params:
    """Write everything the report stage reads, for the tabletop's arms and tasks."""
    tree = yaml.safe_load((ROOT / "tests/study.yaml").read_text())
    tree["students"] = {
        name: {"base": {"kind": "folder", "path": f"assets/{name}"}} for name in students
    }
    tree["seeds"] = list(seeds)
    tree["report"] = {"bootstrap_draws": draws}
    for task in tree["tasks"].values():
        task["items"] = items
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    params = load_params()
    pinned = {name: load_items(name, row) for name, row in params.tasks.items()}
    for name, rows in pinned.items():
        write_rows(task_path(name), rows)
    _write_data_records(params)
    write_budget_trials(params, students)
    frames = []
    for student in students:
        _write_config(student)
        Record(
            "base",
            {"student": student},
            metrics={"parameters": SIZES[student]},
            absent={"flops.train": "the base was trained before this study"},
        ).write()
        cells = []
        for arm in params.arms:
            for seed in seeds:
                write_train(params, student, arm, seed, size=SIZES[student])
                for task, rows in pinned.items():
                    frame = _answers(student, arm, seed, task, rows)
                    cells.append(account(arm, seed, task, frame))
                    frames.append(frame)
        write_answer_record(student, cells)
    items_path().parent.mkdir(exist_ok=True)
    pd.concat(frames, ignore_index=True).to_parquet(items_path())
    return params


def random_numbers(*names: object) -> np.random.Generator:
    """The same for the same names."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, names)).encode()))


def _probability(student: str, arm: str, item: Item, trace: np.bool_) -> float:
    """Chance of a right answer before the item's own difficulty."""
    scale = np.log10(SIZES[student] / 2e4) / 2  # 0.08 to 1
    guess = 1 / len(item.choices) if item.choices else 0.1
    if arm == "base":
        return guess + 0.1 * scale
    if item.depth is None:
        return guess + (0.93 - guess) * scale**0.4
    each = (0.72 + 0.27 * scale**0.5) if trace else (0.28 + 0.42 * scale)
    return guess + (1 - guess) * each**item.depth


def _answers(student: str, arm: str, seed: int, task: str, rows: list[Item]) -> pd.DataFrame:
    """Outcomes and token counts of one cell on one task; also writes its answers."""
    rng = random_numbers(student, arm, seed, task)
    luck = random_numbers("difficulty", task).random(len(rows)) * 0.6 + rng.random(len(rows)) * 0.4
    luck = np.argsort(np.argsort(luck)) / len(rows)
    share = {"reasoning": 1.0, "mixed-50": 0.5}.get(arm, 0.0)
    trace = rng.random(len(rows)) < share
    chances = np.array(
        [_probability(student, arm, item, one) for item, one in zip(rows, trace, strict=True)]
    )
    correct = luck < chances
    steps = np.array([(item.depth or 1) * 9 for item in rows])
    thinking = np.where(trace, steps + rng.integers(4, 16, len(rows)), 0)
    thinking = np.where(trace & ~correct, (thinking * rng.uniform(1.0, 1.9, len(rows))), thinking)
    thinking = thinking.astype(int)
    truncated = trace & ~correct & (rng.random(len(rows)) < 0.06 * (student == "t30k"))
    thinking = np.where(truncated, LIMIT, np.minimum(thinking, LIMIT - 4))
    answer = np.where(truncated, 0, 2)
    parsed = ~truncated & (correct | (rng.random(len(rows)) > 0.03))
    prompts = np.array([len(item.prompt) // 2 + (120 if arm == "base" else 0) for item in rows])
    frame = pd.DataFrame(
        {
            "student": student,
            "arm": arm,
            "seed": seed,
            "decoding": "greedy",
            "task": task,
            "family": [item.family for item in rows],
            "item": [item.id for item in rows],
            "sample": 0,
            "correct": correct,
            "parsed": parsed,
            "truncated": truncated,
            "outcome": np.select(
                [correct, truncated & (luck < 0.9), truncated, ~parsed],
                ["right", "cut", "looping", "unparsed"],
                "wrong",
            ),
            "prompt_tokens": prompts,
            "thinking_tokens": thinking,
            "answer_tokens": answer,
            "inference_flops": 2.0 * SIZES[student] * (prompts + thinking + answer),
            "depth": pd.array([item.depth for item in rows], dtype="Int64"),
            "cluster": [item.cluster for item in rows],
        }
    )
    write_rows(
        answers_path(student, arm, seed, "greedy", task),
        (
            Answer(
                item.id,
                0,
                f"<think>{HOSTILE} {UNBROKEN}</think> {item.reference}",
                "length" if cut else "stop",
                int(prompt),
                int(think),
                int(new),
                closed=True,
            )
            for item, cut, prompt, think, new in zip(
                rows, truncated, prompts, thinking, answer, strict=True
            )
        ),
    )
    return frame


def account(arm: str, seed: int, task: str, frame: pd.DataFrame) -> dict[str, object]:
    """The line of the answer record of one cell and task."""
    return {
        "arm": arm,
        "seed": seed,
        "decoding": "greedy",
        "task": task,
        "answers": len(frame),
        "truncated": int(frame["truncated"].sum()),
        **{
            f"{kind}_tokens": int(frame[f"{kind}_tokens"].sum())
            for kind in ("prompt", "thinking", "answer")
        },
        "inference_flops": float(frame["inference_flops"].sum()),
        "device_seconds": float(frame["inference_flops"].sum() / 5e9),
    }


def write_answer_record(student: str, cells: list[dict[str, object]]) -> None:
    """The record of all answers of a student."""
    Record(
        "answer",
        {"student": student},
        tokens={
            kind: sum(int(str(row[f"{kind}_tokens"])) for row in cells)
            for kind in ("prompt", "thinking", "answer")
        },
        flops={"inference": sum(float(str(row["inference_flops"])) for row in cells)},
        device="Some CPU",
        device_seconds={"cpu": sum(float(str(row["device_seconds"])) for row in cells)},
        details={"cells": cells, "ceiling": {"flops_per_second": CEILING}},
        versions={"python": "3.11.7", "torch": "2.13.0"},
    ).write()


def trained_tokens(share: float) -> int:
    """What an arm of that share trains on."""
    return int(6500 * 2 * (40 + 6 * (1 - share) + 60 * share))


def write_budget_trials(params: Params, students: Sequence[str]) -> None:
    """What `breakeven tune` leaves: plain answers level off, traces are learnt to the end."""
    rights = {"ift": {0.25: 160, 0.5: 360, 1.0: 360}, "reasoning": {0.25: 80, 0.5: 240, 1.0: 392}}
    write_rows(
        budget_trials_path(params.study),
        (
            BudgetTrial(
                student=student,
                arm=arm,
                seed=params.seeds[0],
                learning_rate=1e-3,
                share=share,
                trained_tokens=int(share * trained_tokens(params.arms[arm].reasoning_share or 0.0)),
                supervised_tokens=100,
                train_flops=None,
                right=tuple(f"chain-{number:03d}" for number in range(right)),
                wrong=tuple(f"chain-{number:03d}" for number in range(right, 400)),
            )
            for student in students
            for arm, shares in rights.items()
            for share, right in shares.items()
        ),
    )


def write_train(
    params: Params,
    student: str,
    arm: str,
    seed: int,
    *,
    size: int,
    details: dict[str, object] | None = None,
) -> None:
    """The record of a training of a student with `size` parameters."""
    cell: dict[str, str | int] = {"student": student, "arm": arm, "seed": seed}
    row = params.arms[arm]
    if not row.trained:
        Record("train", cell, parameters={"method": "none"}, flops={"train": 0.0}).write()
        return
    share = row.reasoning_share or 0.0
    tokens = trained_tokens(share)
    Record(
        "train",
        cell,
        parameters={"learning_rate": 1e-3},
        metrics={
            "steps": 300,
            "samples": 13000,
            "pairs": 6500,
            "final_loss": 0.4 + 0.1 * share,
            "energy_joules": None,
            "utilisation": 2e10 / CEILING,
        },
        tokens={"trained": tokens},
        flops={"train": 4.5 * size * tokens},
        device="Some CPU",
        device_seconds={"cpu": 4.5 * size * tokens / 2e10},
        absent={"energy_joules": "no counter on this device"},
        details=details or {},
        versions={"python": "3.11.7", "torch": "2.13.0"},
    ).write()


def _write_data_records(params: Params) -> None:
    for source in params.sources:
        for style in ("ift", "reasoning"):
            Record(
                "distill",
                {"source": source, "style": style},
                parameters={"teacher": "solver"},
                metrics={"completions": 1100, "truncated": 0, "unclosed": 0}
                | {"traced": 1100 if style == "reasoning" else 0},
                tokens={
                    "prompt": 38_000,
                    "thinking": 55_000 if style == "reasoning" else 0,
                    "answer": 2_200,
                },
                flops={"teacher": None},
                absent={"flops.teacher": "the solver computes; it is no model that has FLOPs"},
                device_seconds={"cpu": 0.4},
                outputs={"x": hashlib.sha256(source.encode()).hexdigest()},
            ).write()
    for corpus in params.corpora:
        Record(
            "pairs",
            {"corpus": corpus},
            metrics={"kept": 6500, "dropped": 250},
            tokens={"prompt": 225_000, "reasoning": 340_000, "ift": 13_000},
            details={"dropped_by_reason": {"same content as a test item": 250}},
        ).write()


def _write_config(student: str) -> None:
    """A shape beside the base, as the stage leaves one: more layers for the larger students."""
    layers = 2 * (1 + list(SIZES).index(student))
    write_json(
        base_folder(student) / "config.json",
        {
            "model_type": "qwen2",
            "hidden_size": 64,
            "num_hidden_layers": layers,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 128,
            "vocab_size": 256,
            "tie_word_embeddings": True,
        },
    )
