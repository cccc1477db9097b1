"""How many cells run at once, by what params.yaml says of threads and devices."""

import json
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import SCRATCH_SIZE, TINY

from breakeven.core.errors import InputError
from breakeven.core.files import write_json
from breakeven.core.layout import base_folder
from breakeven.core.records import Record
from breakeven.params import Params
from breakeven.running.cell import Cell, read_cell
from breakeven.running.expected_memory import expected_memory_bytes
from breakeven.running.places import Node, Places, cores_of, devices_each


def params(**changes: dict[str, Any]) -> Params:
    tree = deepcopy(TINY)
    tree["students"]["t5k"] = deepcopy(SCRATCH_SIZE)
    for section, values in changes.items():
        tree[section] |= values
    return Params.model_validate(tree)


def cores(given: Params, command: str) -> int | None:
    return cores_of(given, read_cell("a cell", command))


def cell(name: str) -> Cell:
    student, arm = name.split("/")
    command = f"python stages/train.py --student {student} --arm {arm} --seed 0"
    return read_cell(f"train@{student}-{arm}-0", command)


def node(*, cores: int = 1, devices: int = 0, memory_bytes: float = 64e9) -> Node:
    return Node("a machine", cores, devices, memory_bytes)


def test_a_cell_takes_its_threads_and_all_cores_where_none_are_given() -> None:
    train = "python stages/train.py --student t30k --arm ift --seed 0"
    answer = "python stages/answer.py --student t30k"
    assert cores(params(), train) is None
    assert cores(params(training={"threads": 3}), train) == 3
    assert cores(params(training={"threads": 3}), answer) is None
    assert cores(params(answering={"threads": 2}), answer) == 2
    assert cores(params(), "python stages/tasks.py --task chain-open") == 1
    assert cores(params(), "python stages/base.py --student t30k") == 1
    assert cores(params(training={"threads": 3}), "python stages/base.py --student t5k") == 3


def test_processes_that_train_together_have_the_machine() -> None:
    together = params(training={"threads": 1, "launch": "profiles/accelerate/cpu-2.yaml"})
    train = "python stages/train.py --student t30k --arm ift --seed 0"
    assert cores(together, train) is None
    assert devices_each(together) is None


CELLS = [cell("t30k/ift"), cell("t30k/reasoning"), cell("t5k/ift"), cell("t5k/reasoning")]


def filled(places: Places, nodes: dict[str, Node]) -> list[str]:
    """The nodes that the cells begin on, one after another, while there is room."""
    found = []
    for one in CELLS:
        where = places.find(nodes, one.name)
        if not where:
            break
        places.take(one.name, where)
        found += where
    return found


def test_a_gpu_runs_a_cell_and_a_server_on_several_takes_them(project: Path) -> None:
    assert devices_each(params()) == 1
    server = {"engine": "vllm", "server": {"tensor_parallel": 2, "data_parallel": 2}}
    several = params(answering=server)
    assert devices_each(several) == 4
    nodes = {"a": node(devices=8), "b": node(devices=4), "c": node(devices=2)}
    assert filled(Places(several, CELLS, [*nodes.values()]), nodes) == ["a", "b", "a"]
    with pytest.raises(InputError, match=r"value is 4; no machine here has more than 2 GPUs"):
        Places(several, CELLS, [nodes["c"]])


def test_a_head_without_gpus_runs_nothing_where_there_are_some(project: Path) -> None:
    nodes = {"head": node(cores=8), "a": node(devices=1)}
    assert filled(Places(params(), CELLS, [*nodes.values()]), nodes) == ["a"]
    # The GPU may join when the run has begun.
    places = Places(params(), CELLS, [nodes["head"]])
    places.take(CELLS[0].name, ["head"])
    assert places.find(nodes, CELLS[1].name) == ("a",)
    places.take(CELLS[1].name, ["a"])
    assert places.find(nodes, CELLS[2].name) == ()


def test_without_gpus_cores_are_the_limit_unless_jobs_are_given(project: Path) -> None:
    one_each = params(training={"threads": 1})
    nodes = {"a": node(cores=2), "b": node()}
    assert filled(Places(one_each, CELLS, [*nodes.values()]), nodes) == ["a", "b", "a"]
    assert filled(Places(one_each, CELLS, [*nodes.values()], jobs=4), nodes) == ["a", "b", "a", "a"]
    assert filled(Places(one_each, CELLS, [*nodes.values()], jobs=1), nodes) == ["a"]


def test_a_place_is_free_again_when_its_cell_has_left(project: Path) -> None:
    places, nodes = Places(params(training={"threads": 1}), CELLS, [node()]), {"a": node()}
    assert filled(places, nodes) == ["a"]
    places.leave(CELLS[0].name)
    assert places.find(nodes, CELLS[1].name) == ("a",)


def test_a_node_that_is_gone_holds_nothing(project: Path) -> None:
    nodes = {"a": node(), "b": node()}
    places = Places(params(training={"threads": 1}), CELLS, [*nodes.values()])
    assert filled(places, nodes) == ["a", "b"]
    assert places.find({"b": node()}, CELLS[2].name) == ()
    assert places.find({"b": node(), "c": node()}, CELLS[2].name) == ("c",)


def over_nodes(**configuration: Any) -> Params:
    """Trainings of processes on several machines; all other cells take one core."""
    given = {"distributed_type": "FSDP", "num_machines": 2, **configuration}
    Path("nodes.yaml").write_text(json.dumps(given))
    return params(training={"launch": "nodes.yaml"}, answering={"threads": 1})


ANSWER = read_cell("answer@t5k", "python stages/answer.py --student t5k")


def test_a_training_over_nodes_takes_those_that_have_nothing_else_to_do(project: Path) -> None:
    given = over_nodes(num_processes=4)
    nodes = {"head": node(), "a": node(devices=2), "b": node(devices=2), "c": node(devices=2)}
    places = Places(given, [*CELLS, ANSWER], [*nodes.values()])
    places.take(ANSWER.name, places.find(nodes, ANSWER.name))
    assert places.find(nodes, CELLS[0].name) == ("b", "c")
    places.take(CELLS[0].name, ("b", "c"))
    assert places.find(nodes, CELLS[1].name) == ()
    places.leave(CELLS[0].name)
    assert places.find(nodes, CELLS[1].name) == ("b", "c")


def test_a_training_over_nodes_of_cores_is_placed_beside_one_with_a_gpu(project: Path) -> None:
    given = over_nodes(num_processes=2, use_cpu=True)
    nodes = {"a": node(cores=2), "b": node(cores=2, devices=1)}
    places = Places(given, CELLS, [*nodes.values()])
    assert {*places.find(nodes, CELLS[0].name)} == {"a", "b"}


def test_nodes_are_kept_free_for_a_training_that_takes_several(project: Path) -> None:
    given = over_nodes(num_processes=2, use_cpu=True)
    other = ANSWER._replace(name="answer@t30k")
    nodes = {"a": node(cores=2), "b": node(cores=2)}
    places = Places(given, [*CELLS, ANSWER, other], [*nodes.values()])
    places.take(ANSWER.name, places.find(nodes, ANSWER.name))
    assert places.find(nodes, other.name)
    assert places.find(nodes, CELLS[0].name) == ()
    assert places.find(nodes, other.name) == ()  # or it would go on for ever
    places.leave(ANSWER.name)
    assert {*places.find(nodes, CELLS[0].name)} == {"a", "b"}


@pytest.mark.parametrize(
    ("configuration", "nodes", "line"),
    [
        (
            {"num_processes": 16},
            [node(devices=8)],
            "num_machines: value is 2; this run has 1 node; use --ray-address of a cluster of 2 "
            "nodes, or 1",
        ),
        (
            {"num_processes": 16},
            [node(devices=8), node(devices=4), node()],
            "num_processes: value is 16; that is 8 GPUs on each of 2 nodes, and 1 of 3 nodes have "
            "so many; use 8",
        ),
        (
            {"num_processes": 16},
            [node(cores=64), node(cores=64)],
            "num_processes: value is 16; that is 8 GPUs on each of 2 nodes, and 0 of 2 nodes have "
            "so many; use a configuration with use_cpu: true",
        ),
        (
            {"num_processes": 16, "use_cpu": True},
            [node(cores=4), node(cores=6)],
            "num_processes: value is 16; that is 8 cores on each of 2 nodes, and 0 of 2 nodes have "
            "so many; use 8",
        ),
    ],
)
def test_too_few_nodes_are_refused_before_anything_begins(
    project: Path, configuration: dict[str, Any], nodes: list[Node], line: str
) -> None:
    given = over_nodes(**configuration)
    with pytest.raises(InputError) as refused:
        Places(given, CELLS, nodes)
    assert str(refused.value) == f"nodes.yaml: {line}"
    Places(given, [ANSWER], nodes)  # nothing that is due trains


def test_more_jobs_than_gpus_are_refused_with_the_number_that_fits(project: Path) -> None:
    with pytest.raises(InputError, match=r"^--jobs: value is 3; .* 2 GPUs .* use 2 or fewer$"):
        Places(params(), CELLS, [node(devices=2)], jobs=3)


def recorded(peak_bytes: float, names: Iterable[Cell]) -> None:
    for one in names:
        Record(
            "train",
            {"student": one.options["student"], "arm": one.options["arm"], "seed": 0},
            metrics={"peak_memory_bytes": peak_bytes},
            device_seconds={"cpu": 1.0},
        ).write()


def test_more_jobs_than_memory_are_refused_with_the_number_that_fits(project: Path) -> None:
    recorded(3e9, CELLS)
    Places(params(), CELLS, [node(memory_bytes=6e9)], jobs=2)
    with pytest.raises(
        InputError,
        match=r"^--jobs: value is 9; the 4 largest cells .* take 12.0 GB .* 7.0 GB are free; "
        r"use 2 or fewer$",
    ):
        Places(params(), CELLS, [node(memory_bytes=7e9)], jobs=9)


def test_without_jobs_memory_is_a_limit_and_one_cell_alone_may_begin(project: Path) -> None:
    recorded(3e9, CELLS)
    nodes = {"a": node(cores=8, memory_bytes=7e9)}
    one_each = params(training={"threads": 1})
    assert len(filled(Places(one_each, CELLS, [*nodes.values()]), nodes)) == 2
    nodes = {"a": node(cores=8, memory_bytes=1e9)}
    assert len(filled(Places(one_each, CELLS, [*nodes.values()]), nodes)) == 1


def test_memory_is_planned_from_the_shape_where_nothing_was_measured(
    project: Path, tmp_path: Path
) -> None:
    first = expected_memory_bytes(params(), CELLS[0])
    write_json(
        base_folder("t30k") / "config.json",
        {
            "model_type": "qwen2",
            "hidden_size": 1024,
            "num_hidden_layers": 12,
            "num_attention_heads": 16,
            "num_key_value_heads": 16,
            "intermediate_size": 4096,
            "vocab_size": 32000,
            "tie_word_embeddings": True,
        },
    )
    # Weights, gradients and moments of an adapter are little; the weights are 0.2 B numbers.
    assert expected_memory_bytes(params(), CELLS[0]) - first > 4 * 0.2e9
    recorded(3e9, CELLS[:1])
    assert expected_memory_bytes(params(), CELLS[0]) == 3e9


def test_a_command_that_is_no_stage_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^dvc.yaml: mine: cmd: value is 'bash x.sh'; .*dvc repro"
    ):
        read_cell("mine", "bash x.sh")
