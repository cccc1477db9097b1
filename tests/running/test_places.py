"""How many cells run at once, by what params.yaml says of threads and devices."""

from copy import deepcopy
from typing import Any

import pytest
from tests.pipeline.repository import SCRATCH_SIZE, TINY

from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.running.cell import read_cell
from breakeven.running.places import cores_here, cores_of, devices_each, room_for
from breakeven.running.schedule import Room


def params(**changes: dict[str, Any]) -> Params:
    tree = deepcopy(TINY)
    tree["students"]["t5k"] = deepcopy(SCRATCH_SIZE)
    for section, values in changes.items():
        tree[section] |= values
    return Params.model_validate(tree)


def cores(given: Params, command: str) -> int:
    return cores_of(given, read_cell("a cell", command))


def test_a_cell_takes_its_threads_and_all_cores_where_none_are_given() -> None:
    train = "python stages/train.py --student t30k --arm ift --seed 0"
    answer = "python stages/answer.py --student t30k"
    assert cores(params(), train) == cores_here()
    assert cores(params(training={"threads": 3}), train) == 3
    assert cores(params(training={"threads": 3}), answer) == cores_here()
    assert cores(params(answering={"threads": 2}), answer) == 2
    assert cores(params(), "python stages/tasks.py --task chain-open") == 1
    assert cores(params(), "python stages/base.py --student t30k") == 1
    assert cores(params(training={"threads": 3}), "python stages/base.py --student t5k") == 3


def test_processes_that_train_together_have_the_machine() -> None:
    together = params(training={"threads": 1, "launch": "profiles/accelerate/cpu-2.yaml"})
    train = "python stages/train.py --student t30k --arm ift --seed 0"
    assert cores(together, train) == cores_here()
    assert devices_each(together) is None


def test_a_gpu_runs_a_cell_and_a_server_on_several_takes_them() -> None:
    assert devices_each(params()) == 1
    server = {"engine": "vllm", "server": {"tensor_parallel": 2, "data_parallel": 2}}
    assert devices_each(params(answering=server)) == 4
    assert room_for(None, devices=8, devices_each=4) == Room(2, None)
    assert room_for(None, devices=8, devices_each=None) == Room(1, None)
    assert room_for(None, devices=2, devices_each=4) == Room(1, None)


def test_without_gpus_cores_are_the_limit_unless_jobs_are_given() -> None:
    assert room_for(None, devices=0, devices_each=1) == Room(cores_here(), cores_here())
    assert room_for(3, devices=0, devices_each=1) == Room(3, None)


def test_more_jobs_than_gpus_are_refused_with_the_number_that_fits() -> None:
    with pytest.raises(InputError, match=r"^--jobs: value is 3; .* 2 GPUs .* use 2 or fewer$"):
        room_for(3, devices=2, devices_each=1)


def test_a_command_that_is_no_stage_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^dvc.yaml: mine: cmd: value is 'bash x.sh'; .*dvc repro"
    ):
        read_cell("mine", "bash x.sh")
