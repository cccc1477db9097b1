"""`breakeven ui`: MLflow's server on this machine only."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from breakeven.core.errors import InputError, MachineError
from breakeven.tracking.sqlite_rows import read_rows
from breakeven.tracking.store import Store, current_store, initialise, set_environment
from breakeven.tracking.views import COSTS_VIEW, TAG

HOST = "127.0.0.1"
START_SECONDS = 120.0


def serve(port: int = 5000) -> None:
    """Serve the runs on 127.0.0.1 until it is interrupted.

    Raises:
        InputError: the port is taken, this is no project's root, or runs go to a server that has
            its own UI.
        MachineError: the server ended by itself.
    """
    store = current_store()
    if store.database is None:
        raise InputError(
            f"MLFLOW_TRACKING_URI: value is {store.shown}; runs are kept there: open that address, "
            "or unset it to see mlruns/mlflow.db"
        )
    if not (store.database.exists() or Path("params.yaml").is_file()):
        raise InputError(
            f"{store.shown}: no such file, and no params.yaml is here; run this from the project's "
            "root"
        )
    check_port(port)
    set_environment()
    initialise(store)
    print("starting MLflow, which takes about ten seconds…", flush=True)
    # A session of its own: the server has children, and all of them are to end with this process.
    server = subprocess.Popen(  # noqa: S603
        _command(store, port), env=_environment(), stdout=2, start_new_session=True
    )
    # So that a terminated UI takes the same way out as ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if _answers(server, port):
            print(f"{_address(store.database, port)}\n(stop with ctrl-C)", flush=True)
        code = server.wait()
    except KeyboardInterrupt:
        return
    finally:
        _end(server)
    raise MachineError(f"the MLflow server ended with code {code}; its messages are above")


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End the server and its children, by force where they do not within ten seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)


def check_port(port: int) -> None:
    """Raise InputError where something listens on the port already."""
    with socket.socket() as probe:
        # As servers do: a port that was closed a moment ago is not taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is taken" if error.errno == errno.EADDRINUSE else "is not allowed"
            raise InputError(
                f"--port: {port} {why} on {HOST}; use another one: breakeven ui --port {port + 1}"
            ) from error


def _command(store: Store, port: int) -> list[str]:
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--backend-store-uri", store.uri, "--registry-store-uri", store.uri]
    command += ["--default-artifact-root", str(store.artifacts), "--no-serve-artifacts"]
    command += ["--host", HOST, "--port", str(port), "--workers", "1"]
    return [*command, "--uvicorn-opts", "--log-level warning"]


def _environment() -> dict[str, str]:
    # No job runners: they are for evaluations that nothing here asks for.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}
    return {**os.environ, **quiet}


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until the port answers; False where the server ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return True
        time.sleep(0.2)
    return False


def _address(database: Path, port: int) -> str:
    """Where the study's charts are; the front page where nothing was tracked yet."""
    studies = read_rows(
        database,
        "select cast(e.experiment_id as text) from experiments e "
        "join experiment_tags t on t.experiment_id = e.experiment_id "
        "where t.key = ? and e.lifecycle_stage = 'active' order by e.last_update_time desc",
        (f"{TAG}{COSTS_VIEW}",),
    )
    if not studies:
        return f"http://{HOST}:{port}"
    view = f"viewStateShareKey={COSTS_VIEW}&compareRunsMode=CHART&workflowType=machine_learning"
    return f"http://{HOST}:{port}/#/experiments/{studies[0][0]}/runs?{view}"
