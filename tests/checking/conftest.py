"""A project with a file of each kind, right and wrong; not to be changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from tests.checking.changes import BASE
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a file of each kind, right and wrong."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "assets").symlink_to(ROOT / "assets")
    (folder / "profiles").symlink_to(ROOT / "profiles")
    write_lines(folder / "task.jsonl", {"question": "1+1?", "reference": "2"})
    write_lines(folder / "source.jsonl", {"prompt": "1+1?", "reference": "2"})
    for name, key in (("greek-task", "question"), ("greek-source", "prompt")):
        rows = ({key: asked, "reference": "2"} for asked in ("1+1?", "2π?"))
        write_lines(folder / f"{name}.jsonl", *rows)
    write_lines(folder / "set/train.jsonl", {"q": {"text": "1+1?"}, "a": "2"})
    write_lines(folder / "pairs/train.jsonl", {"prompt": "p", "reasoning": "r"})
    (folder / "cut.jsonl").write_text('{"question": "1+1?", "reference": "2"}\n{"question": \n')
    (folder / "launch.yaml").write_text("distributed_type: NO\nnum_processes: 1\n")
    models(folder)
    return folder


def write_lines(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def models(folder: Path) -> None:
    """Copies of a base, each broken in one way."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(ROOT / BASE, folder / name))

    (copy("no-config") / "config.json").unlink()
    for file in copy("no-weights").glob("*.safetensors"):
        file.rename(file.with_suffix(".bin"))
    for file in copy("cut-weights").glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:100])
    (copy("no-tokenizer") / "tokenizer_config.json").unlink()
    (copy("cut-tokenizer") / "tokenizer.json").write_text("{")
    template = copy("no-template") / "chat_template.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}")
    changed(copy("unknown"), model_type="granite")
    for file in (folder / "unknown").glob("*.safetensors"):  # its layers have no biases
        weights = load_file(file)
        save_file({key: one for key, one in weights.items() if not key.endswith("bias")}, file)
    changed(copy("no-model"), model_type="nobody_has_this")
    changed(copy("own-code"), auto_map={"AutoModel": "own.Model"})


def changed(folder: Path, **values: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
