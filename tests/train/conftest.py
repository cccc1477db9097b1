"""A tiny study: a random Qwen2 base of 20K parameters and thirty worked pairs."""

import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState
from tests.train.tiny import BASE, worked_pairs

from breakeven.base.tabletop_shapes import Qwen2Shape, qwen2_config
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.files import digest_path
from breakeven.core.layout import pairs_path
from breakeven.costs.devices import describe_device
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params.cells import TrainingSettings
from breakeven.rows.pair import write_pairs
from breakeven.train.corpus_examples import render_pairs
from breakeven.train.processes import make_accelerator
from breakeven.train.schedule import fit_schedule


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _leave_no_number_format():
    """A process has one accelerator state, and the next test file may compute in another."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer()


@pytest.fixture(scope="session")
def base_files(tmp_path_factory, tokenizer):
    """A folder with the random base, made once."""
    from transformers import Qwen2ForCausalLM

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    shape = Qwen2Shape(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64)
    Qwen2ForCausalLM(qwen2_config(shape, tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def lay_out(project: Path, base_files: Path) -> None:
    """A base and pairs, as the stages before training leave them."""
    with contextlib.chdir(project):
        BASE.parent.mkdir()
        BASE.symlink_to(base_files, target_is_directory=True)
        write_pointer("tiny", BasePointer("folder", BASE.as_posix(), digest_path(BASE)))
        write_pairs(pairs_path("general"), worked_pairs())


@pytest.fixture
def study(project: Path, base_files: Path) -> Path:
    """A project with a base and pairs."""
    lay_out(project, base_files)
    return project


@pytest.fixture(scope="session")
def corpus_examples(tokenizer):
    return render_pairs(tokenizer, worked_pairs(), corpus="general", max_length=512)


@pytest.fixture
def bench(base_files: Path, tmp_path: Path, corpus_examples):
    """What the loop is given: `model(settings)` and the rest of its arguments."""
    from breakeven.train.trained_model import trainable_model

    def model(settings: TrainingSettings, seed: int = 0):
        return trainable_model(base_files, settings, device=torch.device("cpu"), seed=seed)

    def rest(settings: TrainingSettings, steps: int, name: str = "run") -> dict[str, Any]:
        AcceleratorState._reset_state(reset_partial_state=True)  # the dtype is fixed in it
        scratch = tmp_path / name
        scratch.mkdir(exist_ok=True)
        return {
            "settings": settings,
            "schedule": fit_schedule(settings.training.schedule, steps),
            "accelerator": make_accelerator(settings),
            "seed": 0,
            "scratch": scratch,
        }

    return SimpleNamespace(
        model=model, rest=rest, examples=corpus_examples, device=describe_device("cpu")
    )
