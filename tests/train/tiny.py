"""Params and pairs of a study small enough to train in a test."""

from pathlib import Path
from typing import Any

from breakeven.params import Params
from breakeven.params.cells import Cell, TrainingSettings, resolve_cell
from breakeven.procedural.generation import generate
from breakeven.rows.pair import Pair
from breakeven.rows.traces import with_trace

BASE = Path("assets/tiny")


def worked_pairs(count: int = 30) -> list[Pair]:
    return [
        Pair(
            id=f"chain-{number:03d}",
            source="chain",
            content=problem.content,
            prompt=problem.question,
            reasoning=with_trace(problem.steps, problem.answer),
            ift=problem.answer,
            prompt_tokens=None,
            reasoning_tokens=None,
            ift_tokens=None,
        )
        for number, problem in enumerate(
            generate("chain", count=count, seed=0, partition="train", max_depth=4)
        )
    ]


def make_params(
    *, arms: dict[str, Any] | None = None, corpora: tuple[str, ...] = (), **training: Any
) -> Params:
    trained = {"corpus": "general"}
    return Params.model_validate(
        {
            "study": "tiny",
            "sources": {"chain": {"kind": "procedural", "problem": "chain", "prompts": 60}},
            "teacher": {"kind": "solver", "tokenizer": BASE.as_posix()},
            "corpora": {name: {"sources": ["chain"]} for name in ("general", *corpora)},
            "students": {"tiny": {"base": {"kind": "folder", "path": BASE.as_posix()}}},
            "arms": {
                "base": {"method": "none", "shots": 3},
                "ift": {**trained, "reasoning_share": 0.0},
                "reasoning": {**trained, "reasoning_share": 1.0},
                "mixed": {**trained, "reasoning_share": 0.5},
                **{name: {**trained, **arm} for name, arm in (arms or {}).items()},
            },
            "tasks": {
                "chain-open": {
                    "kind": "procedural",
                    "problem": "chain",
                    "format": "open",
                    "family": "math-open",
                }
            },
            "training": {
                **({} if "batch_sequences" in training else {"batch_tokens": 256}),
                "learning_rate": 5e-3,
                "schedule": {"warmup_steps": 2, "decay_steps": 2},
                "lora": {"rank": 4, "alpha": 8},
                **training,
            },
            "answering": {"max_new_tokens": 4, "decodings": {"greedy": {}}},
        }
    )


def settings_for(arm: str = "reasoning", **training: Any) -> TrainingSettings:
    settings = resolve_cell(make_params(**training), Cell("tiny", arm, 0)).training
    assert settings is not None
    return settings
