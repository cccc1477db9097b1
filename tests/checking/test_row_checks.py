"""`breakeven new` looks at what a row names, and says of it what `breakeven check` would say."""

import shutil
from pathlib import Path

import pytest
from tests.checking.conftest import write_lines
from tests.conftest import ROOT
from typer.testing import CliRunner, Result

from breakeven.checking.check import CHECKS, OF_TEXTS, check_params
from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.params.load import load_params
from breakeven.params.new_row import new_row

PARAMS = Path("params.yaml")
TASK = ["task", "mine", "kind=jsonl", "family=math-open", "grader=math"]
SOURCE = ["source", "mine", "kind=jsonl"]
STUDENT = ["student", "mine", "--like", "t120k"]


@pytest.fixture(autouse=True)
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("assets").symlink_to(ROOT / "assets")
    write_lines(Path("task.jsonl"), {"question": "1+1?", "reference": "2"})
    write_lines(Path("cut.jsonl"), {"question": "1+1?", "reference": "2"}, {"question": "1+2?"})
    Path("empty.jsonl").touch()
    Path("folder").mkdir()
    shutil.copytree(ROOT / "assets/tabletop/t30k", "cut")
    for file in Path("cut").glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:100])
    PARAMS.write_text((ROOT / "profiles/smoke.yaml").read_text())
    return PARAMS.read_text()


def new(*words: str) -> Result:
    return CliRunner().invoke(app, ["new", *words])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            [*TASK, "path=gone.jsonl"],
            "tasks.mine.path: value is 'gone.jsonl'; no such file; use a JSON-lines file",
        ),
        ([*TASK, "path=folder"], "tasks.mine.path: value is 'folder'; no such file"),
        ([*TASK, "path=cut.jsonl"], "tasks.mine.path: cut.jsonl: line 2: reference: "),
        ([*TASK, "path=empty.jsonl"], "tasks.mine.path: empty.jsonl: no rows; a task needs"),
        ([*SOURCE, "path=gone.jsonl"], "sources.mine.path: value is 'gone.jsonl'; no such file"),
        ([*SOURCE, "path=task.jsonl"], "sources.mine.path: task.jsonl: line 1: prompt: "),
        (
            ["task", "mine", "kind=catalogue", "benchmark=gsm8"],
            "tasks.mine.benchmark: 'gsm8' is not in the catalogue; did you mean 'gsm8k'?",
        ),
        (
            [*STUDENT, "base.path=gone"],
            "students.mine.base.path: value is 'gone'; no such folder; use a folder",
        ),
        ([*STUDENT, "base.path=folder"], "students.mine.base.path: value is 'folder'; it has no"),
        ([*STUDENT, "base.path=cut"], "students.mine.base.path: "),
    ],
    ids=lambda one: " ".join(one[-2:]) if isinstance(one, list) else "",
)
def test_what_a_stage_would_refuse_is_refused_at_once(
    study: str, words: list[str], message: str
) -> None:
    refused = new(*words)
    assert isinstance(refused.exception, InputError)
    assert PARAMS.read_text() == study
    (line,) = str(refused.exception).splitlines()
    assert line.startswith(f"params.yaml: {message}")
    # A person who writes the row by hand is told the same by `check`.
    kind, name, *rest = words
    like = rest.pop(1) if rest[0] == "--like" else None
    new_row(kind, name, [one for one in rest if "=" in one], like=like).write()
    cheap = [check for check in CHECKS if check not in OF_TEXTS]
    found = check_params(load_params(), PARAMS, cheap)
    assert [one.line for one in found if one.is_error] == [line]


def test_what_is_wrong_elsewhere_keeps_no_row_out(study: str) -> None:
    PARAMS.write_text(study.replace("path: assets/tabletop/t120k", "path: gone"))
    assert new(*TASK, "path=task.jsonl").exit_code == 0
    assert load_params().tasks["mine"].path == "task.jsonl"
    assert new("decoding", "warm", "temperature=0.6", "thinking_tokens=8").exit_code == 0
    assert "gone" in load_params().students["t120k"].base.path
