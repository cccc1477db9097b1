"""Long lines fit the terminal they are read in; piped, each stays one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.terminals import told_in_terminal

from breakeven.core.terminal import fitted

BREAKEVEN = Path(sys.executable).parent / "breakeven"
RESULTS = """student,size_b,style,family,accuracy,train_device_seconds,device_seconds
a-student-with-a-long-name,1,ift,math-open,0.30,100,0.010
a-student-with-a-long-name,1,reasoning,math-open,0.60,900,0.300
another-student-that-is-larger,3,ift,math-open,0.55,300,0.040
another-student-that-is-larger,3,reasoning,math-open,0.80,2700,0.900
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.csv"
    path.write_text(RESULTS)
    return path


def command(name: str, results: Path) -> list[str | Path]:
    decide = ["decide", "--family", "math-open", "--queries", "1M", "--results", results]
    return [BREAKEVEN, *({"list": ["tasks", "list"], "decide": decide}[name])]


def piped(line: list[str | Path]) -> str:
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("name", ["list", "decide"])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(name: str, results: Path) -> None:
    line = command(name, results)
    whole, narrow = piped(line), told_in_terminal(line, 90)
    assert max(map(len, whole.splitlines())) > 90
    assert max(map(len, narrow.splitlines())) <= 90
    assert sorted(narrow.split()) == sorted(whole.split())


def test_a_terminal_that_is_wide_enough_or_knows_no_width_has_what_is_piped(results: Path) -> None:
    line = command("decide", results)
    assert told_in_terminal(line, 400) == told_in_terminal(line, 0) == piped(line)


def test_what_goes_on_stands_below_the_last_column(results: Path) -> None:
    lines = told_in_terminal(command("list", results), 70).splitlines()
    place = lines[0].index("data set")
    continued = [one for one in lines if one.startswith(" ")]
    assert continued
    assert {len(one) - len(one.lstrip()) for one in continued} == {place}


def test_what_goes_on_is_indented_further_and_a_long_word_stays_whole() -> None:
    assert list(fitted(["  one two three four", "short"], 12)) == [
        "  one two",
        "      three",
        "      four",
        "short",
    ]
    assert list(fitted(["see https://example.org/x now"], 10)) == [
        "see",
        "    https://example.org/x",
        "    now",
    ]


def test_without_any_standard_output_a_command_ends_well() -> None:
    listed = ["sh", "-c", 'exec "$0" tasks list >&-', str(BREAKEVEN)]
    done = subprocess.run(listed, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
