"""The benchmarks run, tell what they measured, and compare only ways that produce the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.timing import Benchmark, measure

from breakeven.core.records import Record
from breakeven.core.sealed import write_sealed
from breakeven.core.work_times import WorkTimes

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


def test_the_overhead_is_the_clock_of_all_places_without_what_trained_and_answered(project):
    """Two places for 10 s, and 1 and 4 s for scores and a report made anew an hour later."""
    spans = {"tasks": (0, 2), "train": (2, 9), "answer": (3, 10)}
    spans |= {"score": (1800, 1801), "report": (3600, 3604)}
    work = {"train": 6.5, "answer": 5.5, "report": 4.0}
    for stage, (began, ended) in spans.items():
        record = Record(stage, {}, device_seconds={"cpu": work.get(stage, 0.0)})
        record.write()
        noted = WorkTimes(1000 * began, 1000 * ended)._asdict()
        write_sealed(Path(f".work/times/{stage}.json"), {"record": record.digest, **noted})
    command = [sys.executable, str(ROOT / "benchmarks/overhead.py"), "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"seconds": 2 * 15, "floor_seconds": 12.0}
    Path(".work/times/train.json").unlink()
    done = subprocess.run(command, capture_output=True, text=True)
    assert "train {}: was not run here" in done.stderr


def test_a_study_is_not_timed_where_none_is_finished(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "no-op", "--study", str(tmp_path)]
    command += ["--out", str(tmp_path / "results.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert f"no-op: left out: no finished study is in {tmp_path}" in done.stderr
    assert not (tmp_path / "results.json").exists()
