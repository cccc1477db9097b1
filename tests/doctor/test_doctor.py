"""The doctor finds what is planted, says what mends it, and finds nothing in a healthy study."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.doctor.planted_faults import FAULTS
from tests.doctor.planting import cached_content, edit_params, left
from tests.faults.conftest import STUDENT, study
from tests.faults.damage import DAMAGES
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import AlreadyReportedError, InputError
from breakeven.doctor.environment import look_at_accelerator
from breakeven.doctor.examine import examine
from breakeven.doctor.study_cells import study_cells
from breakeven.pipeline.reads import all_reads


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder with its stamps."""
    found = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        found[str(path)] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return found


def test_a_healthy_study_has_nothing_and_is_left_as_it_is(here: Path) -> None:
    before = tree(here)
    done = CliRunner().invoke(app, ["doctor"])
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert done.output.splitlines()[0].startswith("healthy: 15 of 15 cells have run")
    assert tree(here) == before


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_with_what_mends_it(here: Path, name: str) -> None:
    fault = FAULTS[name]
    cached = cached_content("data/tasks/chain-open.jsonl").as_posix()
    fault.plant()
    before = tree(here)
    found = examine()
    assert not found.healthy
    matching = [one for one in found.findings if one.area == fault.area and fault.said in one.said]
    assert [one.mend for one in matching] == [fault.mend.replace("CACHED", cached)], found.findings
    assert all("\n" not in one.line and one.line.isprintable() for one in found.findings)
    assert tree(here) == before


@pytest.mark.parametrize("damage", ["garbage", "emptied", "cut"])
@pytest.mark.parametrize(
    "file",
    [
        "data/tasks/chain-open.jsonl",
        "data/prompts/chain.jsonl",
        "data/distilled/chain/ift.jsonl",
        "data/pairs/general.parquet",
        "scores/items.parquet",
    ],
)
def test_what_cannot_be_read_is_one_finding(here: Path, file: str, damage: str) -> None:
    DAMAGES[damage](Path(file))
    (only,) = examine().findings
    assert (only.area, only.said) == ("outputs", f"{file}: not what its stage wrote")


def test_a_base_that_cannot_be_read_hides_nothing_of_a_study_to_come(here: Path) -> None:
    edit_params(lambda tree: tree["seeds"].append(1))
    DAMAGES["cut"](Path("assets/tabletop/t30k/tokenizer.json"))
    left("report/.index.html.0123abcd.tmp")
    areas = [one.area for one in examine().findings]
    assert set(areas) == {"params", "outputs", "temporary"}


def test_where_no_study_is_nothing_is_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"dvc\.yaml: no such files; run this from the project's"):
        examine()


def test_a_fault_is_the_exit_code_and_a_line_of_json(here: Path) -> None:
    left("report/.index.html.0123abcd.tmp")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert isinstance(done.exception, AlreadyReportedError)
    assert done.exception.exit_code == 1
    found = json.loads(done.stdout)
    (only,) = found["findings"]
    assert not found["healthy"]
    assert found["not_run"] == []
    assert only == {
        "area": "temporary",
        "said": "report/.index.html.0123abcd.tmp: was left by a kill",
        "mend": "rm -r -- report/.index.html.0123abcd.tmp",
        "line": "temporary: report/.index.html.0123abcd.tmp: was left by a kill; to mend: "
        "rm -r -- report/.index.html.0123abcd.tmp",
    }


@pytest.mark.parametrize(
    "name",
    [
        "a temporary file",
        "a folder on its way to be replaced",
        "a former source",
        "scratch fills the disk",
        "a file of a folder that the cache has lost",
        "content that the cache has damaged",
        "no cache at all",
        "a stage was run by hand",
        "a cell that the lock has nothing of",
        "a pipe in the place of a task",
    ],
)
def test_what_is_said_to_mend_it_does(here: Path, name: str) -> None:
    FAULTS[name].plant()
    found = examine()
    for mend in dict.fromkeys(one.mend for one in found.findings if one.area == FAULTS[name].area):
        words = re.sub(r"(^|&& )dvc ", rf"\1{sys.executable} -m dvc ", mend)
        subprocess.run(words, shell=True, check=True, capture_output=True, timeout=120)
    assert [one.line for one in examine().findings] == []


def test_what_a_process_is_writing_just_now_is_no_fault(here: Path) -> None:
    left("report/.index.html.0123abcd.tmp")
    Path("report/.index.html.0123abcd.tmp").touch()
    assert examine().healthy


def test_a_cell_that_has_not_run_is_told_and_no_fault(here: Path) -> None:
    edit_params(lambda tree: tree["seeds"].append(1))
    found = examine()
    assert [one.line for one in found.findings] == []
    assert found.not_run == (f"train/{STUDENT}/ift/1", f"train/{STUDENT}/reasoning/1")


def test_names_that_steer_a_terminal_or_a_shell_stay_names(here: Path) -> None:
    hostile = "data/prompts/x\x1b[2J\ny;touch pwned.jsonl"
    Path(hostile).write_text("{}\n")
    (only,) = examine().findings
    assert only.area == "orphans"
    assert only.line.isprintable()
    subprocess.run(only.mend, shell=True, check=True)
    assert not Path(hostile).exists()
    assert not list(Path().glob("pwned*"))


def test_cells_are_those_that_the_pipeline_has() -> None:
    params = study()
    of_pipeline = {(one.stage, *map(str, one.cell)) for one in all_reads(params)}
    assert set(study_cells(params)) == of_pipeline - {("texts",), ("lessons",)}


def test_a_library_in_a_version_that_does_not_work_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older one that comes before it on the path."""
    info = here / "older/peft-0.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: peft\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(here / "older")
    needed, made_with = [one for one in examine().findings if "0.0.1" in one.said]
    assert needed.said == "peft: is 0.0.1; needed is peft<1,>=0.21"
    assert needed.mend == "pip install 'peft<1,>=0.21'"
    assert made_with.said.startswith("peft: is 0.0.1, and made with ")


def test_an_accelerator_that_nothing_uses_is_told(tmp_path: Path) -> None:
    from importlib.metadata import version

    (tmp_path / "nvidia0").touch()
    found = list(look_at_accelerator([str(tmp_path / "nvidia0")]))
    assert bool(found) == version("torch").endswith("+cpu")
    assert not list(look_at_accelerator([str(tmp_path / "none")]))
