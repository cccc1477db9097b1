"""A student whose architecture nobody has counted is studied like any other, without FLOPs."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.pipeline.repository import TINY, run_stages

from breakeven.core.errors import InputError
from breakeven.core.records import read_record
from breakeven.params import Params
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.expected_work import planned_cells
from breakeven.report.stage import run as report
from breakeven.score.stage import run as score

ROOT = Path(__file__).resolve().parents[2]
REASON = "model_type: value is 'granite', whose FLOPs are not known"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose second student is a tiny Granite beside the tabletop's smallest."""
    folder = tmp_path_factory.mktemp("granite")
    (folder / "assets").symlink_to(ROOT / "assets")
    _write_granite(folder / "granite")
    (folder / "params.yaml").write_text(json.dumps(study()))
    return folder


def study() -> dict[str, Any]:
    tree = deepcopy(TINY)
    tree["students"]["granite"] = {"base": {"kind": "folder", "path": "granite"}}
    return tree


def _write_granite(folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, GraniteConfig, GraniteForCausalLM

    shutil.copytree(ROOT / "assets/tabletop/t30k", folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    config = GraniteConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    GraniteForCausalLM(config).save_pretrained(folder)


@pytest.fixture(scope="module")
def studied(project: Path) -> Path:
    params = Params.model_validate(study())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        run_stages(params)
        score(params)
        report(params)
    return project


def test_its_parameters_are_counted_from_the_model_itself(studied: Path, monkeypatch: Any) -> None:
    from transformers import GraniteForCausalLM

    monkeypatch.chdir(studied)
    record = read_record("base", "granite")
    model = GraniteForCausalLM.from_pretrained(studied / "granite")
    assert record.metrics["parameters"] == model.num_parameters()
    assert REASON in record.absent["shape"]


def test_its_flops_are_absent_with_the_reason_and_its_answers_are_there(
    studied: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(studied)
    training = read_record("train", "granite", "ift", 0)
    answers = read_record("answer", "granite")
    assert training.flops["train"] is None
    assert REASON in training.absent["flops.train"]
    assert training.metrics["final_loss"] is not None
    assert answers.flops["inference"] is None
    assert REASON in answers.absent["flops.inference"]
    items = pd.read_parquet("scores/items.parquet")
    own = items[items["student"] == "granite"]
    assert len(own) == len(items[items["student"] == "t30k"]) > 0
    assert own["inference_flops"].isna().all()
    assert own["answer_tokens"].notna().all()
    assert items[items["student"] == "t30k"]["inference_flops"].notna().all()


def test_the_report_is_built_with_the_other_students_costs(studied: Path) -> None:
    page = (studied / "report" / "index.html").read_text(encoding="utf-8")
    assert "granite" in page


def test_its_cells_are_planned_without_flops(project: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(project)
    params = Params.model_validate(study())
    own = [one for one in planned_cells(ExpectedStudy(params)) if one.cell[0] == "granite"]
    assert {one.stage for one in own} == {"train", "answer"}
    assert all(not one.counts_flops and REASON in one.basis for one in own)


def test_a_budget_of_flops_is_refused_for_it(studied: Path, monkeypatch: Any) -> None:
    from breakeven.train.plan import plan_cell

    monkeypatch.chdir(studied)
    tree = study()
    tree["arms"]["ift"]["budget"] = {"train_flops": 1e9}
    with pytest.raises(InputError, match=r"budget\.train_flops: value is 1e\+09, but .*granite"):
        plan_cell(Params.model_validate(tree), "granite", "ift", 0)
    assert plan_cell(Params.model_validate(tree), "t30k", "ift", 0) is not None
