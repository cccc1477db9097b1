"""Runs cells on a cluster of two nodes whose GPUs another job holds, and tells what came of it.

`python tests/running/shared_cluster.py` in a folder with `stages/texts.py` prints one object.
"""

import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.running.ray_nodes import RayNodes, ray_nodes

from breakeven.params.launch_file import LaunchFile
from breakeven.running import ray_cluster
from breakeven.running.cell import Cell, Ended, Lost
from breakeven.running.ray_cluster import RayCluster

OVER_BOTH = LaunchFile(Path("nodes.yaml"), 2, 2, sharded=False, uses_cpu=False)
HOLDER = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
class Holder:
    def held(self):
        return True
holders = [ray.remote(num_gpus=1, num_cpus=0)(Holder).remote() for _ in range(2)]
ray.get([one.held.remote() for one in holders])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(address: str) -> Iterator[None]:
    """While the block runs, another job holds the GPUs of both nodes."""
    command = [sys.executable, "-c", HOLDER, address]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


def until(cluster: RayCluster, name: str, *, waits: bool) -> dict[str, Any]:
    """What the cell does, once it waits or has ended; the longest look meanwhile, in seconds."""
    longest, ended = 0.0, dict[str, Ended | Lost]()
    waiting: Collection[str] = ()
    stop = time.monotonic() + 60
    while time.monotonic() < stop:
        began = time.monotonic()
        cluster.nodes()
        ended |= cluster.wait(0.1)
        waiting = cluster.waiting()
        longest = max(longest, time.monotonic() - began)
        if ended or (waits and waiting):
            break
    return {"ended": ended.get(name), "waiting": waiting, "longest": longest}


def cell(name: str) -> Cell:
    return Cell(name, "texts", ("stages/texts.py",), {})


def on_nodes(nodes: RayNodes, other: Any) -> dict[str, Any]:
    """Cells that wait for both nodes, for one, and for both of which one dies."""
    told: dict[str, Any] = {}
    ray_cluster._HELD_SECONDS = 3.0
    with held(nodes.address):
        cluster = RayCluster(nodes.address, 1, OVER_BOTH)
        ids = sorted(cluster.nodes(), key=lambda one: one != cluster._here)
        told["devices"] = [cluster.nodes()[one].devices for one in ids]
        cluster.start(cell("both"), ids)
        told["both held"] = until(cluster, "both", waits=True)
    with cluster:
        told["both"] = until(cluster, "both", waits=False)
        with held(nodes.address):
            cluster.start(cell("one"), ids[:1])
            told["one held"] = until(cluster, "one", waits=True)
            cluster.start(cell("lost"), ids)
            nodes.kill(other)
            told["lost"] = until(cluster, "lost", waits=False)
        told["one"] = until(cluster, "one", waits=False)
    return told


def main() -> None:
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    with ray_nodes() as nodes:
        nodes.add(environment, devices=1)
        other = nodes.add(environment, devices=1)
        told = on_nodes(nodes, other)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
