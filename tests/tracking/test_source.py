"""Code and data that runs name, in a real repository: commit, branch, changes, dvc.lock."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from breakeven.tracking.source import source_tags

LOCK = "schema: '2.0'\nstages: {}\n"
COMMIT = "mlflow.source.git.commit"
BRANCH = "mlflow.source.git.branch"
DIRTY = "mlflow.source.git.dirty"


def git(*arguments: str) -> str:
    author = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    done = subprocess.run(
        ["git", *author, *arguments], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study in a folder of a repository, which has a file outside of it too."""
    folder = tmp_path / "study"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "--quiet", "--initial-branch", "tries", str(tmp_path))
    Path("dvc.lock").write_text(LOCK)
    Path("params.yaml").write_text("study: tiny\n")
    (tmp_path / "notes.txt").write_text("first\n")
    git("add", "--all", str(tmp_path))
    git("commit", "--quiet", "--message", "First")
    return tmp_path


def test_commit_branch_and_lock_are_those_of_the_repository(repository: Path) -> None:
    tags = source_tags()
    assert tags[COMMIT] == git("rev-parse", "HEAD")
    assert len(tags[COMMIT]) == 40
    assert (tags[BRANCH], tags[DIRTY]) == ("tries", "false")
    assert tags["dvc.lock.sha256"] == hashlib.sha256(LOCK.encode()).hexdigest()
    Path("params.yaml").write_text("study: other\n")
    git("commit", "--quiet", "--all", "--message", "Second")
    later = source_tags()
    assert later[COMMIT] == git("rev-parse", "HEAD") != tags[COMMIT]
    assert later[DIRTY] == "false"


def test_a_changed_file_makes_it_dirty_and_dvc_lock_alone_does_not(repository: Path) -> None:
    Path("dvc.lock").write_text(LOCK + "# another output\n")
    told = source_tags()
    assert told[DIRTY] == "false"
    digest = hashlib.sha256(Path("dvc.lock").read_bytes()).hexdigest()
    assert told["dvc.lock.sha256"] == digest != hashlib.sha256(LOCK.encode()).hexdigest()
    Path("params.yaml").write_text("study: changed\n")
    assert source_tags()[DIRTY] == "true"
    git("add", "params.yaml")  # staged is not committed
    assert source_tags()[DIRTY] == "true"
    git("checkout", "--quiet", "HEAD", "--", "params.yaml")
    Path("params.yaml").unlink()
    assert source_tags()[DIRTY] == "true"


def test_what_no_commit_holds_yet_makes_nothing_dirty(repository: Path) -> None:
    Path("scratch.txt").write_text("x")
    (repository / "notes.txt").write_text("of another project\n")
    assert source_tags()[DIRTY] == "false"


def test_a_commit_without_a_branch_has_none(repository: Path) -> None:
    git("checkout", "--quiet", "--detach")
    tags = source_tags()
    assert BRANCH not in tags
    assert tags[COMMIT] == git("rev-parse", "HEAD")


def test_without_a_commit_there_is_only_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    Path("dvc.lock").write_text(LOCK)
    tags = source_tags()
    assert not [name for name in tags if name.startswith("mlflow.source.git")]
    assert tags["dvc.lock.sha256"] == hashlib.sha256(LOCK.encode()).hexdigest()
