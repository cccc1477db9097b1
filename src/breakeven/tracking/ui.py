"""`breakeven ui`: MLflow's server on this machine only."""

import errno
import os
import socket
import subprocess
import sys

from breakeven.errors import InputError, MachineError
from breakeven.tracking.store import current_store, initialise, silence

HOST = "127.0.0.1"


def serve(port: int = 5000) -> None:
    """Serve the runs on 127.0.0.1 until it is interrupted.

    Raises:
        InputError: the port is taken, or runs go to a server that has its own UI.
        MachineError: the server ended by itself.
    """
    store = current_store()
    if store.database is None:
        raise InputError(
            f"MLFLOW_TRACKING_URI: value is {store.shown}; runs are kept there: open that address, "
            "or unset it to see mlruns/mlflow.db"
        )
    check_port(port)
    silence()
    initialise(store)
    print(f"MLflow: http://{HOST}:{port} (stop with ctrl-C)", flush=True)
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store.uri]
    command += ["--default-artifact-root", str(store.artifacts), "--no-serve-artifacts"]
    command += ["--host", HOST, "--port", str(port), "--workers", "2"]
    # No job runners: they are for evaluations that nothing here asks for.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    code = _run(command, environment)
    if code:
        raise MachineError(f"the MLflow server ended with code {code}; its messages are above")


def check_port(port: int) -> None:
    """Raise InputError where something listens on the port already."""
    with socket.socket() as probe:
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


def _run(command: list[str], environment: dict[str, str]) -> int:
    server = subprocess.Popen(command, env=environment)  # noqa: S603 - our own interpreter
    try:
        return server.wait()
    except KeyboardInterrupt:
        # ctrl-C reached the server as well: it belongs to the same terminal.
        server.terminate()
        server.wait()
        return 0
