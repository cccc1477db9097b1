"""Loading refuses what is missing, what is not safetensors, and what brings code of its own."""

import json

import pytest
import torch

from breakeven.core.errors import InputError
from breakeven.models.loading import load_base, load_tokenizer
from breakeven.models.weights import weights_folder
from breakeven.params import FolderBase


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    return tmp_path


def test_a_missing_folder_is_named_with_its_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"params\.yaml: students\.a\.base\.path: value is 'b/c'"):
        weights_folder(FolderBase(kind="folder", path="b/c"), "params.yaml: students.a.base")


def test_a_good_folder_is_taken(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    found = weights_folder(FolderBase(kind="folder", path=folder.name), "params.yaml: a")
    assert found.resolve() == folder.resolve()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no .safetensors"),
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            r"found pytorch_model\.bin",
        ),
        (
            lambda folder: (folder / "config.json").write_text(
                json.dumps({"model_type": "qwen2", "auto_map": {"AutoModel": "evil.Model"}})
            ),
            "auto_map: the model brings code of its own",
        ),
    ],
)
def test_what_could_run_code_or_is_not_a_model_is_refused(folder, change, message):
    change(folder)
    with pytest.raises(InputError, match=message):
        load_base(folder, torch.float32)


def test_broken_weights_are_the_users_to_mend(folder):
    (folder / "config.json").write_text('{"model_type": "no-such-architecture"}')
    with pytest.raises(InputError, match="the model cannot be loaded"):
        load_base(folder, torch.float32)


def test_a_folder_without_tokenizer_is_named(folder):
    with pytest.raises(InputError, match=r"no tokenizer_config\.json"):
        load_tokenizer(folder)
