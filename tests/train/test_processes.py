"""Several processes train what one process trains: DDP and FSDP2 on two CPU processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import yaml
from accelerate.state import AcceleratorState
from safetensors.torch import load_file
from tests.train.tiny import make_params

from breakeven.core.layout import student_folder
from breakeven.core.records import read_record
from breakeven.train.cell_training import train_cell

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests/train/together.py"
STAGE = ROOT / "stages/train.py"
CPU_2 = ROOT / "profiles/accelerate/cpu-2.yaml"
ENVIRONMENT = {**os.environ, "PYTHONPATH": ":".join([str(ROOT), *sys.path]), "OMP_NUM_THREADS": "1"}

# A step of 8 sequences in micro-batches of at most 200 tokens: 3 to 5 passes in one process.
TRAINING = {"batch_sequences": 8, "micro_batch_tokens": 200, "checkpoint_steps": 2, "epochs": 2}
CELLS = {
    "full": {"method": "full"},
    "lora": {"method": "lora"},
    "qlora": {"method": "qlora"},
    "packed": {"method": "full", "packing": True},
    "checkpointing": {"method": "full", "gradient_checkpointing": True},
    "bfloat16": {"method": "lora", "dtype": "bfloat16"},
    # A step of one sequence: the second process has nothing to do but to keep step.
    "single-sequences": {"method": "lora", "batch_sequences": 1, "epochs": 1},
}


def params_of(name):
    return make_params(**{**TRAINING, **CELLS[name]})


def launched(folder: Path, configuration: Path, rows) -> Path:
    """Train rows of cells in one pair of processes."""
    cells = [
        {**row, "params": params_of(row["cell"]).model_dump(mode="json"), "arm": "mixed"}
        for row in rows
    ]
    (folder / "cells.json").write_text(json.dumps(cells))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", configuration]
    done = subprocess.run(
        [*command, SCRIPT, "cells.json"],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def study_files(tmp_path_factory, base_files):
    """A project as the stages before training leave it, to be copied."""
    from tests.train.conftest import lay_out

    folder = tmp_path_factory.mktemp("study")
    lay_out(folder, base_files)
    return folder


def copy_of(study_files, tmp_path_factory, name) -> Path:
    return shutil.copytree(study_files, tmp_path_factory.mktemp(name) / "study", symlinks=True)


@pytest.fixture(scope="module")
def alone(study_files, tmp_path_factory):
    """What one process gives: result and weights of each cell."""
    folder = copy_of(study_files, tmp_path_factory, "alone")
    results = {}
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name in CELLS:
            AcceleratorState._reset_state(reset_partial_state=True)
            result = train_cell(params_of(name), "tiny", "mixed", 0)
            results[name] = SimpleNamespace(result=result, weights=weights_of(folder, result.key))
    finally:
        os.chdir(before)
    return results


def weights_of(folder: Path, key: str):
    (file,) = (folder / ".work/training" / key / "finished/student").glob("*.safetensors")
    return load_file(file)


@pytest.fixture(scope="module")
def ddp(study_files, tmp_path_factory):
    folder = copy_of(study_files, tmp_path_factory, "ddp")
    return launched(folder, CPU_2, [{"name": name, "cell": name} for name in CELLS])


@pytest.fixture(scope="module")
def fsdp(study_files, tmp_path_factory):
    """The configuration for eight GPUs, but for two processes on the CPU."""
    folder = copy_of(study_files, tmp_path_factory, "fsdp")
    given = yaml.safe_load((ROOT / "profiles/accelerate/fsdp.yaml").read_text())
    path = folder / "fsdp-2.yaml"
    path.write_text(yaml.safe_dump({**given, "num_processes": 2, "use_cpu": True}))
    cells = [name for name in CELLS if name != "qlora"]
    rows = [{"name": name, "cell": name, "stop_at": 5} for name in cells]
    return launched(folder, path, rows)


# bfloat16 rounds to 1 in 256; elsewhere the sums are the same in another order.
TOLERANCE = {"bfloat16": (0.02, 0.02)}


def assert_same(folder, name, alone, *, sharded):
    share, distance = TOLERANCE.get(name, (1e-4, 2e-4))
    together = json.loads((folder / f"{name}.json").read_text())
    expected = alone[name]
    assert together["details"]["processes"] == 2
    assert together["details"]["sharded"] == sharded
    for series in ("loss", "gradient_norm", "learning_rate"):
        values = [value for _, value in together["series"][series]]
        wanted = [value for _, value in expected.result.series[series]]
        assert values == pytest.approx(wanted, rel=share), series
    for count in ("tokens", "flops"):
        assert together[count] == getattr(expected.result, count)
    weights = weights_of(folder, together["key"])
    assert weights.keys() == expected.weights.keys()
    for key, weight in weights.items():
        assert float((weight - expected.weights[key]).abs().max()) < distance, key


@pytest.mark.parametrize("name", CELLS)
def test_two_processes_train_what_one_trains(ddp, alone, name):
    assert_same(ddp, name, alone, sharded=False)


@pytest.mark.parametrize("name", [name for name in CELLS if name != "qlora"])
def test_two_processes_with_shards_stopped_and_resumed_train_what_one_trains(fsdp, alone, name):
    assert_same(fsdp, name, alone, sharded=True)


@pytest.fixture
def staged(study_files, tmp_path_factory):
    """A project whose stage trains in two processes."""
    folder = copy_of(study_files, tmp_path_factory, "staged")
    shutil.copytree(CPU_2.parent, folder / "profiles/accelerate")

    def with_params(**training) -> Path:
        params = make_params(launch="profiles/accelerate/cpu-2.yaml", method="full", **training)
        given = params.model_dump(mode="json", exclude_none=True)
        (folder / "params.yaml").write_text(yaml.safe_dump(given))
        return folder

    return with_params


def stage_of(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, STAGE, "--student", "tiny", "--arm", "mixed", "--seed", "0"]
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds=120.0):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


def test_killed_stage_leaves_no_process_and_the_next_one_goes_on(
    staged, study_files, tmp_path_factory, monkeypatch
):
    training = {"epochs": 20, "checkpoint_steps": 3}
    folder = staged(**training)
    first = stage_of(folder)
    wait_for(lambda: list(folder.glob(".work/training/*/checkpoint.safetensors")))
    processes = psutil.Process(first.pid).children(recursive=True)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert len(processes) == 2
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive
    assert not (folder / student_folder("tiny", "mixed", 0)).exists()

    second = stage_of(folder)
    _, stderr = second.communicate(timeout=300)
    assert second.returncode == 0, stderr
    monkeypatch.chdir(folder)
    record = read_record("train", "tiny", "mixed", 0)
    (scratch,) = Path(".work/training").iterdir()
    # Each process has noted the seconds of its device, and the tokens since the checkpoint.
    noted = [
        [json.loads(line) for line in (scratch / name).read_text().split("\n")[1:]]
        for name in ("usage.jsonl", "usage-1.jsonl")
    ]
    seconds = [sum(one["usage"]["device_seconds"] for one in lines) for lines in noted]
    assert min(seconds) > 0.5 * max(seconds) > 0
    assert sum(one["tokens"] for lines in noted for one in lines) < record.tokens["trained"]
    assert record.device_seconds == {"cpu": pytest.approx(sum(seconds))}
    assert record.details["processes"] == 2
    resumed = load_file(student_folder("tiny", "mixed", 0) / "model.safetensors")

    monkeypatch.chdir(copy_of(study_files, tmp_path_factory, "undisturbed"))
    undisturbed = train_cell(make_params(method="full", **training), "tiny", "mixed", 0)
    assert [value for _, value in record.series["loss"]] == pytest.approx(
        [value for _, value in undisturbed.series["loss"]], rel=1e-4
    )
    for name, weight in weights_of(Path(), undisturbed.key).items():
        assert float((weight - resumed[name]).abs().max()) < 2e-3, name


def test_error_of_the_processes_is_told_in_one_line_with_its_exit_code(staged):
    stage = stage_of(staged(learning_rate=1e20))
    _, stderr = stage.communicate(timeout=300)
    assert stage.returncode == 2
    errors = [line for line in stderr.splitlines() if "error" in line.lower()]
    assert len(errors) == 1, stderr
    assert errors[0].startswith("error: params.yaml: training.learning_rate: value is 1e+20; the")
    assert "Traceback" not in stderr
