"""What a stage over two nodes starts, and tells where group, port or addresses are others.

`python tests/train/wrong_group.py nodes.yaml` has two processes write their ranks, and prints the
kind and line of each error: of a file that was changed when the run had begun; of a port that
another program has taken meanwhile; of a first machine that the second does not reach; of a machine
that is lost before its launcher starts.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import yaml
from tests.running.ray_nodes import ray_nodes
from tests.train.tiny import make_params

from breakeven.core.errors import BreakevenError
from breakeven.train import node_launching, stage
from breakeven.train.node_launching import NodeLauncher

# In place of a training: as accelerate starts it, without what it would import.
SCRIPT = """
import os, pathlib
pathlib.Path("rank-" + os.environ["RANK"]).write_text(os.environ["WORLD_SIZE"])
"""


def launched(
    launch: str, launcher: type[NodeLauncher] = NodeLauncher, start_seconds: float = 120.0
) -> tuple[str, str]:
    """As a stage that trains as a configuration says."""
    node_launching._START_SECONDS = start_seconds
    node_launching.NodeLauncher = launcher  # type: ignore[misc]
    sys.argv = ["train.py"]
    start = stage._launch(make_params(launch=launch), "tiny", "mixed", 0)
    assert start is not None
    try:
        start()
    except BreakevenError as error:
        return type(error).__name__, str(error)
    return "done", ""


class LatePort(NodeLauncher):
    """Another program listens on the first machine's port when the processes begin."""

    def run(self, *given: Any) -> Any:
        """Have another take the port, then begin."""
        if self._rank:
            return super().run(*given)
        *_, (_, port), _ = given
        self._held.close()
        with socket.create_server(("", port)):
            return super().run(*given)


class Unreached(NodeLauncher):
    """Nothing answers at the address that the first machine gives."""

    def free_address(self) -> tuple[str, int]:
        """An address where nothing listens any more."""
        address = super().free_address()
        self._held.close()
        return address


def main(launch: str) -> None:
    given = yaml.safe_load(Path(launch).read_text())
    for name, machines in {"one": 1, "three": 3}.items():
        processes = max(2, machines)
        changed = {**given, "num_machines": machines, "num_processes": processes}
        Path(f"{name}.yaml").write_text(yaml.safe_dump(changed))
    Path("train.py").write_text(SCRIPT)
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    with ray_nodes() as nodes:
        nodes.add(environment)
        other = nodes.add(environment)
        import ray  # by the environment that the nodes have
        from ray.util import placement_group
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
        here = ray.get_runtime_context().get_node_id()
        ordered = sorted((row["NodeID"] for row in ray.nodes()), key=lambda one: one != here)
        group = placement_group(
            [{"CPU": 1}, {"CPU": 1}],
            strategy="STRICT_SPREAD",
            bundle_label_selector=[{"ray.io/node-id": one} for one in ordered],
        )
        assert group.wait(30)
        where = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=0)
        alone = ray.remote(num_cpus=0)(launched)
        staged = ray.remote(num_cpus=0, scheduling_strategy=where)(launched)

        def told(what: Any, *arguments: Any) -> tuple[str, str]:
            return ray.get(what.remote(*arguments), timeout=180)

        errors = {
            "nothing": told(staged, launch),
            "two where one was": told(alone, launch),
            "one where two were": told(staged, "one.yaml"),
            "three where two were": told(staged, "three.yaml"),
            "port": told(staged, launch, LatePort),
            "address": told(staged, launch, Unreached),
        }
        nodes.kill(other)
        errors["machine"] = told(staged, launch, NodeLauncher, 5.0)
        ray.shutdown()
    print(json.dumps(errors))


if __name__ == "__main__":
    main(*sys.argv[1:])
