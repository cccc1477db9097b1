"""Every command of docs/dvc.md does what the page says, in a study that has run."""

import copy
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.docs.blocks import blocks
from tests.faults.conftest import smallest
from tests.pipeline.repository import ROOT, Study, make_finished_study

pytestmark = pytest.mark.study

# What the page names, as the default study does.
STUDENT = "t500k"


def tree() -> dict[str, Any]:
    params = copy.deepcopy(smallest())
    params["students"] = {STUDENT: params["students"]["t30k"]}
    params["report"] |= {"seed": 0}
    return params


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, preloaded: Path) -> Iterator[Study]:
    """All but `track` has run, and is committed."""
    folder = tmp_path_factory.mktemp("dvc-page") / "study"
    made = make_finished_study(folder, tree(), preloaded)
    for key, value in (("name", "A Person"), ("email", "person@example.org")):
        made.run("git", "config", f"user.{key}", value)
    made.run("git", "add", "--all")
    made.run("git", "commit", "--quiet", "--message", "A finished study")
    yield made
    shutil.rmtree(folder, ignore_errors=True)


class Done(NamedTuple):
    """What a command printed, and params.yaml after it."""

    printed: str
    params: dict[str, Any]


@pytest.fixture(scope="module")
def done(study: Study) -> dict[str, Done]:
    """Each command of the page, run in its order; YAML goes to dvc.yaml, as the page says."""
    ran = {}
    for block in blocks(ROOT / "docs/dvc.md"):
        if block.language == "yaml":
            with (study.folder / "dvc.yaml").open("a") as file:
                file.write(block.text)
            continue
        assert block.language == ""
        for line in block.text.splitlines():
            result = study.run("bash", "-c", line)
            ran[line] = Done(result.stdout, study.params())
    return ran


def only(done: dict[str, Done], beginning: str) -> Done:
    (found,) = (one for line, one in done.items() if line.startswith(beginning))
    return found


def test_metrics_are_a_short_table(done: dict[str, Done]) -> None:
    heading, *lines = only(done, "dvc metrics show").printed.splitlines()
    assert {"accuracy_ift", "gain_points", "gain_points_low", "at_equal_flops"} <= set(
        heading.split()
    )
    assert [line.split()[0].removeprefix("report/summary/") for line in lines] == [
        f"reasoning.over.ift/general-mc/{STUDENT}.json",
        f"reasoning.over.ift/math-open/{STUDENT}.json",
        "study.json",
    ]
    assert only(done, "dvc metrics diff HEAD").printed.strip() == ""


def test_plots_are_pictures_that_load_nothing(study: Study, done: dict[str, Done]) -> None:
    page = study.folder / "dvc_plots/index.html"
    assert page.as_uri() in only(done, "dvc plots diff").printed
    text = page.read_text()
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"\w+:", text)
    pictures = re.findall(r'<img src="(.*?)"', text)
    assert {name.rpartition("_")[2] for name in pictures} == {"frontier-inference.svg", "gain.svg"}
    for name in pictures:
        assert (page.parent / name).read_text().lstrip().startswith("<?xml")
    assert "dvc_plots" not in study.run("git", "status", "--short").stdout


def test_the_diagram_has_a_box_a_stage(done: dict[str, Done]) -> None:
    printed = only(done, "dvc dag").printed
    assert set(re.findall(r'\["(.*?)"\]', printed)) == {
        file.stem for file in (ROOT / "stages").glob("*.py")
    }


def test_an_experiment_runs_what_its_setting_changes(done: dict[str, Done]) -> None:
    direct = only(done, "dvc exp run report -S")
    assert set(re.findall(r"^Running stage '(.*)'", direct.printed, re.MULTILINE)) == {
        "inputs",
        "report",
    }
    assert direct.params["report"]["seed"] == 1
    assert only(done, "git checkout").params["report"]["seed"] == 0


def test_a_queued_one_leaves_the_folder_as_it_is_until_it_is_applied(
    study: Study, done: dict[str, Done]
) -> None:
    before = tree()["answering"]["max_new_tokens"]
    assert only(done, "dvc exp run --run-all").params["answering"]["max_new_tokens"] == before
    assert only(done, "dvc exp apply").params["answering"]["max_new_tokens"] == 160
    answered = only(done, "dvc exp run --run-all").printed
    assert f"answer {STUDENT}: 8 of 8" in answered
    assert not re.search(r"^Running stage 'train", answered, re.MULTILINE)
    # What was applied is whole: only what always runs did.
    tracked = only(done, "dvc repro track").printed
    assert set(re.findall(r"^Running stage '(.*)'", tracked, re.MULTILINE)) == {"inputs", "track"}


def test_experiments_stand_side_by_side(done: dict[str, Done]) -> None:
    heading, *lines = only(done, "dvc exp show").printed.splitlines()
    # With two more sizes it still has room in 120.
    assert max(map(len, [heading, *lines])) <= 120 - 2 * len(f"  {STUDENT} math-open/")
    gain = f"math-open/{STUDENT}"
    columns = heading.split()
    assert columns == ["Experiment", "rev", gain, "answering.max_new_tokens", "report.seed"]
    # What is no experiment has no name.
    named = [line.split() for line in lines if len(line.split()) == len(columns)]
    told = {row[0]: dict(zip(columns, row, strict=True)) for row in named}
    for name, tokens, seed in (("other-draws", "8", "1"), ("shorter-answers", "160", "0")):
        row = told[name]
        assert (row["answering.max_new_tokens"], row["report.seed"]) == (tokens, seed)
        assert -100 <= float(row[gain]) <= 100


def test_the_artifact_is_the_student(study: Study, done: dict[str, Done]) -> None:
    assert only(done, "dvc artifacts get")
    chosen, made = study.folder / "chosen", study.folder / f"models/students/{STUDENT}/reasoning/0"
    assert {file.name: file.read_bytes() for file in chosen.iterdir()} == {
        file.name: file.read_bytes() for file in made.iterdir()
    }
    assert json.loads((chosen / "adapter_config.json").read_text())["r"] == 4
