"""The child of a live run: `python -m breakeven.tracking.live_writer` reads points, logs them.

Standard input holds JSON lines: first what the run is, then points, at the end its status. Input
that ends without a status means that the training was killed.
"""

import contextlib
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import BreakevenError
from breakeven.tracking.runs import CELL, LIVE, archive_run, ensure_experiment
from breakeven.tracking.store import Store, current_store, explain, initialise, set_environment

if TYPE_CHECKING:
    from mlflow import MlflowClient

TRAINING = "breakeven.training"
LOG_EVERY_SECONDS = 1.0
_NICE = 10
_AUTOGROUP = Path("/proc/self/autogroup")
_ATTEMPTS = 5
_BATCH = 1000


def main() -> None:
    """Log standard input until it ends; a failure is one line on standard error."""
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
    # Reading goes on while MLflow is imported, or the training would fill the pipe.
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    _give_way()
    header = lines.get()
    if header is None:
        return
    store = None
    try:
        store = current_store()
        _stream(store, header, lines)
    except Exception as error:  # whatever it is, the training goes on
        if store is not None and not isinstance(error, BreakevenError):
            error = explain(store, error)
        print(f"live curves are off ({error}); the training goes on", file=sys.stderr)


def _give_way() -> None:
    """Let the training come first, where both want one processor."""
    os.nice(_NICE)
    # Between sessions, and this child has one of its own, Linux's scheduler asks no process's nice
    # value but that of the session's group; anyone may raise it.
    with contextlib.suppress(OSError):
        if _AUTOGROUP.exists():
            _AUTOGROUP.write_text(str(_NICE), encoding="ascii")


def _stream(
    store: Store, header: dict[str, Any], lines: "queue.Queue[dict[str, Any] | None]"
) -> None:
    set_environment()
    initialise(store)
    from mlflow import MlflowClient

    client = MlflowClient(store.uri)
    run_id = _open_run(client, store, header)
    seen = _last_steps(client, run_id)
    status = None
    while status is None:
        points, status = _drain(lines)
        _log(client, run_id, points, seen)
        if status is None:
            time.sleep(LOG_EVERY_SECONDS)
    client.set_terminated(run_id, status)


def _open_run(client: "MlflowClient", store: Store, header: dict[str, Any]) -> str:
    """The live run of this training, resumed where there is one; others of the cell go."""
    experiment_id = ensure_experiment(client, store, header["study"])
    mine = None
    query = f"tags.`{CELL}` = '{header['cell']}' and tags.`{LIVE}` = 'true'"
    for run in client.search_runs([experiment_id], query):
        if mine is None and run.data.tags.get(TRAINING) == header["training"]:
            mine = str(run.info.run_id)
        else:
            archive_run(client, run.info.run_id)
    if mine is not None:
        client.update_run(mine, status="RUNNING")
        return mine
    tags = {**header["keys"], **header["tags"], CELL: header["cell"], LIVE: "true"}
    tags[TRAINING] = header["training"]
    tags["mlflow.note.content"] = "Live curves of a training; replaced when it is tracked."
    run = client.create_run(experiment_id, run_name=header["name"], tags=tags)
    for key, value in header["keys"].items():
        client.log_param(run.info.run_id, key, value)
    return str(run.info.run_id)


def _last_steps(client: "MlflowClient", run_id: str) -> dict[str, int]:
    """The last step of each curve so far: a resumed training repeats steps since its checkpoint."""
    names = client.get_run(run_id).data.metrics
    return {
        name: max(point.step for point in client.get_metric_history(run_id, name)) for name in names
    }


def _drain(
    lines: "queue.Queue[dict[str, Any] | None]",
) -> tuple[list[dict[str, Any]], str | None]:
    """What has arrived: points, and the status once there is one."""
    points: list[dict[str, Any]] = []
    while True:
        try:
            line = lines.get_nowait()
        except queue.Empty:
            return points, None
        if line is None:
            return points, "KILLED"
        if "end" in line:
            return points, str(line["end"])
        points.append(line)


def _log(
    client: "MlflowClient", run_id: str, points: list[dict[str, Any]], seen: dict[str, int]
) -> None:
    from mlflow.entities import Metric

    metrics = []
    for point in points:
        for short, value in point["metrics"].items():
            # What was sampled of the system has a group of its own already.
            name = short if "/" in short else f"train/{short}"
            # MLflow would draw both values of a step that comes twice.
            if point["step"] > seen.get(name, -1):
                seen[name] = point["step"]
                metrics.append(Metric(name, float(value), point["time"], point["step"]))
    for start in range(0, len(metrics), _BATCH):
        _log_batch(client, run_id, metrics[start : start + _BATCH])


def _log_batch(client: "MlflowClient", run_id: str, metrics: list[Any]) -> None:
    """Log with a few attempts: another process may hold the database for a moment."""
    for attempt in range(_ATTEMPTS):
        try:
            client.log_batch(run_id, metrics=metrics)
            return
        except Exception:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(2.0**attempt)


def _read(lines: "queue.Queue[dict[str, Any] | None]") -> None:
    """Parse lines as they come. Not through sys.stdin: a thread that waits there holds its lock."""
    rest = b""
    while piece := os.read(0, 1 << 16):
        *whole, rest = (rest + piece).split(b"\n")  # a killed training leaves half a line
        for line in whole:
            lines.put(json.loads(line))
    lines.put(None)


if __name__ == "__main__":
    main()
