"""The benchmarks run, tell what they measured, and compare only ways that produce the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.timing import Benchmark, measure

ROOT = Path(__file__).parents[1]
COLUMNS = {"ratio", "median", "spread", "floor_share", "command"}


def told(**values):
    return [sys.executable, "-c", f"print({json.dumps(json.dumps(values))})"]


def test_ours_beside_the_peer_is_a_ratio_of_seconds_and_a_share_of_the_floor(tmp_path):
    ours = told(seconds=2.0, floor_seconds=0.5, produced="a")
    row = measure(Benchmark("x", ours, tmp_path, told(seconds=3.0, produced="a")), turns=2)
    assert set(row) == COLUMNS
    assert (row["ratio"], row["median"], row["spread"]) == (1.5, 2.0, [1.5, 1.5])
    assert row["floor_share"] == 0.25


def test_a_command_that_tells_nothing_is_timed_as_a_whole_and_has_no_ratio(tmp_path):
    busy = [sys.executable, "-c", "sum(range(3_000_000))"]
    row = measure(Benchmark("x", busy, tmp_path), turns=1)
    assert row["median"] > 0.01
    assert (row["ratio"], row["floor_share"]) == (None, None)


def test_two_ways_that_produce_different_things_are_not_compared(tmp_path):
    ours, peer = told(seconds=1.0, produced="a"), told(seconds=9.0, produced="b")
    with pytest.raises(RuntimeError, match="x: the two ways produced different things"):
        measure(Benchmark("x", ours, tmp_path, peer), turns=1)


def test_a_command_that_fails_is_named_with_what_it_said(tmp_path):
    failing = [sys.executable, "-c", "raise SystemExit('no such model')"]
    with pytest.raises(RuntimeError, match="exit code 1\nno such model"):
        measure(Benchmark("x", failing, tmp_path), turns=1)


@pytest.mark.parametrize("name", ["training-t30k", "answering-t30k", "help"])
def test_a_benchmark_by_name_writes_its_row_and_keeps_the_others(tmp_path, name):
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"other": {"ratio": 1.0}}))
    command = [sys.executable, "-m", "benchmarks", name, "--turns", "1", "--out", str(results)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads(results.read_text())
    assert rows["other"] == {"ratio": 1.0}
    assert set(rows[name]) == COLUMNS
    assert rows[name]["median"] > 0
    share = rows[name]["floor_share"]
    assert share is None if name == "help" else 0 < share < 1


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "trainings"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "trainings: use training-t30k" in done.stderr
