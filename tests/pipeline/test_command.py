"""How a stage ends: one line on standard error and an exit code, or a traceback for our faults."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

from breakeven.core.errors import InputError, MachineError
from breakeven.core.exits import exit_code_of
from breakeven.pipeline.command import run_stage


def raising(error: BaseException):
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("f: k: no"), 2, "error: f: k: no"),
        (MachineError("no device"), 3, "error: no device"),
        (OSError(errno.ENOSPC, "full", "x"), 3, "error: the disk is full: x; free some space"),
        (OSError(errno.EDQUOT, "quota", "x"), 3, "error: the disk is full: x; free some space"),
        (OSError(errno.EFBIG, "large", "x"), 3, "error: the disk is full: x; free some space"),
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x"),
            3,
            "error: x: Permission denied; change its rights or name another place",
        ),
        (
            OSError(errno.EROFS, os.strerror(errno.EROFS), "x"),
            3,
            "error: x: Read-only file system; change its rights or name another place",
        ),
        (
            OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), "f/x"),
            3,
            "error: f/x: Not a directory; change its rights or name another place",
        ),
        (KeyboardInterrupt(), 130, "interrupted; what was done is kept and the next run goes on"),
    ],
)
def test_what_a_person_can_mend_is_one_line_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    assert exit_code_of(raising(error)) == code
    assert capsys.readouterr().err == f"{line}\n"


def test_a_fault_of_ours_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exit_code_of(lambda: (tmp_path / "none").read_text() and None)


@pytest.mark.parametrize("code", [0, None, 3])
def test_a_stage_that_something_within_it_ends_has_failed(monkeypatch, code) -> None:
    def body(_params) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("sys.argv", ["stage"])
    with pytest.raises(RuntimeError, match="something within the stage exited with"):
        run_stage(body)


def test_the_first_stage_says_that_its_python_is_not_the_study_s(tmp_path: Path) -> None:
    """As `.venv/bin/dvc repro` does where another Python is on PATH."""
    bare = [sys.executable, "-S", str(ROOT / "stages/inputs.py")]
    ended = subprocess.run(bare, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "has no breakeven: `. .venv/bin/activate` first" in ended.stderr
    assert "Traceback" not in ended.stderr
