"""What Tab offers in a shell, by what the shell asks of the installed command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BREAKEVEN = Path(sys.executable).parent / "breakeven"


def offered(line: str, folder: Path = ROOT) -> list[str]:
    """What bash is told at the end of a line."""
    words = line.split(" ")
    done = subprocess.run(
        [BREAKEVEN],
        cwd=folder,
        env={
            **os.environ,
            "_BREAKEVEN_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("breakeven stat", ["status"]),
        ("breakeven tasks ", ["list", "check"]),
        ("breakeven run --jo", ["--jobs"]),
        ("breakeven use smo", ["smoke", "smollm2"]),
        ("breakeven show chain-open --student t5", ["t500k"]),
        ("breakeven show chain-open --arm ift", ["ift", "ift-worked"]),
        ("breakeven show chain-", ["chain-open", "chain-mc"]),
        ("breakeven show math-", ["math-open", "math-mc"]),
        ("breakeven show chain-open --outcome l", ["looping"]),
        ("breakeven show chain-open --decoding ", ["greedy"]),
        ("breakeven decide --family math", ["math-open", "math-mc"]),
        ("breakeven decide --unit dev", ["device-seconds"]),
        ("breakeven export pairs ", ["bare", "worked"]),
        ("breakeven export student t", ["t270k", "t500k"]),
        ("breakeven export student t500k re", ["reasoning"]),
        ("breakeven tune --arm re", ["reasoning"]),
        ("breakeven new ", ["student", "arm", "task", "source", "corpus", "decoding"]),
        ("breakeven new student t2m --like t", ["t270k", "t500k"]),
        ("breakeven new decoding two --like g", ["greedy"]),
    ],
)
def test_commands_options_and_names_of_the_study_are_offered(line: str, first: list[str]) -> None:
    assert offered(line)[: len(first)] == first


def test_outside_of_a_study_no_name_is_offered_and_nothing_is_said(tmp_path: Path) -> None:
    assert offered("breakeven show x --student t", tmp_path) == []
    assert offered("breakeven decide --family ", tmp_path) == []
    assert offered("breakeven new student x --like ", tmp_path) == []
    assert offered("breakeven use s", tmp_path) == []


def test_an_arm_that_learns_nothing_is_not_offered_where_one_is_trained() -> None:
    assert "base" in offered("breakeven show chain-open --arm ")
    assert "base" not in offered("breakeven export student t500k ")
    assert "base" not in offered("breakeven tune --arm ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_the_lines_that_ask_for_it(shell: str) -> None:
    done = subprocess.run(
        [BREAKEVEN],
        env={**os.environ, "_BREAKEVEN_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_BREAKEVEN_COMPLETE" in done.stdout
