"""A base that cannot be trained on is refused by `base` and by `check`, in one line.

Each row breaks a copy of a good base in one way; the line names the file that has to be mended.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.faults.conftest import STUDENT, one_line, smallest
from tests.pipeline.repository import ROOT

from breakeven.base.stage import run as find_base
from breakeven.checking.model_checks import check_students
from breakeven.core.errors import BreakevenError
from breakeven.params import Params

BASE = Path("base")
Break = Callable[[], object]


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield Path(shutil.copytree(ROOT / "assets/tabletop/t30k", BASE))


def study() -> Params:
    tree = smallest()
    tree["students"] = {STUDENT: {"base": {"kind": "folder", "path": BASE.as_posix()}}}
    return Params.model_validate(tree)


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Break:
    """Change what is in the file of weights."""

    def apply() -> None:
        tensors = load_file(BASE / "model.safetensors")
        change(tensors)
        save_file(tensors, BASE / "model.safetensors", metadata={"format": "pt"})

    return apply


def config(file: str = "config.json", **values: Any) -> Break:
    """Set values of a configuration."""

    def apply() -> None:
        known = json.loads((BASE / file).read_text()) if (BASE / file).is_file() else {}
        (BASE / file).write_text(json.dumps(known | values))

    return apply


def written(file: str, content: str | bytes) -> Break:
    """Put something in a file's place."""
    content = content.encode() if isinstance(content, str) else content
    return lambda: (BASE / file).write_bytes(content)


def template(text: str) -> Break:
    return written("chat_template.jinja", text)


def index(weight_map: Any) -> Break:
    return config("model.safetensors.index.json", metadata={}, weight_map=weight_map)


def turned(tensors: dict[str, torch.Tensor]) -> None:
    name = "model.layers.0.mlp.gate_proj.weight"
    tensors[name] = tensors[name].T.contiguous()


def not_a_number(tensors: dict[str, torch.Tensor]) -> None:
    tensors["model.norm.weight"][3] = float("nan")


def larger_vocabulary() -> None:
    path = BASE / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["added_tokens"].append(
        {
            **tokenizer["added_tokens"][-1],
            "id": 220,
            "content": "<|far|>",
        }
    )
    path.write_text(json.dumps(tokenizer))


GATE = "model.layers.0.mlp.gate_proj.weight"
TURNS = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
BAD: dict[str, tuple[Break, str]] = {
    "lacks a weight": (weights(lambda one: one.pop(GATE)), f"base: 1 weights are missing.*{GATE}"),
    "has a weight too many": (
        weights(lambda one: one.update({"model.extra.weight": torch.zeros(3)})),
        "base: 1 weights are none that config.json has a place for.*model.extra.weight",
    ),
    "has a weight of another shape": (
        weights(turned),
        f"base: 1 weights have another shape than config.json says.*{GATE}",
    ),
    "has a weight that is no number": (
        weights(not_a_number),
        r"base/model\.safetensors: model\.norm\.weight: not all of it are finite",
    ),
    "is of another model": (config(hidden_size=64), "base: .* have another shape"),
    "has layers that are not there": (
        config(num_hidden_layers=3, layer_types=None),
        "base: .* weights are missing",
    ),
    "has layers that are not told of": (
        config(num_hidden_layers=3),
        "base: the model cannot be loaded: .*num_hidden_layers",
    ),
    "has a billion layers": (config(num_hidden_layers=10**9), "num_hidden_layers|needs"),
    "is cut short": (
        lambda: (BASE / "model.safetensors").write_bytes(
            (BASE / "model.safetensors").read_bytes()[:5000]
        ),
        r"base/model\.safetensors: is damaged",
    ),
    "has no weights in its file": (
        written("model.safetensors", b""),
        r"base/model\.safetensors: is damaged",
    ),
    "says that its header is huge": (
        written("model.safetensors", (1 << 60).to_bytes(8, "little") + b"{}"),
        r"base/model\.safetensors: is damaged",
    ),
    "has a header that is no JSON": (
        written("model.safetensors", (8).to_bytes(8, "little") + b"notjson!"),
        r"base/model\.safetensors: is damaged",
    ),
    "has a larger vocabulary": (
        larger_vocabulary,
        r"base/tokenizer\.json: its highest token is 220, .* 220 rows",
    ),
    "brings code": (config(auto_map={"AutoModel": "own.Model"}), r"base/config\.json: auto_map"),
    "brings code further in": (
        config(text_config={"vision": [{"auto_map": {"AutoModel": "own.Model"}}]}),
        r"base/config\.json: auto_map",
    ),
    "brings a tokenizer's code": (
        config("tokenizer_config.json", auto_map={"AutoTokenizer": ["own.T", None]}),
        r"base/tokenizer_config\.json: auto_map",
    ),
    "brings a processor's code": (
        config("processor_config.json", auto_map={"AutoProcessor": "own.P"}),
        r"base/processor_config\.json: auto_map",
    ),
    "is quantised already": (
        config(quantization_config={"quant_method": "gptq", "bits": 4}),
        r"base/config\.json: quantization_config: the weights are quantised",
    ),
    "has an adapter beside its weights": (
        config("adapter_config.json", peft_type="LORA", base_model_name_or_path="elsewhere"),
        r"base/adapter_config\.json: an adapter",
    ),
    "has an index that points outside": (
        index({GATE: "../other/model.safetensors"}),
        r"base/model\.safetensors\.index\.json: weight_map: names '\.\./other/model\.safetensors'",
    ),
    "has an index that names an absolute file": (
        index({GATE: "/etc/passwd"}),
        r"index\.json: weight_map: names '/etc/passwd', which is outside",
    ),
    "has an index that names what is not there": (
        index({GATE: "model-00001-of-00002.safetensors"}),
        r"index\.json: weight_map: names model-00001-of-00002\.safetensors, which is not there",
    ),
    "has an index without a table": (index(["model.safetensors"]), "weight_map: is no table"),
    "has no configuration but a list": (written("config.json", "[]"), r"base/config\.json: value"),
    "has a configuration that is cut short": (
        written("config.json", '{"model_type": "qwen2", '),
        r"base/config\.json: not valid JSON",
    ),
    "has a tokenizer that is cut short": (written("tokenizer.json", "{"), "tokenizer cannot be"),
    "has a template that raises": (
        template("{{ raise_exception('no roles here') }}"),
        "base: its chat template refuses a message: no roles here",
    ),
    "has a template with a mistake": (
        template("{% for m in messages %}{{ m['content'] }"),
        "base: its chat template refuses a message",
    ),
    "has a template that reaches out": (
        template("{{ ''.__class__.__mro__[1].__subclasses__() }}" + TURNS),
        "base: its chat template refuses a message",
    ),
    "has a template that loops for ever": (
        template(
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}" + TURNS
        ),
        "base: its chat template takes more than 2 seconds",
    ),
    "has a template with a number without end": (
        template("{{ 9 ** (9 ** (9 ** 9)) }}" + TURNS),
        "base: its chat template takes more than 2 seconds",
    ),
    "has a template that fills the memory": (
        template("{{ 'a' * 10 ** 11 }}" + TURNS),
        "base: its chat template takes more than 2 seconds, or gigabytes",
    ),
}


def test_a_good_base_is_taken(good: Path) -> None:
    find_base(study(), STUDENT)
    assert list(check_students(study())) == []


@pytest.mark.parametrize("name", BAD)
def test_a_base_that_cannot_be_trained_on_is_refused_in_a_line(good: Path, name: str) -> None:
    break_it, said = BAD[name]
    break_it()
    started = time.process_time()
    with pytest.raises(BreakevenError, match=said) as refused:
        find_base(study(), STUDENT)
    one_line(str(refused.value))
    assert not Path("records").exists()
    found = list(check_students(study()))
    assert found, "check finds nothing"
    assert any(re.search(said, one.line) for one in found if one.is_error)
    assert all("\n" not in one.line for one in found)
    assert time.process_time() - started < 10
