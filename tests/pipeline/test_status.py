"""Why a cell is due, in words."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.errors import InputError, MachineError
from breakeven.params import load_params
from breakeven.pipeline.as_locked import cells_as_locked
from breakeven.pipeline.lock import require_idle
from breakeven.pipeline.status import (
    DueCell,
    Status,
    _output_reasons,
    changes_of,
    differences,
    pipeline_status,
    readers_of,
    repository_status,
    status_lines,
)

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "0" * 64, "1" * 64


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"a.py": OLD[:16]}, {"a.py": NEW[:16]}, ["a.py is changed"]),
        ({}, {"a.py": NEW[:16]}, ["a.py is new"]),
        ({"a.py": OLD[:16]}, {}, ["a.py is gone"]),
        (
            {"params": {"epochs": 1}, "files": {"x.jsonl": OLD}},
            {"params": {"epochs": 2}, "files": {"x.jsonl": "no such file"}},
            ["epochs: 1 -> 2", "x.jsonl is gone"],
        ),
        ({"files": {"x": "no such file"}}, {"files": {"x": OLD}}, ["x is new"]),
        ({"files": {"x": NEW}}, {"files": {"x": OLD}}, ["x is changed"]),
        (
            {"params": {"students": {"a": {"rank": 1}}}},
            {"params": {"students": {"a": {"rank": 0}, "b": {"rank": 1}}}},
            ["students.a.rank: 1 -> 0", "students.b is new"],
        ),
        (
            {"params": {"tasks": ["a", "b", "c"]}},
            {"params": {"tasks": ["b", "c", "d"]}},
            ["tasks.d is new", "tasks.a is gone"],
        ),
        (
            {"params": {"tasks": ["a", "b"]}},
            {"params": {"tasks": ["b", "a"]}},
            ['tasks: ["a", "b"] -> ["b", "a"]'],
        ),
        ({"params": {"tasks": []}}, {"params": {"tasks": ["a"]}}, ["tasks.a is new"]),
        ({"params": {"launch": None}}, {"params": {"launch": "l"}}, ['launch: null -> "l"']),
    ],
)
def test_what_differs_is_told_by_its_name(before: Any, now: Any, told: list[str]) -> None:
    assert list(differences(before, now)) == told


def test_cells_of_a_stage_with_one_reason_share_a_line() -> None:
    due = tuple(DueCell(f"train@t-{seed}", ("a.py is changed",)) for seed in range(9))
    assert status_lines(Status((*due, DueCell("base@u", ("new",))), ("answer@t", "score"), 40)) == [
        "train@t-0, train@t-1, train@t-2 and 6 more: a.py is changed",
        "base@u: new",
        "then, where what they read has become another: answer@t, score",
        "done: 28 of 40 cells",
    ]
    assert Status(due[:2], ("score",), 40).to_run == {
        *("train@t-0", "train@t-1", "score"),
        *("inputs", "track"),
    }
    assert status_lines(Status((), (), 40)) == [
        "nothing is due but track, which always runs; cells done: 40"
    ]


def test_nothing_is_asked_while_dvc_runs_a_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC itself: its stage asks `require_idle` while it runs, and the test once it has ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    ask = "from breakeven.pipeline.lock import require_idle as ask; ask()"
    command = f"{sys.executable} -c {json.dumps(ask)} 2> told; touch made"
    (tmp_path / "dvc.yaml").write_text(
        json.dumps({"stages": {"make": {"cmd": command, "outs": ["made"]}}})
    )
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--quiet", "--no-scm"], check=True)
    require_idle()
    subprocess.run([*dvc, "repro", "--quiet"], check=True)
    told = (tmp_path / "told").read_text()
    assert (
        "MachineError: DVC or `breakeven run` is at work here; ask again when it has ended "
        "(process " in told
    )
    require_idle()


def test_nothing_is_asked_between_two_stages_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC then holds its lock, and no file is listed as being written."""
    from dvc.lock import make_lock

    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    with (
        make_lock(str(tmp_path / ".dvc/tmp/lock"), tmp_dir=str(tmp_path / ".dvc/tmp")),
        pytest.raises(MachineError, match=r"^DVC or `breakeven run` is at work here"),
    ):
        require_idle()


@pytest.mark.parametrize(
    "kept", ["", "{}", '{"write": []}', '{"write": {"made": {"pid": 2147483647, "cmd": "dvc"}}}']
)
def test_what_a_killed_dvc_left_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / ".dvc/tmp/rwlock").write_text(kept)
    require_idle()


def test_a_process_that_lives_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    entry = {"pid": os.getpid(), "cmd": "dvc repro"}
    (tmp_path / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {"made": entry}, "read": {}}))
    with pytest.raises(MachineError, match=f"process {os.getpid()}: dvc repro"):
        require_idle()


@pytest.mark.parametrize(("there", "missing"), [([], "dvc.yaml"), (["dvc.yaml"], ".dvc")])
def test_elsewhere_than_in_a_project_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], missing: str
) -> None:
    params = load_params(ROOT / "tests/study.yaml")
    monkeypatch.chdir(tmp_path)
    for name in there:
        Path(name).touch()
    with pytest.raises(InputError, match=f"^{missing} is not here; run this from the project's"):
        pipeline_status(params)
    assert [path.name for path in tmp_path.iterdir()] == there


def test_a_pipeline_that_dvc_cannot_read_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load_params(ROOT / "tests/study.yaml")
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet", "--no-scm"], check=True)
    Path("dvc.yaml").write_text("stages:\n  a: {cmd: x, wrong: 1}\n")
    with pytest.raises(InputError, match=r"^DVC: .*dvc\.yaml.*$") as error:
        pipeline_status(params)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("matter", ["deleted", "not in cache"])
def test_what_is_the_matter_with_all_outputs_is_one_reason_for_all_cells(matter: str) -> None:
    both = {"data/a.jsonl": matter, "records/a.json": matter}
    assert list(_output_reasons(2, both)) == [f"its outputs are {matter}"]
    assert list(_output_reasons(3, both)) == [
        f"data/a.jsonl is {matter}",
        f"records/a.json is {matter}",
    ]
    assert list(_output_reasons(2, {**both, "records/a.json": "modified"})) == [
        f"data/a.jsonl is {matter}",
        "records/a.json is modified",
    ]


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # of DVC's own use of pygtrie
def test_what_is_due_is_what_dvc_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage of each fate, against DVC's own command on the same folder."""
    monkeypatch.chdir(tmp_path)
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--quiet", "--no-scm"], check=True)
    fates = (
        *("same", "touched", "edited", "gone", "spoilt", "other-command", "uncached", "rotten"),
        "lost",
    )
    stages: dict[str, Any] = {}
    for name in fates:
        Path(f"{name}.in").write_text(name)
        command = f"mkdir -p {name}.out && cp {name}.in shared {name}.out"
        stages[name] = {"cmd": command, "deps": [f"{name}.in", "shared"], "outs": [f"{name}.out"]}
    stages["reads"] = {"cmd": "cp gone.out/gone.in read", "deps": ["gone.out"], "outs": ["read"]}
    # A file within an output, and a folder around others.
    stages["inside"] = {"cmd": "touch inside", "deps": ["same.out/same.in"], "outs": ["inside"]}
    stages["one"] = {"cmd": "mkdir -p all && touch all/one", "outs": ["all/one"]}
    stages["around"] = {"cmd": "touch around", "deps": ["all"], "outs": ["around"]}
    stages["measured"] = {"cmd": "echo {} > told.json", "metrics": ["told.json"]}
    # What another file has a stage for, and its reader here.
    Path("beside").mkdir()
    Path("beside/dvc.yaml").write_text(
        json.dumps({"stages": {"make": {"cmd": "cp raw made", "deps": ["raw"], "outs": ["made"]}}})
    )
    Path("beside/raw").write_text("raw")
    stages["behind"] = {"cmd": "touch last", "deps": ["beside/made"], "outs": ["last"]}
    stages["always"] = {"cmd": "true"}
    # Of its folder a file will be ignored.
    stages["narrowed"] = {"cmd": "ls folder > list", "deps": ["folder"], "outs": ["list"]}
    Path("folder").mkdir()
    for name in ("a", "b.tmp"):
        Path("folder", name).write_text(name)
    for name in ("empty-list", "no-list"):
        Path(f"{name}.in").write_text(name)
        command = f"mkdir -p {name}.out && cp {name}.in {name}.out"
        stages[name] = {"cmd": command, "deps": [f"{name}.in"], "outs": [f"{name}.out"]}
    stages["persists"] = {"cmd": "touch left", "outs": [{"left": {"persist": True}}]}
    Path("shared").write_text("read by all")
    Path("dvc.yaml").write_text(json.dumps({"stages": stages}))
    subprocess.run([*dvc, "repro", "--quiet"], check=True)
    Path("edited.in").write_text("another")
    shutil.rmtree("gone.out")
    Path("spoilt.out/more").write_text("")
    stages["other-command"]["cmd"] += " && true"
    stages["new"] = {"cmd": "touch new", "deps": ["shared"], "outs": ["new"]}
    Path("dvc.yaml").write_text(json.dumps({"stages": stages}))
    for kept in Path(".dvc/cache/files/md5").rglob("*"):  # one stage's result is in no cache
        if _holds(kept, b"uncached") or _holds(kept, b"lost"):
            kept.unlink()
    Path("beside/raw").write_text("another")
    Path("touched.in").touch()
    Path(".dvcignore").write_text("*.tmp\n")
    for kept in Path(".dvc/cache/files/md5").rglob("*.dir"):
        for name, spoilt in (("empty-list", ""), ("no-list", "{}")):
            if f"{name}.in" in kept.read_text():
                kept.chmod(0o644)
                kept.write_text(spoilt)
                kept.chmod(0o444)
    rotten = next(
        kept for kept in Path(".dvc/cache/files/md5").rglob("*") if _holds(kept, b"rotten")
    )
    rotten.chmod(0o644)
    rotten.write_bytes(b"other")
    # As where it was run elsewhere: neither outputs nor cache, and its input has changed since.
    Path("lost.in").write_text("another")
    shutil.rmtree("lost.out")
    for kept in Path(".dvc/cache/files/md5").rglob("*.dir"):
        if "lost.in" in kept.read_text():
            kept.unlink()
    said = json.loads(
        subprocess.run([*dvc, "status", "--json"], check=True, capture_output=True).stdout
    )
    from dvc.dvcfile import load_file
    from dvc.repo import Repo

    with Repo() as repo:
        cells = load_file(repo, "dvc.yaml").stages
        as_locked = cells_as_locked(repo, cells)
        asked: dict[Any, dict[str, str]] = {}
        ours = {one.addressing: list(changes_of(one, asked)) for one in repo.index.stages}
        found = repository_status(repo)
        by_dvc = {
            stage.addressing: {one.addressing for one in repo.index.graph.predecessors(stage)}
            for stage in repo.index.stages
        }
        assert readers_of({one.addressing: one for one in repo.index.stages}) == by_dvc
        assert any(by_dvc.values())
    assert {name: changes for name, changes in ours.items() if changes} == said
    assert {one.cell for one in found.due} == set(said)
    reasons = {one.cell: one.why for one in found.due}
    assert reasons["lost"] == ("its outputs are not in cache",)
    assert reasons["edited"] == ("edited.in is modified",)
    assert {"edited", "gone", "spoilt", "other-command", "new", "reads", "rotten"} <= set(said)
    assert "same" not in said
    # What DVC need not be asked about; the file with another time it has just looked into.
    assert as_locked == {"same", "touched", "inside", "one", "around", "measured", "behind"}
    assert "behind" in found.after  # as it is until what it reads is made anew
    assert {"beside/dvc.yaml:make", "always", "narrowed", "empty-list", "no-list"} <= set(said)
    assert "persists" not in said  # options are for DVC to read


def _holds(file: Path, content: bytes) -> bool:
    return file.is_file() and file.read_bytes() == content
