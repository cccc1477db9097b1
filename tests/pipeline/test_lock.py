"""A lock that DVC cannot read is mended, and nothing that was done is run again."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from breakeven.pipeline.lock import IN_USE, repair_in_use, repair_lock

PIPELINE = """\
stages:
  make:
    matrix:
      name: [a, b, c]
    cmd: echo ${item.name} >> ran && cp source made-${item.name}
    deps: [source]
    outs: ["made-${item.name}"]
  join:
    cmd: echo join >> ran && cat made-a made-b made-c > joined
    deps: [made-a, made-b, made-c]
    outs: [joined]
"""


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DVC repository whose stages have all run once, its lock committed."""
    folder = tmp_path_factory.mktemp("lock")
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "source").write_text("text\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("git", "init", "--quiet")
        run("git", "config", "user.email", "someone@example.org")
        run("git", "config", "user.name", "Someone")
        run("dvc", "init", "--quiet")
        run("dvc", "config", "core.analytics", "false")
        run("dvc", "repro", "--quiet")
        run("git", "add", "dvc.lock")
        run("git", "commit", "--quiet", "--message", "Lock")
    return folder


@pytest.fixture
def lock(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its lock, as DVC wrote it."""
    monkeypatch.chdir(repository)
    file = repository / "dvc.lock"
    whole = file.read_text()
    yield file
    file.write_text(whole)


def entries(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text())["stages"])


def assert_begins(cut: Any, whole: Any) -> None:
    """What there is of a cut entry is what the whole one has there."""
    for key, value in cut.items():
        assert value == (whole[key][: len(value)] if isinstance(value, list) else whole[key])


def test_a_whole_lock_is_left_alone(lock: Path) -> None:
    before = lock.stat()
    assert repair_lock() is None
    assert lock.stat() == before


def test_a_lock_cut_anywhere_becomes_one_with_every_entry(lock: Path) -> None:
    whole, text = entries(lock), lock.read_text()
    for length in range(0, len(text) - 1, 13):
        lock.write_text(text[:length])
        repaired = repair_lock()
        if repaired is None:  # cut between two files: DVC reads it, and restores the rest
            *before, last = entries(lock)
            assert {name: entries(lock)[name] for name in before} == {n: whole[n] for n in before}
            assert_begins(entries(lock)[last], whole[last])
        else:
            assert entries(lock) == whole, length
            assert "its writing was stopped" in str(repaired)


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.7])
def test_dvc_runs_nothing_again_after_a_cut(
    lock: Path, committed: bool, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not committed:
        monkeypatch.setattr("breakeven.pipeline.lock.committed_text", lambda: "")
    text = lock.read_text()
    lock.write_text(text[: int(share * len(text))])
    ran = Path("ran").read_text()
    repair_lock()
    run("dvc", "repro", "--quiet")
    assert Path("ran").read_text() == ran
    assert entries(lock) == yaml.safe_load(text)["stages"]


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_a_conflict_keeps_our_side_and_what_only_theirs_has(lock: Path, style: str) -> None:
    text = lock.read_text()
    start = text.index("  make@b:")
    end = text.index("  make@c:")
    ours = text[start:end]
    theirs = ours.replace("make@b", "make@d").replace("made-b", "made-d")
    base = f"||||||| base\n{ours}" if style == "diff3" else ""
    conflict = f"<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> other\n"
    whole = entries(lock)
    lock.write_text(text[:start] + conflict + text[end:])
    repaired = repair_lock()
    assert repaired is not None
    assert "git left it in conflict" in str(repaired)
    found = entries(lock)
    assert {name: found[name] for name in whole} == whole
    assert "make@d" in found
    ran = Path("ran").read_text()
    run("dvc", "repro", "--quiet")
    assert Path("ran").read_text() == ran


def test_a_conflict_within_an_entry_takes_ours(lock: Path) -> None:
    whole, text = entries(lock), lock.read_text()
    digest = next(line for line in text.splitlines() if "md5: " in line and "hash" not in line)
    other = digest[:-4] + "0000"
    conflict = f"<<<<<<< HEAD\n{digest}\n=======\n{other}\n>>>>>>> other"
    lock.write_text(text.replace(digest, conflict))
    assert repair_lock() is not None
    assert entries(lock) == whole


@pytest.mark.parametrize(
    "broken",
    ["", "\0\0\0", "stages: 3\n", "- a\n", "schema: '2.0'\nstages:\n  make@a:\n    deps: []\n"],
)
def test_what_is_no_lock_at_all_comes_from_git(lock: Path, broken: str) -> None:
    whole = entries(lock)
    lock.write_text(broken)
    repaired = repair_lock()
    assert repaired is not None
    assert entries(lock) == whole
    assert f"{len(whole)} come from git" in str(repaired)
    assert Path(".work/dvc.lock.unreadable").read_text() == broken


@pytest.mark.parametrize("torn", ["", '{"write": {"made-a": {"pi'])
def test_a_torn_list_of_files_in_use_stops_dvc_until_it_is_removed(lock: Path, torn: str) -> None:
    IN_USE.write_text(torn)
    failed = subprocess.run(["dvc", "repro"], capture_output=True, text=True, check=False)
    assert failed.returncode
    assert "JSON structure is corrupted" in failed.stderr
    assert "its writing was stopped" in str(repair_in_use())
    assert repair_in_use() is None
    run("dvc", "repro", "--quiet")
    assert repair_in_use() is None
