"""A project folder with a tiny random base, cells trained to random weights, and real tasks."""

from pathlib import Path

import pytest
import torch
from tests.answer.tiny import save_base

from breakeven.core.files import digest_path, write_json, write_rows
from breakeven.core.layout import prompts_path, student_folder, task_path
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params import Params
from breakeven.prompts.source_prompts import load_prompts
from breakeven.tasks.task_items import load_items

STUDENT = "tiny"


def study(**changes) -> Params:
    """Params of a study with an untrained, a LoRA and a full arm on two tasks."""
    tree = {
        "study": "tiny",
        "sources": {
            "chain": {"kind": "procedural", "problem": "chain", "prompts": 40},
            "lookup": {"kind": "procedural", "problem": "lookup", "prompts": 40},
        },
        "teacher": {"kind": "solver", "tokenizer": "assets/tiny"},
        "corpora": {"general": {"sources": ["chain", "lookup"]}},
        "students": {STUDENT: {"base": {"kind": "folder", "path": "assets/tiny"}}},
        "arms": {
            "base": {"method": "none", "shots": 2},
            "ift": {"corpus": "general", "reasoning_share": 0.0},
            "reasoning": {"method": "full", "corpus": "general", "reasoning_share": 1.0},
        },
        "tasks": {"chain-open": task("chain"), "lookup-mc": task("lookup", "choice")},
        "answering": {
            "max_new_tokens": 12,
            "batch_size": 8,
            "threads": 2,
            "decodings": {"greedy": {}, "vote": {"temperature": 1.0, "samples": 2}},
        },
    }
    for key, value in changes.items():
        tree[key] = {**tree[key], **value}
    return Params.model_validate(tree)


def task(problem, form="open", items=20):
    family = {"chain": "math", "lookup": "general"}[problem]
    return {
        "kind": "procedural",
        "problem": problem,
        "format": form,
        "family": f"{family}-{'mc' if form == 'choice' else 'open'}",
        "items": items,
    }


def lay_data(params: Params) -> None:
    """Pin the tasks and prompts of a study in the current folder."""
    for name, row in params.tasks.items():
        write_rows(task_path(name), load_items(name, row))
    for name, source in params.sources.items():
        write_rows(prompts_path(name), load_prompts(name, source))


def save_adapter(model, folder: Path, seed=0, std=0.2) -> None:
    """A LoRA adapter with random weights, as training saves it; the model is changed."""
    import warnings

    from peft import LoraConfig, get_peft_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
        adapted = get_peft_model(model, config)
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=std)
        adapted.save_pretrained(folder)


def lay_study(params: Params) -> None:
    """Everything that answering reads, in the current folder."""
    base = save_base(Path("assets/tiny"))
    write_pointer(STUDENT, BasePointer("folder", "assets/tiny", digest_path(Path("assets/tiny"))))
    lay_data(params)
    for seed in params.seeds:
        write_json(student_folder(STUDENT, "base", seed) / "untrained.json", {})
        save_base(student_folder(STUDENT, "reasoning", seed), seed=10 + seed)
        save_adapter(base, student_folder(STUDENT, "ift", seed), seed=seed)


@pytest.fixture(scope="session")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study laid once; tests work on copies."""
    folder = tmp_path_factory.mktemp("laid")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        lay_study(study())
    return folder
