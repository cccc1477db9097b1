"""`breakeven tasks check`: the catalogue against data sets, and what it says without any."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.catalogue.schemas import SCHEMAS, Schema, write_dataset

from breakeven.catalogue.benchmark import catalogue
from breakeven.catalogue.hub_check import check_benchmark, check_catalogue
from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.exits import exit_code_of

BENCHMARKS = catalogue().benchmarks


def write_copy(folder: Path, benchmark: str, schema: Schema) -> None:
    row = BENCHMARKS[benchmark]
    write_dataset(folder / benchmark, schema.features, schema.rows, row.config, row.split)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from breakeven.cli import main; main()", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_only_the_counts_of_the_copies_differ_from_the_catalogue(tmp_path: Path) -> None:
    for name, schema in SCHEMAS.items():
        write_copy(tmp_path, name, schema)
    found = list(check_catalogue(folder=tmp_path))
    assert [one.benchmark for one in found] == list(BENCHMARKS)
    for one in found:
        assert all(": rows: value is " in line or ": items: " in line for line in one.problems)
        assert one.rows == len(SCHEMAS[one.benchmark].rows)
    kept = {one.benchmark: one.items for one in found}
    assert (kept["mmlu-math"], kept["mmlu-pro-law"], kept["coqa"]) == (1, 1, 2)


def test_a_benchmark_with_the_stated_counts_has_no_problems(tmp_path: Path) -> None:
    write_copy(tmp_path, "squad", SCHEMAS["squad"])
    stated = BENCHMARKS["squad"].model_copy(update={"rows": 2, "items": 2})
    assert check_benchmark("squad", stated, tmp_path / "squad").problems == ()
    more = stated.model_copy(update={"items": 3})
    assert check_benchmark("squad", more, tmp_path / "squad").problems == (
        "catalogue.yaml: squad: items: value is 3; the data set has 2",
    )


@pytest.mark.parametrize(
    ("name", "other", "problem"),
    [
        ("gsm8k", "aime", "no split 'test'"),
        ("math-500", "gsm8k", "field 'problem': no 'problem'"),
        ("mmlu-misc", "openbookqa", "field 'question'"),
    ],
)
def test_a_field_or_split_that_is_not_there_is_a_problem(
    tmp_path: Path, name: str, other: str, problem: str
) -> None:
    schema, row = SCHEMAS[other], BENCHMARKS[name]
    split = "train" if "split" in problem else row.split
    write_dataset(tmp_path / name, schema.features, schema.rows, row.config, split)
    found = check_benchmark(name, row, tmp_path / name)
    (line,) = found.problems
    assert line.startswith(f"catalogue.yaml: {name}: ")
    assert problem in line
    assert (found.rows, found.items) == (None, None)


def test_a_name_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(InputError, match=r"'gsm8' is not in the catalogue; did you mean 'gsm8k'"):
        check_catalogue(["gsm8"])


def test_the_command_prints_one_json_object_and_exits_2_where_something_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_copy(tmp_path, "aime", SCHEMAS["aime"])
    arguments = ["tasks", "check", "aime", "--json", "--folder", str(tmp_path)]
    assert exit_code_of(lambda: app(arguments, standalone_mode=False)) == 2
    printed = capsys.readouterr()
    (entry,) = json.loads(printed.out)["benchmarks"].values()
    assert (entry["rows"], entry["commit"], entry["pin"]) == (1, None, None)
    assert printed.err.count("\n") == 1
    assert "1 of 1 benchmarks differ from their data sets: aime" in printed.err


def test_the_table_names_every_benchmark_and_its_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_copy(tmp_path, "aime", SCHEMAS["aime"])
    arguments = ["tasks", "check", "aime", "--folder", str(tmp_path)]
    assert exit_code_of(lambda: app(arguments, standalone_mode=False)) == 2
    out = capsys.readouterr().out
    assert "math-ai/aime25" in out
    assert "catalogue.yaml: aime: rows: value is 30; the data set has 1\n" in out


@pytest.mark.parametrize(
    "environment",
    [
        {"HF_HUB_OFFLINE": "1"},
        {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"},
    ],
)
def test_without_a_hub_the_command_exits_3_with_one_line(environment: dict[str, str]) -> None:
    done = run("tasks", "check", "aime", "--json", **environment)
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: catalogue.yaml: aime: data set math-ai/aime25: ")
