"""A training over two nodes of a Ray cluster here (gloo) is that of one process."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file
from tests.conftest import ROOT
from tests.running.ray_nodes import ray_nodes
from tests.train.tiny import make_params

from breakeven.core.errors import InputError
from breakeven.core.layout import student_folder
from breakeven.core.records import read_record
from breakeven.params.launch_file import read_launch_file
from breakeven.running.warm_process import log_path
from breakeven.train.cell_training import train_cell
from breakeven.train.node_launching import launch_on_nodes, node_options

TRAINING = {"method": "full", "batch_sequences": 8, "epochs": 2, "checkpoint_steps": 2}
CELL = ("tiny", "mixed", "0")
DRIVER = ROOT / "tests/train/over_nodes.py"


def test_without_a_cluster_several_machines_are_refused(project: Path) -> None:
    given = read_launch_file(ROOT / "profiles/accelerate/fsdp-2-nodes.yaml")
    with pytest.raises(
        InputError,
        match=r"fsdp-2-nodes.yaml: num_machines: value is 2; .* under `breakeven run --ray-address "
        r"HOST:PORT`; start it so, or use 1$",
    ):
        launch_on_nodes(given, project / "stages/train.py", [])


def test_what_the_configuration_says_of_one_machine_does_not_count_over_several(
    project: Path,
) -> None:
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_multi_gpu_env

    given = yaml.safe_load((ROOT / "profiles/accelerate/fsdp-2-nodes.yaml").read_text())
    own = {"gpu_ids": "0,1", "machine_rank": 7, "main_process_ip": "10.9.9.9"}
    Path("nodes.yaml").write_text(yaml.safe_dump({**given, **own, "main_process_port": 29}))
    options = ["--config_file", "nodes.yaml", *node_options(1, ("10.0.0.1", 4567)), "train.py"]
    read, *_ = _validate_launch_command(launch_command_parser().parse_args(options))
    environment = prepare_multi_gpu_env(read)
    assert (read.node_rank, read.rdzv_endpoint) == (1, "10.0.0.1:4567")
    # Ray's own choice, which the processes inherit.
    assert environment.get("CUDA_VISIBLE_DEVICES") == os.environ.get("CUDA_VISIBLE_DEVICES")


def test_a_stage_starts_processes_on_two_nodes_and_tells_what_is_not_as_it_was(
    project: Path,
) -> None:
    """A changed file; a port that was taken, an address not reached, a machine that is lost."""
    path = shutil.copy(ROOT / "profiles/accelerate/cpu-2-nodes.yaml", "two.yaml")
    done = subprocess.run(
        [sys.executable, ROOT / "tests/train/wrong_group.py", path],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    # Ray tells of the lost node on the same stream.
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["nothing"] == ["done", ""]
    ranks = {path.name: path.read_text() for path in Path().glob("rank-*")}
    assert ranks == {"rank-0": "2", "rank-1": "2"}
    changed = {"two where one was": path, "one where two were": "one.yaml"}
    for what, file in {**changed, "three where two were": "three.yaml"}.items():
        given = yaml.safe_load(Path(file).read_text())
        assert told[what] == [
            "InputError",
            f"{file}: num_machines: value is {given['num_machines']}, num_processes "
            f"{given['num_processes']}; the file was another when this run began; start the run "
            "again",
        ]
    for what, wanted, line in (
        ("port", "LostNodeError", r"do not meet at 127.0.0.1:\d+, .* takes another port$"),
        ("machine", "LostNodeError", r"; what was done is kept and the next run goes on$"),
        (
            "address",
            "MachineError",
            r"^two.yaml: node 127.0.0.1 does not reach 127.0.0.1:\d+, at .*: Connection refused; "
            r"have nodes reach one another on all ports \(firewall\)",
        ),
    ):
        kind, text = told[what]
        assert (kind, bool(re.search(line, text))) == (wanted, True), text


def run_over_two_nodes(launch: str) -> list[Any]:
    """Exit code, seconds and last line of the cell, on a cluster of two nodes."""
    path = ":".join([str(ROOT / "src"), str(ROOT), *filter(None, sys.path)])
    environment = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    with ray_nodes() as nodes:
        for _ in range(2):
            nodes.add(environment)
        done = subprocess.run(
            [sys.executable, DRIVER, nodes.address, launch, *CELL],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=200,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.faults
def test_two_nodes_with_shards_train_what_one_process_trains(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = train_cell(make_params(**TRAINING), "tiny", "mixed", 0)
    wanted = load_file(student_folder("tiny", "mixed", 0) / "model.safetensors")
    shutil.rmtree(".work/training")

    # The configuration for sixteen GPUs of two nodes, but for a CPU process of each.
    given = yaml.safe_load((ROOT / "profiles/accelerate/fsdp-2-nodes.yaml").read_text())
    Path("nodes.yaml").write_text(yaml.safe_dump({**given, "num_processes": 2, "use_cpu": True}))
    params = make_params(launch="nodes.yaml", **TRAINING)
    Path("params.yaml").write_text(
        yaml.safe_dump(params.model_dump(mode="json", exclude_none=True))
    )
    shutil.copytree(ROOT / "stages", "stages")

    exit_code, _, _ = run_over_two_nodes("nodes.yaml")
    assert exit_code == 0, log_path("trained").read_text()
    record = read_record("train", "tiny", "mixed", 0)
    assert record.details["processes"] == 2
    assert record.details["sharded"]
    for series in ("loss", "gradient_norm"):
        values = [value for _, value in record.series[series]]
        assert values == pytest.approx([value for _, value in alone.series[series]], rel=1e-4)
    assert record.tokens == alone.tokens
    for name, weight in load_file(student_folder("tiny", "mixed", 0) / "model.safetensors").items():
        assert float((weight - wanted[name]).abs().max()) < 2e-4, name
    # Each process has noted the seconds of its device, and the first printed into the cell's log.
    (scratch,) = Path(".work/training").iterdir()
    noted = [
        [json.loads(line) for line in (scratch / name).read_text().split("\n")[1:]]
        for name in ("usage.jsonl", "usage-1.jsonl")
    ]
    seconds = [sum(one["usage"]["device_seconds"] for one in lines) for lines in noted]
    assert min(seconds) > 0.5 * max(seconds) > 0
    assert record.device_seconds == {"cpu": pytest.approx(sum(seconds))}
    assert all(one["counts_machine"] for lines in noted for one in lines)
    assert "train tiny mixed 0: " in log_path("trained").read_text()
