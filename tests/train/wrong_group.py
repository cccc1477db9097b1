"""What a stage tells that finds another group than its configuration asks for.

`python tests/train/wrong_group.py nodes.yaml` prints the kind and line of two errors: the file was
changed to one node more when the run had begun; a node is lost before its launcher starts.
"""

import json
import sys
from pathlib import Path

from tests.running.ray_nodes import ray_nodes

from breakeven.core.errors import BreakevenError
from breakeven.params.launch_file import LaunchFile, read_launch_file
from breakeven.train import node_launching


def stage(given: LaunchFile) -> tuple[str, str]:
    """As a stage that trains on several nodes."""
    node_launching._START_SECONDS = 5.0
    try:
        node_launching.launch_on_nodes(given, Path("train.py"), [])
    except BreakevenError as error:
        return type(error).__name__, str(error)
    raise AssertionError


def main(launch: str) -> None:
    given = read_launch_file(Path(launch))
    more = given._replace(processes=given.processes + 1, machines=given.machines + 1)
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
        staged = ray.remote(num_cpus=0, scheduling_strategy=where)(stage)
        told = [ray.get(staged.remote(more), timeout=60)]
        nodes.kill(other)
        told.append(ray.get(staged.remote(given), timeout=60))
        ray.shutdown()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
