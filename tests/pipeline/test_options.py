"""Options that decide results and that no profile sets, in one tiny study from tasks to scores."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.pipeline.repository import ROOT, SCRATCH_SIZE, TINY, run_stages

from breakeven.core.files import digest_path, read_json, read_jsonl
from breakeven.params import Params
from breakeven.score.stage import run as score

BASE = {"kind": "folder", "path": "assets/tabletop/t30k"}
STUDY: dict[str, Any] = {
    **TINY,
    "sources": {
        "chain": {
            **TINY["sources"]["chain"],
            "prompts": 40,
            "formats": ["open"],
            "min_depth": 2,
            "seed": 5,
        },
        "mine": {"kind": "jsonl", "path": "mine.jsonl", "prompts": 12, "seed": 1, "grader": "math"},
        "published": {
            "kind": "published-pairs",
            "folder": "published",
            "split": "train",
            "prompts": 5,
            "seed": 4,
        },
    },
    "corpora": {
        "short": {"sources": ["chain"], "rules": {"max_tokens": 35, "agreement": True}},
        "others": {"sources": ["mine", "published"]},
    },
    "students": {
        "full": {"base": BASE, "method": "full"},
        "rank2": {"base": BASE, "lora_rank": 2},
        "scratch": {
            "base": {**SCRATCH_SIZE["base"], "learning_rate": 1e-3, "seed": 3},
            "lora_rank": 2,
        },
    },
    "arms": {
        "tokens": {
            "corpus": "short",
            "reasoning_share": 0.0,
            "budget": {"tokens": 1500},
            "learning_rate": 1e-3,
        },
        "samples": {
            "corpus": "short",
            "then": "others",
            "reasoning_share": 1.0,
            "budget": {"samples": 30},
        },
        "flops": {
            "corpus": "short",
            "reasoning_share": 0.5,
            "order": "sequential",
            "budget": {"train_flops": 3e8},
        },
    },
    "tasks": {
        "chain": {**TINY["tasks"]["chain-open"], "min_depth": 2, "items": 8, "seed": 3},
        "mine": {
            "kind": "jsonl",
            "path": "items.jsonl",
            "family": "math-open",
            "grader": "math",
            "items": 4,
            "seed": 2,
        },
    },
    "training": {
        **TINY["training"],
        "packing": True,
        "max_passes": 40,
        "lora": {"rank": 4, "alpha": 8, "dropout": 0.1},
    },
    "answering": {
        **TINY["answering"],
        "by_task": {"mine": {"max_new_tokens": 20, "samples": 3}},
        "decodings": {
            "drawn": {"temperature": 0.8, "top_p": 0.9, "samples": 2, "seed": 7},
            "brief": {
                "thinking_tokens": 9,
                "ask": "So ",
                "repetition_penalty": 1.1,
                "arms": ["samples"],
            },
        },
    },
}
CELLS = [(student, arm) for student in STUDY["students"] for arm in STUDY["arms"]]


def write_rows(path: str, rows: list[dict[str, str]]) -> None:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the study has run."""
    folder = tmp_path_factory.mktemp("options")
    (folder / "assets").symlink_to(ROOT / "assets")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        sums = [(f"{n} + 1", str(n + 1)) for n in range(1, 21)]
        write_rows(
            "mine.jsonl",
            [{"prompt": ask, "solution": f"{ask} = {is_}", "reference": is_} for ask, is_ in sums],
        )
        write_rows("items.jsonl", [{"question": f"{n} + 2", "reference": "9"} for n in range(8)])
        published = [
            {"prompt": ask, "reasoning": f"<think>\n{ask}\n</think>\n\n{is_}", "ift": is_}
            for ask, is_ in [(f"{n} + 3", str(n + 3)) for n in range(1, 11)]
        ]
        (folder / "published").mkdir()
        write_rows("published/train.jsonl", published)
        study = deepcopy(STUDY)
        study["sources"]["published"]["digest"] = digest_path(Path("published"))
        params = Params.model_validate(study)
        run_stages(params)
        score(params)
    return folder


def trained(folder: Path, student: str, arm: str) -> dict[str, Any]:
    return read_json(folder / f"records/train/{student}/{arm}/0.json")


def test_a_source_has_the_formats_and_depths_that_are_asked_for(folder: Path) -> None:
    rows = read_jsonl(folder / "data/prompts/chain.jsonl")
    assert {row["format"] for row in rows} == {"open"}
    assert {row["depth"] for row in rows} == {2, 3}
    assert {row["depth"] for row in read_jsonl(folder / "data/tasks/chain.jsonl")} == {2, 3}


def test_pairs_longer_than_the_rule_are_dropped_with_the_reason(folder: Path) -> None:
    pairs = pd.read_parquet(folder / "data/pairs/short.parquet")
    dropped = pd.read_csv(folder / "data/pairs/short.dropped.csv")
    assert len(pairs) + len(dropped) == 40
    assert (pairs["prompt_tokens"] + pairs["reasoning_tokens"]).max() <= 35
    assert len(dropped) > 0


def test_published_pairs_of_a_folder_are_sampled_and_learnt_beside_other_sources(
    folder: Path,
) -> None:
    pairs = pd.read_parquet(folder / "data/pairs/others.parquet")
    assert pairs.groupby("source").size().to_dict() == {"mine": 12, "published": 5}


@pytest.mark.parametrize("student", STUDY["students"])
def test_every_kind_of_budget_is_used_up_and_not_overdrawn(folder: Path, student: str) -> None:
    used = {
        "tokens": trained(folder, student, "tokens")["tokens"]["trained"] / 1500,
        "samples": trained(folder, student, "samples")["metrics"]["samples"] / 30,
        "flops": trained(folder, student, "flops")["flops"]["train"] / 3e8,
    }
    assert all(0.9 < share <= 1 for share in used.values()), used


@pytest.mark.parametrize(("student", "arm"), CELLS)
def test_arm_and_student_have_their_say(folder: Path, student: str, arm: str) -> None:
    settings = trained(folder, student, arm)["parameters"]
    assert settings["learning_rate"] == (1e-3 if arm == "tokens" else 3e-3)
    assert settings["packing"]
    weights = folder / f"models/students/{student}/{arm}/0"
    if student == "full":
        assert (weights / "model.safetensors").is_file()
    else:
        adapter = read_json(weights / "adapter_config.json")
        assert (adapter["r"], adapter["lora_dropout"]) == (2, 0.1)


@pytest.mark.parametrize(("student", "arm"), CELLS)
def test_every_sample_is_drawn_answered_and_scored(folder: Path, student: str, arm: str) -> None:
    rows = read_jsonl(folder / f"answers/{student}/{arm}/0/drawn/chain.jsonl")
    texts = [[row["text"] for row in rows if row["sample"] == sample] for sample in (0, 1)]
    assert len(texts[0]) == len(texts[1]) == 8
    assert texts[0] != texts[1]
    scores = pd.read_parquet(folder / "scores/items.parquet")
    cell = scores[(scores["student"] == student) & (scores["arm"] == arm)]
    drawn = cell[cell["decoding"] == "drawn"]
    assert drawn.groupby("task").size().to_dict() == {"chain": 16, "mine": 12}
    assert set(cell["decoding"]) == ({"drawn", "brief"} if arm == "samples" else {"drawn"})
    written = cell["thinking_tokens"] + cell["answer_tokens"]
    assert written[cell["task"] == "mine"].max() <= 20
    assert (cell["thinking_tokens"][cell["decoding"] == "brief"] <= 9).all()
