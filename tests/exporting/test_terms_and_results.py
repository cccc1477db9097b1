"""What cards say of terms and results: as it was stated, in the words that the hub has for it."""

import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCardData, parse_eval_result_entries
from tests.exporting.conftest import tree

from breakeven.core.records import Record
from breakeven.exporting.accuracies import (
    Accuracy,
    CellAccuracies,
    card_results,
    leaderboard_entries,
)
from breakeven.exporting.licences import base_licence, stated_licence
from breakeven.exporting.student import _copy_weights
from breakeven.models.pointer import BasePointer
from breakeven.params import FolderBase, GgufBase, HubBase, Params
from breakeven.statistics.estimates import Estimate

NO_RECORD = Record("base", {"student": "s"})
HUB = HubBase(kind="hub", repo="acme/base", revision="main")


def folder_base(**files: str) -> BasePointer:
    folder = Path("assets/b")
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return BasePointer("folder", folder.as_posix(), "0" * 64)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("MIT", {"license": "mit"}),
        ("Gemma terms of use", {"license": "gemma"}),
        ("Ours, for now", {"license": "other", "license_name": "ours-for-now"}),
    ],
)
def test_a_licence_has_the_name_that_the_hub_has_for_it(name, header) -> None:
    assert stated_licence(name, "x").header == header


def test_terms_of_a_packaged_model_are_named_and_go_along(project) -> None:
    terms = Path("models/base/s/licence")
    terms.mkdir(parents=True)
    (terms / "GEMMA_TERMS.txt").write_text("terms")
    base = GgufBase(kind="gguf", package="gemma", license="Gemma terms of use")
    record = Record("base", {"student": "s"}, details={"license_in_file": "gemma"})
    pointer = BasePointer("gguf", "models/base/s/weights", "0" * 64)
    found = base_licence(base, "s", pointer, record)
    assert found.header["license"] == "gemma"
    assert "Gemma terms of use" in found.words
    assert "The terms are in `base-licence/`" in found.words
    assert "The GGUF file itself says: gemma" in found.words
    assert [file.name for file in found.files] == ["GEMMA_TERMS.txt"]


@pytest.mark.parametrize(
    ("files", "header"),
    [
        ({"README_md": "---\nlicense: mit\n---\n# b\n"}, {"license": "mit"}),
        (
            {"README_md": "---\nlicense: other\nlicense_name: acme\nlicense_link: L\n---\n"},
            {"license": "other", "license_name": "acme", "license_link": "L"},
        ),
        ({"card_json": json.dumps({"license": "Apache-2.0"})}, {"license": "apache-2.0"}),
        (
            {"LICENSE": "words"},
            {
                "license": "other",
                "license_name": "base-licence",
                "license_link": "base-licence/LICENSE",
            },
        ),
        ({"README_md": "# no header"}, {"license": "unknown"}),
        ({"README_md": "---\nlicense: [\n---\n"}, {"license": "unknown"}),
        ({}, {"license": "unknown"}),
    ],
)
def test_the_licence_of_a_folder_is_what_its_files_say(project, files, header) -> None:
    pointer = folder_base(**files)
    base = FolderBase(kind="folder", path=pointer.path)
    assert base_licence(base, "s", pointer, NO_RECORD).header == header


def test_an_adapter_on_a_base_of_the_hub_names_its_repository_and_commit(project) -> None:
    trained, made = Path("trained"), Path("made")
    trained.mkdir()
    made.mkdir()
    (trained / "adapter_config.json").write_text(
        json.dumps({"r": 4, "base_model_name_or_path": "/home/me/cache", "revision": None})
    )
    pointer = BasePointer("hub", "/home/me/cache", "0" * 64, "acme/base", "c0ffee", {})
    _copy_weights(trained, pointer, made)
    config = json.loads((made / "adapter_config.json").read_text())
    assert config == {"r": 4, "base_model_name_or_path": "acme/base", "revision": "c0ffee"}


def on_gsm8k(items: int) -> tuple[Params, CellAccuracies]:
    found = tree()
    found["tasks"] = {"grade-school": {"kind": "catalogue", "benchmark": "gsm8k"}}
    estimate = Estimate(
        value=0.5128,
        low=0.48,
        high=0.54,
        standard_error=None,
        items=items,
        level=0.95,
        method="wilson",
    )
    accuracies = (Accuracy("math-open", "grade-school", estimate),)
    return Params.model_validate(found), CellAccuracies("greedy", (), accuracies)


def test_a_whole_benchmark_has_an_entry_that_the_hub_reads() -> None:
    entries = leaderboard_entries(*on_gsm8k(1319))["grade-school"]
    (one,) = parse_eval_result_entries(yaml.safe_load(yaml.safe_dump(entries)))
    assert (one.dataset_id, one.task_id, one.value) == ("openai/gsm8k", "gsm8k", 51.28)
    assert one.dataset_revision == "e53f048856ff4f594e959d75785d2c2d37b678ee"
    assert "51.3% (48.0 to 54.0)" in str(one.notes)


def test_a_sample_of_a_benchmark_has_none() -> None:
    assert leaderboard_entries(*on_gsm8k(200)) == {}


def test_results_name_the_data_set_at_its_commit() -> None:
    (one,) = card_results(*on_gsm8k(200))
    assert (one.dataset_type, one.dataset_config, one.dataset_split) == (
        *("openai/gsm8k", "main"),
        "test",
    )
    assert one.metric_value == 0.5128
    header = ModelCardData(model_name="m", eval_results=[one]).to_dict()
    assert header["model-index"][0]["results"][0]["metrics"][0]["type"] == "accuracy"
