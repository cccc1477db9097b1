"""Runs a training over all nodes of a cluster, as `breakeven run` does, and tells how it ended.

`python tests/train/over_nodes.py 127.0.0.1:6379 nodes.yaml tiny mixed 0`, in the study's folder.
"""

import json
import sys
from pathlib import Path

from breakeven.params.launch_file import read_launch_file
from breakeven.running.cell import Cell
from breakeven.running.ray_cluster import RayCluster


def main(address: str, launch: str, student: str, arm: str, seed: str) -> None:
    options = {"student": student, "arm": arm, "seed": seed}
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    # A name that is not DVC's: nothing here is under DVC.
    cell = Cell("trained", "train", ("stages/train.py", *arguments), options)
    with RayCluster(address, None, read_launch_file(Path(launch))) as cluster:
        cluster.start(cell, [*cluster.nodes()])
        while not (ended := cluster.wait(1.0)):
            pass
    print(json.dumps(ended[cell.name]))


if __name__ == "__main__":
    main(*sys.argv[1:])
