"""A named pipe in place of a file that a person gives is one line, where it would be a wait."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.params.valid import VALID

from breakeven.core.errors import InputError
from breakeven.core.files import read_json
from breakeven.hubdata.jsonl import jsonl_rows
from breakeven.importing.read_results import import_results
from breakeven.models.memory_check import _shards
from breakeven.params import load_params
from breakeven.params.launch_file import read_launch_file
from breakeven.params.profiles import use_profile
from breakeven.rows.item import Item
from breakeven.rows.pair import read_pairs

# A reader that waits would hold up all tests; it is woken, and then has nothing to say of a pipe.
WAIT_SECONDS = 20


def read_rows_of(path: Path) -> object:
    return jsonl_rows(path, Item, count=None, seed=0, what="")


def read_profile(path: Path) -> object:
    Path("profiles").mkdir()
    path.rename(f"profiles/{path.name}")
    return use_profile(path.stem)


READERS = {
    "params.yaml": load_params,
    "mine.yaml": read_profile,
    "rows.jsonl": read_rows_of,
    "config.json": read_json,
    "pairs.parquet": read_pairs,
    "results.csv": import_results,
    "results.parquet": import_results,
    "logs.yaml": import_results,
    "launch.yaml": read_launch_file,
    "fsdp.yaml": lambda path: _shards(str(path)),
}


@pytest.fixture(autouse=True)
def _woken(tmp_path, monkeypatch):
    """Whoever waits for a pipe of this folder is given its end after a while."""
    monkeypatch.chdir(tmp_path)
    waker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import time, pathlib, os; time.sleep({WAIT_SECONDS})\n"
            "for path in pathlib.Path().rglob('*'):\n"
            "    path.is_fifo() and os.open(path, os.O_RDWR | os.O_NONBLOCK)\n"
            "time.sleep(1)",
        ]
    )
    yield
    waker.kill()
    waker.wait()


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_refused_by_whoever_opens_a_file(name):
    path = Path(name)
    os.mkfifo(path)
    with pytest.raises(InputError, match=rf"{name}: is a pipe or a device.*write its content"):
        READERS[name](path)


@pytest.mark.parametrize("name", ["x.eval", "x.json", "samples_sums_2025-01-01T00-00-00.0.jsonl"])
@pytest.mark.parametrize("within", [False, True], ids=["itself", "in a folder"])
def test_a_pipe_among_logs_is_refused(name, within):
    logs = Path("logs")
    logs.mkdir()
    os.mkfifo(logs / name)
    if not within:
        place = f"logs/{name}"
    elif name.endswith("jsonl"):
        place = "logs/results_2025-01-01T00-00-00.0.json"
        Path(place).write_text('{"results": {"sums": {}}}')
    else:
        place = "logs"
    run = {"path": place, "student": "a", "size_b": 1, "style": "ift"}
    Path("runs.yaml").write_text(json.dumps({"study": "s", "runs": [run]}))
    with pytest.raises(InputError, match=rf"{name}: is a pipe or a device"):
        import_results(Path("runs.yaml"))


@pytest.mark.parametrize("command", ["status", "run", "use smoke"])
def test_a_command_says_so_and_ends(command):
    os.mkfifo("params.yaml")
    Path("profiles").mkdir()
    os.mkfifo("profiles/other.yaml")
    Path("profiles/smoke.yaml").write_text(json.dumps(VALID))
    breakeven = shutil.which("breakeven") or "breakeven"
    done = subprocess.run(
        [breakeven, *command.split()], capture_output=True, text=True, timeout=60, check=False
    )
    if command.startswith("use"):  # what was there was no study
        assert (done.returncode, Path("params.yaml").is_file()) == (0, True), done.stderr
    else:
        assert done.returncode == 2
        assert done.stderr.startswith("error: params.yaml: is a pipe or a device"), done.stderr
