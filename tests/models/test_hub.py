"""Hub models, against a hub on loopback: pinned, safetensors only, refused before a download."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml
from huggingface_hub import constants
from tests.models.hub_server import serving
from transformers import Qwen2Config, Qwen2ForCausalLM

from breakeven.base.stage import run as build_base
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import read_json
from breakeven.core.layout import base_folder
from breakeven.core.records import read_record
from breakeven.models import disk_space as disk
from breakeven.models.hub import find_hub_model
from breakeven.models.loading import load_base, load_tokenizer
from breakeven.models.pointer import base_config_path, read_pointer
from breakeven.models.weights import weights_folder
from breakeven.params import HubBase, Student, load_params

ROOT = Path(__file__).parents[2]
REPO = "tiny-lab/Tiny-Qwen2"
KEY = "params.yaml: students.s.base"
PICKLE = {"config.json": b'{"model_type": "qwen2"}', "pytorch_model.bin": b"\x80"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Files of a random Qwen2 with a character tokenizer, in two shards."""
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = build_tokenizer()
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=64,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(folder, max_shard_size="50KB")
    tokenizer.save_pretrained(folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def hub(monkeypatch, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    with serving() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield hub


def base(revision="main", repo=REPO):
    return HubBase(kind="hub", repo=repo, revision=revision)


def build(row):
    given = load_params(ROOT / "tests/study.yaml")
    build_base(given.model_copy(update={"students": {"s": row}}), "s")


def test_a_branch_is_resolved_once_and_its_commit_is_recorded(hub, tiny):
    commit = hub.add(REPO, tiny)
    row = Student(base=base())
    build(row)
    told = read_json(base_folder("s") / "pointer.json")
    assert (told["repo"], told["commit"]) == (REPO, commit)
    assert set(told["sha256"]) == {name for name in tiny if name != "README.md"}
    assert read_record("base", "s").parameters["commit"] == commit
    assert read_record("base", "s").inputs == {f"{REPO}@{commit}": told["digest"]}
    hub.add(REPO, {**tiny, "tokenizer.json": b"{}"})  # the branch moves on
    build(row)
    assert read_json(base_folder("s") / "pointer.json") == told


def test_a_template_that_cannot_be_learnt_with_is_refused_before_weights_are_fetched(hub, tiny):
    hub.add(REPO, {**tiny, "chat_template.jinja": b"{{ 'Hello' }}"})
    with pytest.raises(InputError, match=r"students\.s\.base: .* shows a message 0 times"):
        build(Student(base=base()))
    assert not [name for name in hub.fetched() if name.endswith(".safetensors")]


def test_the_pointer_tells_no_folder_of_this_machine(hub, tiny, tmp_path):
    hub.add(REPO, tiny)
    build(Student(base=base()))
    text = (base_folder("s") / "pointer.json").read_text() + json.dumps(
        read_record("base", "s").details
    )
    assert str(tmp_path) not in text
    assert "path" not in read_json(base_folder("s") / "pointer.json")


def test_the_model_loads_as_it_was_published(hub, tiny):
    hub.add(REPO, tiny)
    build(Student(base=base()))
    folder = Path(read_pointer("s").path)
    model = load_base(folder, torch.float32)
    assert model.num_parameters() == read_record("base", "s").metrics["parameters"]
    assert len(load_tokenizer(folder)) == model.config.vocab_size
    for name in ("config.json", "model.safetensors.index.json"):
        assert (folder / name).read_bytes() == tiny[name]


def test_another_machine_downloads_the_same_commit_and_checks_it(hub, tiny, monkeypatch, tmp_path):
    hub.add(REPO, tiny)
    build(Student(base=base()))
    hub.add(REPO, {**tiny, "config.json": b"{}"})
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "other machine"))
    assert json.loads(base_config_path("s").read_text()) == json.loads(tiny["config.json"])
    folder = Path(read_pointer("s").path)
    assert (tmp_path / "other machine") in folder.parents
    assert (folder / "config.json").read_bytes() == tiny["config.json"]


def test_a_cached_model_needs_no_hub(hub, tiny):
    commit = hub.add(REPO, tiny)
    build(Student(base=base(commit)))
    hub.broken = True
    hub.requests.clear()
    assert Path(read_pointer("s").path).is_dir()
    build(Student(base=base(commit)))
    assert hub.requests == []


def test_a_pinned_commit_in_the_cache_is_enough_for_a_new_project(hub, tiny, tmp_path, monkeypatch):
    commit = hub.add(REPO, tiny)
    build(Student(base=base(commit)))
    told = read_json(base_folder("s") / "pointer.json")
    new = tmp_path / "new project"
    new.mkdir()
    monkeypatch.chdir(new)
    hub.broken = True
    build(Student(base=base(commit)))
    assert read_json(base_folder("s") / "pointer.json") == told


def test_only_weights_that_cannot_run_code_are_fetched(hub, tiny):
    files = {
        **tiny,
        "pytorch_model.bin": b"\x80\x04",
        "consolidated.safetensors": b"twice",
        "original/model.safetensors": b"twice",
        "modeling_evil.py": b"import os",
        "README.md": b"# card",
        "LICENSE": b"free",
    }
    hub.add(REPO, files)
    folder = weights_folder(base(), KEY)
    assert {file.name for file in folder.iterdir()} == {*tiny, "LICENSE"} - {"README.md"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (PICKLE, r"no \.safetensors \(found pytorch_model\.bin\)"),
        ({"adapter_config.json": b"{}", "adapter_model.safetensors": b""}, "no config.json"),
    ],
)
def test_a_repository_that_is_no_model_is_refused_before_any_download(hub, files, message):
    hub.add(REPO, files)
    with pytest.raises(InputError, match=message):
        weights_folder(base(), KEY)
    assert hub.fetched() == []


def test_a_model_with_code_of_its_own_is_refused_before_its_weights(hub, tiny):
    config = json.loads(tiny["config.json"]) | {"auto_map": {"AutoModel": "evil.Model"}}
    hub.add(REPO, {**tiny, "config.json": json.dumps(config).encode()})
    with pytest.raises(InputError, match="auto_map: the model brings code of its own"):
        weights_folder(base(), KEY)
    assert not [name for name in hub.fetched() if name.endswith(".safetensors")]


def test_a_repository_that_is_not_there_is_named(hub):
    with pytest.raises(InputError, match=r"base\.repo: value is 'no/such'; the hub shows no such"):
        weights_folder(base(repo="no/such"), KEY)


def test_a_revision_that_is_not_there_is_named(hub, tiny):
    hub.add(REPO, tiny)
    with pytest.raises(InputError, match=r"base\.revision: value is 'v9'; tiny-lab/Tiny-Qwen2 has"):
        weights_folder(base("v9"), KEY)


def test_a_gated_model_says_what_to_accept(hub, tiny):
    hub.add(REPO, tiny)
    hub.gated.add(REPO)
    with pytest.raises(InputError, match=r"its owner asks for consent.*HF_TOKEN"):
        weights_folder(base(), KEY)


def test_a_wrong_token_is_told_without_being_shown(hub, tiny, monkeypatch):
    hub.add(REPO, tiny)
    hub.refused_tokens.add("hf_secret")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(InputError, match=r"refuses this token \(HTTP 401\)") as caught:
        weights_folder(base(), KEY)
    assert "hf_secret" not in str(caught.value)


def test_a_hub_that_is_down_is_the_machines_fault(hub):
    hub.broken = True
    with pytest.raises(MachineError, match="the hub answers HTTP 503"):
        weights_folder(base(), KEY)


def test_a_hub_out_of_reach_is_told_with_the_way_round(hub, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MachineError, match=r"cannot be reached; connect, or .*`hf download"):
        weights_folder(base(), KEY)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MachineError, match="HF_HUB_OFFLINE is set"):
        weights_folder(base(), KEY)


def test_a_student_that_cannot_fit_is_refused_when_only_its_config_is_here(hub, tiny):
    config = json.loads(tiny["config.json"]) | {"hidden_size": 65536, "num_hidden_layers": 200}
    hub.add(REPO, {**tiny, "config.json": json.dumps(config).encode()})
    with pytest.raises(MachineError, match=r"students\.s: training arm .* needs .* GB"):
        build(Student(base=base()))
    assert set(hub.fetched()) == {"config.json"}


def test_a_known_student_that_cannot_fit_is_refused_before_a_byte_is_fetched(hub, tiny):
    hub.add("Qwen/Qwen2.5-14B", tiny)
    row = Student(base=base(repo="Qwen/Qwen2.5-14B"), method="full")
    with pytest.raises(MachineError, match=r"students\.s: training arm .* \(full, .* needs"):
        build(row)
    assert hub.fetched() == []


def test_a_full_disk_is_told_before_the_weights_are_fetched(hub, tiny, monkeypatch):
    hub.add(REPO, tiny)
    free = SimpleNamespace(total=10**9, used=10**9, free=10**6)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: free)
    with pytest.raises(MachineError, match=r"tiny-lab/Tiny-Qwen2 needs .*1 MB free"):
        weights_folder(base(), KEY)
    assert not [name for name in hub.fetched() if name.endswith(".safetensors")]


def test_a_damaged_download_is_removed_and_fetched_anew(hub, tiny):
    hub.add(REPO, tiny)
    shard = next(name for name in tiny if name.endswith("2.safetensors") or "00002" in name)
    hub.corrupt.add(shard)
    with pytest.raises(MachineError, match=r"the hub says .* it was removed"):
        weights_folder(base(), KEY)
    hub.corrupt.clear()
    folder = weights_folder(base(), KEY)
    assert (folder / shard).read_bytes() == tiny[shard]


def test_branches_of_two_roles_mean_the_same_commit(hub, tiny):
    commit = hub.add(REPO, tiny)
    assert find_hub_model(base(), KEY).commit == commit
    hub.add(REPO, {**tiny, "LICENSE": b"new"})
    assert find_hub_model(base(), "params.yaml: teacher.model").commit == commit


def test_the_stage_downloads_with_nothing_but_the_environment(hub, tiny, tmp_path):
    hub.add(REPO, tiny)
    params = yaml.safe_load((ROOT / "tests/study.yaml").read_text())
    params["students"] = {"s": {"base": base().model_dump()}}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_OFFLINE": "0",
        "PYTHONPATH": str(ROOT / "src"),
    }

    def run():
        return subprocess.run(
            [sys.executable, ROOT / "stages/base.py", "--student", "s"],
            env=environment,
            capture_output=True,
            text=True,
        )

    done = run()
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert base_config_path("s").is_file()
    shutil.rmtree(".work")
    environment["HF_HOME"] = str(tmp_path / "empty")
    hub.broken = True
    refused = run()
    assert refused.returncode == 3
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("error: params.yaml: students.s.base")
