"""A measured study of two families with a known truth, its costs, and the same as a project."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from breakeven.core.records import Record
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Bill, absent_cost
from breakeven.decide.options import cost_of
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, CellCosts, StudyFacts, results_from_items

STUDENTS = {"s": 1e6, "m": 4e6, "l": 16e6}
ARMS = {
    "base": ArmFacts("base", None, None),
    "ift": ArmFacts("ift", "general", 0.0),
    "reasoning": ArmFacts("reasoning", "general", 1.0),
    "mixed-50": ArmFacts("mixed", "general", 0.5, "mixed"),
}
FAMILIES = ("general-mc", "math-open")
# Accuracy by arm and student, math-open; general-mc gains nothing from thinking.
TRUTH = {
    "base": (0.10, 0.12, 0.15),
    "ift": (0.20, 0.30, 0.45),
    "reasoning": (0.25, 0.60, 0.62),
    "mixed-50": (0.22, 0.58, 0.62),
}
TEACHER_SECONDS = {"ift": 3.5, "reasoning": 4.5}
LENGTH = {"base": 2.0, "ift": 1.0, "reasoning": 12.0, "mixed-50": 8.0}


def items(seed: int = 0, count: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frames = []
    for family in FAMILIES:
        for task in ("x", "y"):
            ease = rng.uniform(size=count)
            for arm in ARMS:
                for place, student in enumerate(STUDENTS):
                    level = TRUTH[arm if family == "math-open" else "ift"][place]
                    flops = STUDENTS[student] * 200 * LENGTH[arm]
                    frames.append(
                        pd.DataFrame(
                            {
                                "student": student,
                                "arm": arm,
                                "seed": 0,
                                "decoding": "greedy",
                                "task": f"{family}-{task}",
                                "family": family,
                                "item": [str(number) for number in range(count)],
                                "sample": 0,
                                "correct": (ease + rng.uniform(size=count)) / 2 < level,
                                "inference_flops": flops,
                            }
                        )
                    )
    return pd.concat(frames, ignore_index=True)


def cell_costs(student: str, arm: str) -> CellCosts:
    """Costs in proportion to a student's parameters and to the length of an arm's answers."""
    size, length = STUDENTS[student], LENGTH[arm]
    trained = arm != "base"
    return CellCosts(
        train_flops=size * length * 6e4 if trained else 0.0,
        train_device_seconds=size * length * 1e-5 if trained else 0.0,
        # Not in proportion to seconds: a large student draws more watts.
        train_energy_joules=size**1.2 * length * 1e-5 if trained else 0.0,
        answer_energy_joules={
            f"{family}-{task}": size**1.2 * length * 1e-9
            for family in FAMILIES
            for task in ("x", "y")
        },
        answer_device_seconds={
            f"{family}-{task}": size * length * 1e-9 for family in FAMILIES for task in ("x", "y")
        },
    )


def results() -> Results:
    costs = {(student, arm, 0): cell_costs(student, arm) for student in STUDENTS for arm in ARMS}
    facts = StudyFacts(study="simulated", sizes=STUDENTS, arms=ARMS, costs=costs)
    return results_from_items(items(), facts)


def bills() -> dict[tuple[str, str, int], Bill]:
    teacher = cost_of(absent("the solver computes"), Amount(7.0))
    none = absent_cost("read from the cells")
    return {
        (student, arm, 0): Bill(
            teacher=NO_COST if arm == "base" else teacher,
            training=none,
            answering=none,
            judging=NO_COST,
            answers=1,
        )
        for student in STUDENTS
        for arm in ARMS
    }


PARAMS = """
study: simulated
sources: {chain: {kind: procedural, problem: chain, prompts: 10}}
teacher: {kind: solver, tokenizer: assets}
corpora: {general: {sources: [chain]}}
students:
  s: {base: {kind: folder, path: assets}}
  m: {base: {kind: folder, path: assets}}
  l: {base: {kind: folder, path: assets}}
arms:
  base: {method: none, shots: 3}
  ift: {corpus: general, reasoning_share: 0.0}
  reasoning: {corpus: general, reasoning_share: 1.0}
  mixed-50: {corpus: general, reasoning_share: 0.5}
tasks:
  general-mc-x: {kind: procedural, problem: hops, format: choice, family: general-mc}
  general-mc-y: {kind: procedural, problem: lookup, format: choice, family: general-mc}
  math-open-x: {kind: procedural, problem: chain, format: open, family: math-open}
  math-open-y: {kind: procedural, problem: addition, format: open, family: math-open}
seeds: [0]
training: {}
answering: {max_new_tokens: 8, decodings: {greedy: {}}}
grading: {}
report: {}
"""


# Tokens of an answer, and of a completion of the teacher, with the end token.
NEW_TOKENS = {"base": 3, "ift": 2, "reasoning": 24, "mixed-50": 16}
PROMPTS, PROMPT_TOKENS, THINKING_TOKENS, ANSWER_TOKENS = 10, 30, 20, 2


def write_project(folder: Path, costs: str = "", pairs: int = PROMPTS) -> None:
    """params.yaml, scores and records of the simulated study, as the stages leave them.

    `pairs` is how many of the ten each arm learns from. Must run in `folder`.
    """
    (folder / "params.yaml").write_text(PARAMS + (costs or "costs: {}\n"))
    (folder / "scores").mkdir()
    items().to_parquet(folder / "scores/items.parquet")
    _write_teacher()
    for student, size in STUDENTS.items():
        Record("base", {"student": student}, metrics={"parameters": size}).write()
        for arm in ARMS:
            _write_training(student, arm, pairs)
        rows = [row for arm in ARMS for row in answer_rows(student, arm)]
        Record(
            "answer",
            {"student": student},
            tokens={
                kind: sum(row[f"{kind}_tokens"] for row in rows)
                for kind in ("prompt", "thinking", "answer")
            },
            flops={"inference": sum(row["inference_flops"] for row in rows)},
            device_seconds={"cpu": sum(row["device_seconds"] for row in rows)},
            details={"cells": rows},
        ).write()


def _write_teacher() -> None:
    for style, thinking in (("ift", 0), ("reasoning", THINKING_TOKENS)):
        Record(
            "distill",
            {"source": "chain", "style": style},
            parameters={"teacher": "solver"},
            metrics={"completions": PROMPTS},
            tokens={
                "prompt": PROMPTS * PROMPT_TOKENS,
                "thinking": PROMPTS * thinking,
                "answer": PROMPTS * ANSWER_TOKENS,
            },
            flops={"teacher": None},
            absent={"flops.teacher": "the solver computes"},
            device_seconds={"cpu": TEACHER_SECONDS[style]},
        ).write()
    Record(
        "pairs",
        {"corpus": "general"},
        metrics={"kept": PROMPTS, "dropped": 0},
        tokens={
            "prompt": PROMPTS * PROMPT_TOKENS,
            "reasoning": PROMPTS * (THINKING_TOKENS + ANSWER_TOKENS),
            "ift": PROMPTS * ANSWER_TOKENS,
        },
        device_seconds={"cpu": 0.1},
        details={"dropped_by_reason": {}},
    ).write()


def _write_training(student: str, arm: str, pairs: int) -> None:
    cell: dict[str, str | int] = {"student": student, "arm": arm, "seed": 0}
    cost = cell_costs(student, arm)
    if arm == "base":
        Record("train", cell, parameters={"method": "none"}, flops={"train": 0.0}).write()
        return
    assert cost.train_device_seconds is not None
    Record(
        "train",
        cell,
        metrics={
            "steps": 2,
            "samples": pairs,
            "pairs": pairs,
            "passes": 1.0,
            "final_loss": 1.0,
            "energy_joules": None,
        },
        tokens={"trained": pairs * (PROMPT_TOKENS + NEW_TOKENS[arm])},
        flops={"train": cost.train_flops},
        device_seconds={"cpu": cost.train_device_seconds},
        absent={"energy_joules": "this device has no meter"},
    ).write()


def answer_rows(student: str, arm: str, decoding: str = "greedy") -> list[dict[str, Any]]:
    """What the record of a student's answers says of one arm, a row a task."""
    count, new = 120, NEW_TOKENS[arm]
    return [
        {
            "arm": arm,
            "seed": 0,
            "decoding": decoding,
            "task": task,
            "shots": 3 if arm == "base" else 0,
            "answers": count,
            "truncated": 0,
            "prompt_tokens": count * PROMPT_TOKENS,
            "thinking_tokens": count * (new - ANSWER_TOKENS),
            "answer_tokens": count * ANSWER_TOKENS,
            "inference_flops": count * STUDENTS[student] * 200 * LENGTH[arm],
            "device_seconds": count * seconds,
        }
        for task, seconds in (cell_costs(student, arm).answer_device_seconds or {}).items()
    ]
