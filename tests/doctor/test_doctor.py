"""The doctor finds what is planted, says what mends it, and finds nothing in a healthy study."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.faults.conftest import STUDENT, study
from tests.faults.damage import DAMAGES
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import AlreadyReportedError
from breakeven.core.files import digest_path, read_json, read_jsonl, write_json, write_jsonl
from breakeven.core.records import read_record
from breakeven.doctor.environment import look_at_accelerator
from breakeven.doctor.examine import examine
from breakeven.doctor.study_cells import study_cells
from breakeven.pipeline.reads import all_reads
from breakeven.rows.pair import read_pairs, write_pairs

CELL = f"{STUDENT}/ift/0"
LONG_AGO = 1.0


class Fault(NamedTuple):
    """How a fault is planted, what is said of it, and what mends it."""

    plant: Callable[[], object]
    area: str
    said: str
    mend: str


def edit_params(change: Callable[[dict[str, Any]], object]) -> None:
    tree = yaml.safe_load(Path("params.yaml").read_text())
    change(tree)
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))


def conflict(path: str) -> None:
    lines = Path(path).read_text().splitlines(keepends=True)
    lines[3:3] = ["<<<<<<< ours\n", "=======\n", "x: 1\n", ">>>>>>> theirs\n"]
    Path(path).write_text("".join(lines))


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def left(path: str) -> None:
    write(path, "half")
    age(Path(path))


def set_aside(path: str) -> None:
    aside = Path(path).with_name(f".{Path(path).name}.old")
    Path(path).rename(aside)
    age(aside)


def write_record(stage: str, *cell: str | int, **changes: Any) -> None:
    """A record with other values, and the digest of them."""
    replace(read_record(stage, *cell), **changes).write()


def of_other_pairs(change: Callable[[list[Any]], list[Any]]) -> None:
    """Other pairs, with a record of them: as if the stage had written them."""
    path = Path("data/pairs/general.parquet")
    write_pairs(path, change(read_pairs(path)))
    write_record("pairs", "general", outputs={path.as_posix(): digest_path(path)})


def of_other_completions(change: Callable[[list[Any]], list[Any]]) -> None:
    path = Path("data/distilled/chain/reasoning.jsonl")
    write_jsonl(path, change(read_jsonl(path)))
    outputs = {path.as_posix(): digest_path(path)}
    write_record("distill", "chain", "reasoning", outputs=outputs)


def first_item() -> dict[str, Any]:
    return read_jsonl(Path("data/tasks/chain-open.jsonl"))[0]


def without_an_answer() -> None:
    import pyarrow.parquet as pq

    path = Path("scores/items.parquet")
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    write_record("score", outputs={path.as_posix(): digest_path(path)})


def without_cached(path: str) -> None:
    """The content of an output goes from DVC's cache, of a folder that of one of its files."""
    outs = [one for row in lock()["stages"].values() for one in row.get("outs", [])]
    md5 = next(one["md5"] for one in outs if one["path"] == path)
    cached = cache_file(md5)
    if md5.endswith(".dir"):
        cached = cache_file(json.loads(cached.read_text())[0]["md5"])
    cached.chmod(0o644)
    cached.unlink()


def cached_content(path: str) -> Path:
    """Where DVC's cache has the content of an output."""
    outs = [one for row in lock()["stages"].values() for one in row.get("outs", [])]
    return cache_file(next(one["md5"] for one in outs if one["path"] == path))


def with_damaged_cache(path: str) -> None:
    """The content of an output in DVC's cache is as long as it was, and other bytes."""
    cached = cached_content(path)
    cached.chmod(0o644)
    DAMAGES["flipped"](cached)


def without_an_entry(name: str) -> None:
    tree = lock()
    del tree["stages"][name]
    Path("dvc.lock").write_text(yaml.safe_dump(tree))


def a_pipe(path: str) -> None:
    Path(path).unlink()
    os.mkfifo(path)


def lock() -> dict[str, Any]:
    return yaml.safe_load(Path("dvc.lock").read_text())


def cache_file(md5: str) -> Path:
    return Path(".dvc/cache/files/md5") / md5[:2] / md5[2:]


def huge_scratch() -> None:
    """A file that says it is larger than any disk here, and takes no room."""
    Path(".work").mkdir()
    with Path(".work/checkpoint").open("wb") as handle:
        handle.truncate(shutil.disk_usage(Path()).free + (1 << 30))


def huge_student() -> None:
    """A study of many sizes of weights that no disk here can hold."""
    base = {"kind": "hub", "repo": "Qwen/Qwen2.5-7B", "revision": "0" * 40}
    rows = {f"s{n}": {"base": base} for n in range(60)}
    edit_params(lambda tree: tree["students"].update(rows))
    edit_params(lambda tree: tree["training"].update(method="full"))


def launched_on_devices() -> None:
    configuration = {"distributed_type": "MULTI_GPU", "num_processes": 64, "num_machines": 1}
    Path("launch.yaml").write_text(yaml.safe_dump(configuration))
    edit_params(lambda tree: tree["training"].update(launch="launch.yaml"))


EDIT = "edit params.yaml, then run breakeven check"
FAULTS: dict[str, Fault] = {
    "params are no YAML": Fault(
        lambda: Path("params.yaml").write_text("study: [tiny"), "params", "params.yaml: ", EDIT
    ),
    "params in conflict": Fault(lambda: conflict("params.yaml"), "params", "params.yaml: ", EDIT),
    "params with an unknown key": Fault(
        lambda: edit_params(lambda tree: tree["training"].update(epoch=2)),
        "params",
        "training.epoch",
        EDIT,
    ),
    "params with a base that is not here": Fault(
        lambda: edit_params(lambda tree: tree["students"][STUDENT]["base"].update(path="gone")),
        "params",
        f"params.yaml: students.{STUDENT}.base.path",
        EDIT,
    ),
    "a base without a weight file": Fault(
        lambda: Path("assets/tabletop/t30k/model.safetensors").unlink(),
        "params",
        f"params.yaml: students.{STUDENT}.base.path",
        EDIT,
    ),
    "a base that has changed": Fault(
        lambda: DAMAGES["edited"](Path("assets/tabletop/t30k/generation_config.json")),
        "outputs",
        f"records/base/{STUDENT}.json: was made from another assets/tabletop/t30k",
        f"dvc repro base@{STUDENT}",
    ),
    "made with another library": Fault(
        lambda: write_record("train", STUDENT, "ift", 0, versions={"torch": "1.0"}),
        "environment",
        f"made with 1.0 are records/train/{CELL}.json",
        "pip install torch==1.0",
    ),
    "made with another Python": Fault(
        lambda: write_record("tasks", "chain-open", versions={"python": "2.7.18"}),
        "environment",
        "made with 2.7.18 are records/tasks/chain-open.json",
        "make clean setup PYTHON=python2.7",
    ),
    "no room": Fault(huge_student, "disk", "what has not run yet needs", "dvc gc --workspace"),
    "more devices than there are": Fault(
        launched_on_devices, "devices", "params.yaml: training.launch", EDIT
    ),
    "scratch fills the disk": Fault(huge_scratch, "scratch", ".work: has", "rm -r -- .work"),
    "a torn lock": Fault(
        lambda: DAMAGES["cut"](Path("dvc.lock")),
        "dvc",
        "its writing was stopped",
        "breakeven check",
    ),
    "a torn list of files in use": Fault(
        lambda: write(".dvc/tmp/rwlock", '{"write": {"a'),
        "dvc",
        ".dvc/tmp/rwlock: cannot be read",
        "breakeven check",
    ),
    "a lock in conflict": Fault(
        lambda: conflict("dvc.lock"), "dvc", "git left it in conflict", "breakeven check"
    ),
    "no lock": Fault(
        lambda: Path("dvc.lock").unlink(), "dvc", "dvc.lock: is not here", "dvc commit --force"
    ),
    "no DVC": Fault(lambda: shutil.rmtree(".dvc"), "dvc", ".dvc: is not here", "dvc init"),
    "a file that the cache has lost": Fault(
        lambda: without_cached("data/tasks/chain-open.jsonl"),
        "dvc",
        "data/tasks/chain-open.jsonl: not whole in DVC's cache",
        "dvc commit tasks@chain-open",
    ),
    "a file of a folder that the cache has lost": Fault(
        lambda: without_cached(f"answers/{STUDENT}"),
        "dvc",
        f"answers/{STUDENT}: not whole in DVC's cache",
        f"dvc commit answer@{STUDENT}",
    ),
    "an output and its record are gone": Fault(
        lambda: [
            Path("data/tasks/chain-open.jsonl").unlink(),
            Path("records/tasks/chain-open.json").unlink(),
        ],
        "dvc",
        "data/tasks/chain-open.jsonl, records/tasks/chain-open.json: not here, and dvc.lock has it",
        "dvc repro tasks@chain-open",
    ),
    "content that the cache has damaged": Fault(
        lambda: with_damaged_cache("data/tasks/chain-open.jsonl"),
        "dvc",
        "data/tasks/chain-open.jsonl: not whole in DVC's cache",
        "rm -r -- CACHED && dvc commit tasks@chain-open",
    ),
    "a cell that the lock has nothing of": Fault(
        lambda: without_an_entry("score"),
        "dvc",
        "records/score.json: dvc.lock has nothing of it",
        "dvc repro score",
    ),
    "no pipeline": Fault(
        lambda: Path("dvc.yaml").unlink(),
        "dvc",
        "dvc.yaml: is not here",
        "git checkout HEAD -- dvc.yaml",
    ),
    "a pipeline in conflict": Fault(
        lambda: conflict("dvc.yaml"),
        "dvc",
        "dvc.yaml: cannot be read",
        "git checkout HEAD -- dvc.yaml",
    ),
    "a configuration of DVC that is none": Fault(
        lambda: write(".dvc/config", "[core\n"),
        "dvc",
        ".dvc/config: cannot be read",
        "git checkout HEAD -- .dvc/config",
    ),
    "a pipe in the place of a task": Fault(
        lambda: a_pipe("data/tasks/chain-open.jsonl"),
        "outputs",
        "data/tasks/chain-open.jsonl: not what its stage wrote",
        "rm -r -- data/tasks/chain-open.jsonl && dvc repro tasks@chain-open",
    ),
    "a temporary file in inputs": Fault(
        lambda: left("inputs/.prices.json.0123abcd.tmp"),
        "temporary",
        "inputs/.prices.json.0123abcd.tmp: was left by a kill",
        "rm -r -- inputs/.prices.json.0123abcd.tmp",
    ),
    "the record of another cell": Fault(
        lambda: shutil.copy(
            f"records/train/{CELL}.json", f"records/train/{STUDENT}/reasoning/0.json"
        ),
        "outputs",
        f"records/train/{STUDENT}/reasoning/0.json: is the record of another cell "
        f"(records/train/{CELL}.json)",
        f"dvc repro train@{STUDENT}-reasoning-0",
    ),
    "no cache at all": Fault(
        lambda: shutil.rmtree(".dvc/cache"),
        "dvc",
        "data/tasks/chain-open.jsonl, records/tasks/chain-open.json, data/tasks/",
        "dvc commit tasks prompts distill texts pairs@general lessons "
        f"base@{STUDENT} train answer@{STUDENT} score report",
    ),
    "a stage was run by hand": Fault(
        lambda: write_record("tasks", "chain-open", metrics={"items": 6.5}),
        "dvc",
        "records/tasks/chain-open.json: agrees with its record and not with dvc.lock",
        "dvc repro tasks@chain-open",
    ),
    "an edited pointer": Fault(
        lambda: DAMAGES["edited"](Path(f"models/base/{STUDENT}/pointer.json")),
        "dvc",
        f"models/base/{STUDENT}: not what dvc.lock has",
        f"dvc repro base@{STUDENT}",
    ),
    "a former student": Fault(
        lambda: shutil.copytree(f"models/students/{STUDENT}", "models/students/old"),
        "orphans",
        "student old is no longer in params.yaml",
        "rm -r -- models/students/old",
    ),
    "a former seed": Fault(
        lambda: shutil.copy(f"records/train/{CELL}.json", f"records/train/{STUDENT}/ift/7.json"),
        "orphans",
        "seed 7 is no longer in params.yaml",
        f"rm -r -- records/train/{STUDENT}/ift/7.json",
    ),
    "a former source": Fault(
        lambda: shutil.copytree("data/distilled/chain", "data/distilled/old name"),
        "orphans",
        "source old name is no longer in params.yaml",
        "rm -r -- 'data/distilled/old name'",
    ),
    "a temporary file": Fault(
        lambda: left("data/pairs/.general.parquet.0123abcd.tmp"),
        "temporary",
        "data/pairs/.general.parquet.0123abcd.tmp: was left by a kill",
        "rm -r -- data/pairs/.general.parquet.0123abcd.tmp",
    ),
    "a temporary file in scratch": Fault(
        lambda: left(".work/training/x/.state.0123abcd.tmp"),
        "temporary",
        ".work/training/x/.state.0123abcd.tmp: was left by a kill",
        "rm -r -- .work/training/x/.state.0123abcd.tmp",
    ),
    "a folder on its way to be replaced": Fault(
        lambda: set_aside(f"models/students/{CELL}"),
        "temporary",
        f"is models/students/{CELL}, which a kill left",
        f"mv -- models/students/{STUDENT}/ift/.0.old models/students/{CELL}",
    ),
    "a flipped bit in an adapter": Fault(
        lambda: DAMAGES["flipped"](Path(f"models/students/{CELL}/adapter_model.safetensors")),
        "outputs",
        f"models/students/{CELL}: not what its stage wrote",
        f"dvc repro train@{STUDENT}-ift-0",
    ),
    "an edited answer": Fault(
        lambda: DAMAGES["edited"](Path(f"answers/{CELL}/greedy/chain-open.jsonl")),
        "outputs",
        f"answers/{STUDENT}: not what its stage wrote",
        f"dvc repro answer@{STUDENT}",
    ),
    "garbage for pairs": Fault(
        lambda: DAMAGES["garbage"](Path("data/pairs/general.parquet")),
        "outputs",
        "data/pairs/general.parquet: not what its stage wrote",
        "dvc repro pairs@general",
    ),
    "an edited page": Fault(
        lambda: DAMAGES["edited"](Path("report/index.html")),
        "outputs",
        "report/index.html: not what its stage wrote",
        "dvc repro report",
    ),
    "scores that are gone": Fault(
        lambda: Path("scores/items.parquet").unlink(),
        "outputs",
        "scores/items.parquet: not there, and its record is",
        "dvc repro score",
    ),
    "a record that is gone": Fault(
        lambda: Path("records/pairs/general.json").unlink(),
        "outputs",
        "data/pairs/general.parquet: has no record (records/pairs/general.json)",
        "dvc repro pairs@general",
    ),
    "a record that was edited": Fault(
        lambda: write_json(
            Path("records/score.json"), read_json(Path("records/score.json")) | {"metrics": {}}
        ),
        "outputs",
        "records/score.json: is not what the stage wrote",
        "dvc repro score",
    ),
    "a record that is no JSON": Fault(
        lambda: DAMAGES["cut"](Path(f"records/train/{CELL}.json")),
        "outputs",
        f"records/train/{CELL}.json: not valid JSON",
        f"dvc repro train@{STUDENT}-ift-0",
    ),
    "what was made from other prompts": Fault(
        lambda: write_record(
            "distill", "chain", "ift", inputs={"data/prompts/chain.jsonl": "0" * 64}
        ),
        "outputs",
        "records/distill/chain/ift.json: was made from another data/prompts/chain.jsonl",
        "dvc repro distill@chain-ift",
    ),
    "the content of a test item in the pairs": Fault(
        lambda: of_other_pairs(
            lambda pairs: [*pairs[1:], replace(pairs[0], content=first_item()["content"])]
        ),
        "overlap",
        "same content as a test item",
        "dvc repro pairs@general",
    ),
    "the prompt of a test item in the pairs": Fault(
        lambda: of_other_pairs(
            lambda pairs: [*pairs[1:], replace(pairs[0], prompt=first_item()["prompt"].upper())]
        ),
        "overlap",
        "same prompt as a test item",
        "dvc repro pairs@general",
    ),
    "a prompt that one style did not answer": Fault(
        lambda: of_other_completions(lambda rows: rows[1:]),
        "balance",
        "data/distilled/chain/reasoning.jsonl: no completion of chain-000000",
        "dvc repro distill@chain-reasoning",
    ),
    "a prompt that one style answered twice": Fault(
        lambda: of_other_completions(lambda rows: [*rows, rows[0]]),
        "balance",
        "data/distilled/chain/reasoning.jsonl: a completion too many of chain-000000",
        "dvc repro distill@chain-reasoning",
    ),
    "a pair without a trace": Fault(
        lambda: of_other_pairs(lambda pairs: [replace(pairs[0], reasoning="6"), *pairs[1:]]),
        "balance",
        "data/pairs/general.parquet: no trace and answer in ",
        "dvc repro pairs@general",
    ),
    "a question that one arm was not asked": Fault(
        without_an_answer,
        "balance",
        f"scores/items.parquet: answers of {CELL}: 5 of 6 to chain-open in greedy",
        "dvc repro score",
    ),
}


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
