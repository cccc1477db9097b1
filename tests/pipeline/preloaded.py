"""A Python that has imported the libraries: a stage's script runs in a fork of it.

`dvc repro` starts a Python for every cell, whose imports are most of the time that a study of a
test takes. With the folder of `preloaded_python` first in PATH, what DVC starts as
`python stages/…` asks for such a fork, which runs the script with the caller's folder, environment
and streams, and ends as it does. Libraries alone are shared: the study's own code is loaded anew.
That a study also runs where nothing is imported yet is tested in `test_study.py`.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What stages import, and what transformers and MLflow load when it is first used.
LIBRARIES = (
    "matplotlib.pyplot",
    "mlflow.store.tracking.sqlalchemy_store",
    "peft",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "sklearn.linear_model",
    "sympy",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.qwen2.modeling_qwen2",
)
CALLER = """\
#!{python} -SEI
import json, os, signal, socket, sys
if not (sys.argv[1:] and sys.argv[1].startswith("stages/")):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    call = json.dumps([os.getcwd(), dict(os.environ), sys.argv[1:]]).encode()
    socket.send_fds(server, [len(call).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(call)
    told = server.makefile()
    process = int(told.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(process, number))
    sys.exit(int(told.readline()))
"""


class Call(NamedTuple):
    """A script that is to run, and where."""

    folder: str
    environment: dict[str, str]
    arguments: list[str]
    streams: list[int]


@contextlib.contextmanager
def preloaded_python(folder: Path) -> Iterator[Path]:
    """A folder for PATH whose `python` runs stages in forks, while the context is open."""
    caller = folder / "bin/python"
    caller.parent.mkdir(parents=True)
    caller.write_text(CALLER.format(python=sys.executable, address=str(folder / "socket")))
    caller.chmod(0o755)
    with (
        socket.socket(socket.AF_UNIX) as listener,
        (folder / "server.log").open("w") as log,
    ):
        listener.bind(str(folder / "socket"))
        listener.listen()
        # As a study's environment has it: libraries read it when they are imported.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
        server = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno())],
            env=environment,
            stderr=log,
            pass_fds=[listener.fileno()],
        )
    try:
        yield caller.parent
    finally:
        server.terminate()
        server.wait()


def serve(listener: socket.socket) -> Call:
    """Fork for every call; returns in the fork that is to run it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks after the first forks
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()  # a collection in a fork would copy what it looks through
    while True:
        connection, _ = listener.accept()
        with connection:
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return run_and_tell(connection)


def run_and_tell(connection: socket.socket) -> Call:
    """Fork again: the parent tells of the child and its end, the child returns with its call."""
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    length = int.from_bytes(size, "big")
    call = Call(*json.loads(connection.recv(length, socket.MSG_WAITALL)), streams)
    process = os.fork()
    if process == 0:
        return call
    for stream in streams:
        os.close(stream)
    connection.sendall(f"{process}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    # Of a signal what a shell gives.
    connection.sendall(f"{code if code >= 0 else 128 - code}\n".encode())
    os._exit(0)


def run(call: Call) -> int:
    """Be the process that the caller wanted; returns its exit code."""
    for number, stream in enumerate(call.streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(call.folder)
    os.environ.clear()
    os.environ.update(call.environment)
    script = call.arguments[0]
    packages = call.environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [str(Path(script).resolve().parent), *filter(None, packages)]
    sys.argv = call.arguments
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    code = run(serve(socket.socket(fileno=int(sys.argv[1]))))
    atexit._run_exitfuncs()
    sys.stdout.flush()
    # Taking down all that the server imported would take longer than most stages do.
    os._exit(code)
