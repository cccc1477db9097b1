"""What the file of a cell says changes with what the cell reads, and with nothing else."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.pipeline.repository import SCRATCH_SIZE, TINY

from breakeven.params import load_params
from breakeven.pipeline.code import look_again
from breakeven.pipeline.inputs import write_folder, write_inputs
from breakeven.pipeline.reads import all_reads

STYLE = {"trace": "none", "max_new_tokens": 8}
TEACHER = {
    "kind": "openai",
    "model": "teacher",
    "base_urls": ["http://127.0.0.1:1/v1"],
    "styles": {"ift": STYLE, "reasoning": STYLE},
}
STUDY: dict[str, Any] = {
    **TINY,
    "teacher": TEACHER,
    "sources": {**TINY["sources"], "words": {"kind": "jsonl", "path": "words.jsonl"}},
    "students": {
        **TINY["students"],
        "own": {"base": {"kind": "folder", "path": "own"}, "learning_rates": {"ift": 1e-3}},
        "new": SCRATCH_SIZE,
    },
    "tasks": {
        **TINY["tasks"],
        "mine": {"kind": "jsonl", "path": "mine.jsonl", "family": "math-open"},
        "sums": {
            "kind": "lm-eval",
            "task": "sums",
            "family": "math-open",
            "include": "harness",
        },
        "others": {
            "kind": "lm-eval",
            "task": "others",
            "family": "math-open",
            "include": "harness",
        },
    },
    "training": {**TINY["training"], "launch": "launch.yaml"},
}
FILES = {
    "words.jsonl": "{}\n",
    "mine.jsonl": "{}\n",
    "own/model.safetensors": "weights",
    "own/tokenizer.json": "{}",
    "assets/tabletop/t30k/model.safetensors": "weights",
    "assets/tabletop/t30k/tokenizer.json": "{}",
    "launch.yaml": "num_processes: 2\n",
    "harness/sums.yaml": "include: shared.yaml\ntask: sums\nprocess_docs: !function tools.read\n",
    "harness/shared.yaml": "dataset_kwargs: {data_files: {test: data/sums.jsonl}}\n",
    "harness/others.yaml": "task: others\ndataset_path: data/folder\n",
    "harness/tools.py": "read = list\n",
    "data/sums.jsonl": "{}\n",
    "data/folder/test.jsonl": "{}\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file of every kind that params.yaml can name."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def said(study: dict[str, Any]) -> dict[str, str]:
    """What the files of all cells say, by stage and cell."""
    Path("params.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    return {
        f"{one.stage}@{one.name.removesuffix('.json').replace('/', '-')}": json.dumps(
            [one.params, one.files]
        )
        for one in all_reads(load_params())
    }


def changed(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {name for name in before | now if before.get(name) != now.get(name)}


TRAINED = {f"train@{student}-{arm}-0" for student in STUDY["students"] for arm in STUDY["arms"]}
ANSWERED = {f"answer@{student}" for student in STUDY["students"]}
DISTILLED = {
    f"distill@{source}-{style}" for source in STUDY["sources"] for style in ("ift", "reasoning")
}


@pytest.mark.parametrize(
    ("file", "cells"),
    [
        ("words.jsonl", {"prompts@words"}),
        ("mine.jsonl", {"tasks@mine"}),
        ("harness/sums.yaml", {"tasks@sums"}),
        ("harness/shared.yaml", {"tasks@sums"}),
        ("harness/others.yaml", {"tasks@others"}),
        ("harness/tools.py", {"tasks@sums", "tasks@others"}),
        ("data/sums.jsonl", {"tasks@sums"}),
        ("data/folder/test.jsonl", {"tasks@others"}),
        ("own/model.safetensors", {"base@own"}),
        ("own/tokenizer.json", {"base@own"}),
        ("assets/tabletop/t30k/model.safetensors", {"base@t30k"}),
        ("assets/tabletop/t30k/tokenizer.json", {"base@t30k", "base@new"}),
        ("launch.yaml", TRAINED),
    ],
)
def test_a_named_file_is_in_the_cells_that_read_it(
    project: Path, file: str, cells: set[str]
) -> None:
    before = said(STUDY)
    (project / file).write_text(f"{FILES[file]}# more\n")
    edited = said(STUDY)
    assert changed(before, edited) == cells
    (project / file).unlink()
    assert cells <= changed(edited, said(STUDY))


def with_value(*keys: str, value: Any) -> dict[str, Any]:
    study = deepcopy(STUDY)
    table = study
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value
    return study


@pytest.mark.parametrize(
    ("study", "cells"),
    [
        (with_value("teacher", "concurrency", value=7), set()),
        (with_value("teacher", "base_urls", value=["http://127.0.0.1:2/v1"]), set()),
        (with_value("training", "max_length", value=512), set()),  # the default, written out
        (with_value("teacher", "seed", value=1), DISTILLED),
        (
            with_value("teacher", "styles", "ift", value={**STYLE, "temperature": 0.5}),
            {name for name in DISTILLED if name.endswith("ift")},
        ),
        (
            with_value("students", "own", "learning_rates", "ift", value=2e-3),
            {"train@own-ift-0"},
        ),
        (
            with_value("students", "own", "learning_rates", "reasoning", value=2e-3),
            {"train@own-reasoning-0"},
        ),
        (with_value("students", "own", "learning_rates", "mixed", value=2e-3), set()),
        (with_value("training", "epochs", value=2), TRAINED),
        (with_value("training", "checkpoint_steps", value=7), set()),
        (
            with_value("corpora", "spare", value={"sources": ["words"]}),
            {"pairs@spare", "texts@all"},
        ),
        (with_value("corpora", "general", "tuning", value=True), TRAINED),
        (with_value("report", "bootstrap_draws", value=300), set()),
        (with_value("training", "max_passes", value=3), set()),
        (
            with_value(
                "answering", "decodings", "brief", value={"thinking_tokens": 9, "arms": ["ift"]}
            ),
            {*ANSWERED, "score@all", "texts@all"},
        ),
        (
            with_value("answering", "by_task", value={"mine": {"max_new_tokens": 9}}),
            {*ANSWERED, "score@all", "texts@all"},
        ),
        (with_value("sources", "chain", "completions", value={"search": "forward"}), set()),
        (with_value("arms", "reasoning", "control", value=True), set()),
        (with_value("grading", "math_seconds", value=2.0), {"score@all"}),
        (
            with_value("tasks", "chain-open", "family", value="extra-open"),
            {"tasks@chain-open", "texts@all"},
        ),
    ],
)
def test_a_value_is_in_the_cells_that_read_it(
    project: Path, study: dict[str, Any], cells: set[str]
) -> None:
    """The report reads the whole study, and is not looked at."""
    assert changed(said(STUDY), said(study)) - {"report@all"} == cells


def test_a_matched_arm_reads_what_decides_how_much_the_other_trains(project: Path) -> None:
    def arms_trained(before: dict[str, str], now: dict[str, str]) -> set[str]:
        return {one.split("-")[1] for one in changed(before, now) if one.startswith("train@")}

    study = with_value("arms", "ift", "budget", value={"match": "reasoning", "unit": "tokens"})
    study["corpora"] = {**TINY["corpora"], "spare": {"sources": ["words"]}}
    before = said(study)
    study["arms"]["reasoning"]["learning_rate"] = 7e-3
    faster = said(study)
    assert arms_trained(before, faster) == {"reasoning"}
    study["arms"]["reasoning"]["corpus"] = "spare"
    other = said(study)
    assert arms_trained(faster, other) == {"ift", "reasoning"}
    (learnt, _) = json.loads(other["lessons@all"])
    assert learnt == {"ift": ["general", "spare"], "reasoning": ["spare"]}


def test_only_files_that_say_something_else_are_touched(project: Path) -> None:
    folder = project / "inputs"
    write_folder(folder, {"a.json": 1, "b/c.json": [2]})
    kept, gone = (folder / "a.json").stat(), folder / ".a.json.0.tmp"
    gone.write_text("left by a kill")
    write_folder(folder, {"a.json": 1, "d.json": 3})
    assert (folder / "a.json").stat().st_mtime_ns == kept.st_mtime_ns
    assert {file.name for file in folder.rglob("*") if file.is_file()} == {"a.json", "d.json"}


@pytest.fixture
def own_modules() -> Iterator[None]:
    """Modules are read once a process, and a project here has some of its own."""
    look_again()
    yield
    look_again()


@pytest.mark.usefixtures("own_modules")
def test_a_damaged_file_of_inputs_is_written_anew(project: Path) -> None:
    for stage in ("tasks", "train"):
        (project / "stages").mkdir(exist_ok=True)
        (project / f"stages/{stage}.py").write_text("import breakeven.core.layout\n")
    said(STUDY)
    write_inputs(load_params())
    file = project / "inputs/cells/tasks/mine.json"
    whole = file.read_text()
    file.write_text("{")
    write_inputs(load_params())
    assert file.read_text() == whole
