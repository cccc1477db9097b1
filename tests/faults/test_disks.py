"""A disk that is full, has no room for one more file, or is read-only: one line, and nothing lost.

Each trial has a file system in memory of its own, in a namespace that ends with it (Linux, where
people may make one).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.faults.conftest import STUDENT
from tests.pipeline.repository import ROOT

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
# The study is put onto the disk, which then has only so much room; the stage is tried, and run
# again on a disk as it should be. Kept: exit codes and what was said, then what was made.
TRIAL = """
set -e
mount -t tmpfs -o size=1g tmpfs disk
cp -a study/. disk
cd disk
blocks=$(df -k . | awk 'END {print $3}')
inodes=$(df -i . | awk 'END {print $3}')
case $LIMIT in
  full) mount -o remount,size=$((blocks + ROOM))k . ;;
  inodes) mount -o remount,nr_inodes=$((inodes + ROOM)) . ;;
  read-only) mount -o remount,ro . ;;
esac
code=0
"$@" >../out 2>../said || code=$?
echo $code >../code
mount -o remount,rw,size=1g,nr_inodes=1m .
find . -name '.*.tmp' -o -name '.*.old' >../left
"$@" >../out-again 2>../said-again || echo $? >../failed
cp -a . ../made
"""


class Cell(NamedTuple):
    """A stage's options, and what it writes."""

    options: tuple[str, ...]
    outputs: tuple[str, ...]


CELLS = {
    "tasks": Cell(("--task", "chain-open"), ("data/tasks/chain-open.jsonl", "records/tasks")),
    "prompts": Cell(("--source", "chain"), ("data/prompts/chain.jsonl", "records/prompts")),
    "distill": Cell(
        ("--source", "chain", "--style", "reasoning"),
        ("data/distilled/chain/reasoning.jsonl", "records/distill/chain/reasoning.json"),
    ),
    "pairs": Cell(("--corpus", "general"), ("data/pairs", "records/pairs")),
    "base": Cell(("--student", STUDENT), (f"models/base/{STUDENT}", "records/base")),
    "train": Cell(
        ("--student", STUDENT, "--arm", "ift", "--seed", "0"),
        (f"models/students/{STUDENT}/ift/0", f"records/train/{STUDENT}/ift/0.json"),
    ),
    "answer": Cell(
        ("--student", STUDENT), (f"answers/{STUDENT}", f"records/answer/{STUDENT}.json")
    ),
    "score": Cell((), ("scores", "records/score.json")),
    "report": Cell((), ("report", "records/report.json")),
}
# Room, as a share of what the outputs need; a stage has scratch and locks besides.
LIMITS = (("full", 0.0), ("full", 0.6), ("inodes", 0.0), ("inodes", 0.6), ("read-only", 0.0))
PAGE_BYTES = 4096


def has_namespaces() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not has_namespaces(), reason="no namespace may be made here")


@pytest.mark.parametrize(
    ("stage", "limit", "share"),
    [
        # Those that are tried by `make test` as well take a second.
        pytest.param(stage, *limit, marks=[] if stage == "pairs" else [pytest.mark.faults])
        for stage in CELLS
        for limit in LIMITS
    ],
)
def test_a_disk_that_takes_nothing_more_is_told_in_a_line_and_the_next_run_goes_on(
    done: Path, tmp_path: Path, stage: str, limit: str, share: float
) -> None:
    cell = CELLS[stage]
    files = [
        file
        for name in cell.outputs
        for file in ((done / name).rglob("*") if (done / name).is_dir() else [done / name])
        if file.is_file()
    ]
    pages = sum(-(-file.stat().st_size // PAGE_BYTES) for file in files)
    room = int(share * (len(files) if limit == "inodes" else pages * PAGE_BYTES // 1024))
    shutil.copytree(done, tmp_path / "study", symlinks=True)
    (tmp_path / "disk").mkdir()
    for name in (*cell.outputs, ".work"):
        path = tmp_path / "study" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    command = [sys.executable, f"{ROOT}/stages/{stage}.py", *cell.options]
    trial = subprocess.run(
        [*NAMESPACE, "sh", "-c", TRIAL, "trial", *command],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "LIMIT": limit,
            "ROOM": str(room),
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert trial.returncode == 0, trial.stderr
    said = (tmp_path / "said").read_text()
    assert (tmp_path / "code").read_text() == "3\n", said
    assert "Traceback" not in said
    reason = "Read-only file system" if limit == "read-only" else "the disk is full"
    assert reason in said.strip().splitlines()[-1]
    assert (tmp_path / "left").read_text() == ""
    assert not (tmp_path / "failed").exists(), (tmp_path / "said-again").read_text()
    for file in files:
        made = tmp_path / "made" / file.relative_to(done)
        if "records" not in made.parts:  # they tell seconds
            assert made.read_bytes() == file.read_bytes()
