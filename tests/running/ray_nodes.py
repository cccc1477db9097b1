"""A Ray cluster of several nodes on this machine, for tests."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    # Its servers listen on 127.0.0.1 only.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


class RayNodes:
    """Nodes that are started here, each with what it sets in its environment."""

    def __init__(self, folder: Path) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster()
        self._folder = folder

    @property
    def address(self) -> str:
        """Where a driver finds the cluster."""
        return str(self._cluster.gcs_address)

    def add(self, environment: Mapping[str, str], *, devices: int = 0) -> Any:
        """Start a node with one core; the first is the head, on which drivers are.

        `devices` are counted as GPUs, whether they are there or not.
        """
        return self._cluster.add_node(
            num_cpus=1,
            num_gpus=devices,
            node_ip_address="127.0.0.1",
            object_store_memory=80 << 20,
            include_dashboard=False,
            temp_dir=str(self._folder),
            env_vars=dict(environment),
        )

    def kill(self, node: Any) -> None:
        """End a node and all that runs on it, without a word to the others."""
        self._cluster.remove_node(node, allow_graceful=False)

    def stop(self) -> None:
        """End all."""
        self._cluster.shutdown()


@contextmanager
def ray_nodes() -> Iterator[RayNodes]:
    """A cluster without nodes yet; its folder has a short name, for the paths of sockets."""
    before = dict(os.environ)
    os.environ.update(_QUIET)
    try:
        with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
            nodes = RayNodes(Path(folder))
            try:
                yield nodes
            finally:
                nodes.stop()
    finally:
        os.environ.clear()
        os.environ.update(before)


def here(folder: Path) -> dict[str, str]:
    """What a node of the study in `folder`, with its code and packages, has set."""
    return {"PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1"}
