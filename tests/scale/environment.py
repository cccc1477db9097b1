"""The environment of `make scale`: our packages, S3 client and server, PostgreSQL's driver."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.pipeline.repository import ROOT

PYTHON = ROOT / ".scale/bin/python"
needs_scale = pytest.mark.skipif(
    not (ROOT / ".scale/ready").exists(), reason="its packages are not here: make scale"
)


def scale_environment(**more: str) -> dict[str, str]:
    """For commands that find `python` there."""
    path = f"{PYTHON.parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **more}


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def served(
    command: list[str], answers: Callable[[], bool], log: Path, environment: dict[str, str]
) -> Iterator[None]:
    """A server while the block runs, once it answers."""
    with log.open("wb") as handle:
        server = subprocess.Popen(command, env=environment, stdout=handle, stderr=handle)
        try:
            until = time.monotonic() + 180
            while not answers():
                if server.poll() is not None or time.monotonic() > until:
                    pytest.fail(f"{command[0]} does not answer:\n{log.read_text()[-2000:]}")
                time.sleep(0.2)
            yield
        finally:
            server.terminate()
            server.wait(60)


def listens(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
