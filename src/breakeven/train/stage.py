"""What the `train` stage does: train one cell, here or in several processes, and record it."""

import sys
from functools import partial
from pathlib import Path

from breakeven.core.errors import AlreadyReportedError
from breakeven.params import Params
from breakeven.tracking.live import LiveRun
from breakeven.train.cell_record import write_train_record
from breakeven.train.cell_training import Launch, TrainResult, Watch, train_cell
from breakeven.train.launching import end_with_stage, launch, report_to_stage
from breakeven.train.process_rank import is_first, one_of_several, started_by_stage


def run(params: Params, student: str, arm: str, seed: int) -> None:
    """Write `models/students/<student>/<arm>/<seed>/` and its record; curves go to MLflow live."""
    train_and_record(params, student, arm, seed, watch=partial(LiveRun, params, student, arm, seed))


def train_and_record(
    params: Params, student: str, arm: str, seed: int, *, watch: Watch | None = None
) -> None:
    """Write `models/students/<student>/<arm>/<seed>/` and its record.

    `watch` is given the key of the training and returns a context manager whose value takes the
    metrics of each step (`log(step, metrics)`) while the training runs.
    """
    if started_by_stage():
        _run_for_stage(partial(train_cell, params, student, arm, seed, watch=watch))
        return
    start = _launch(params, student, arm, seed)
    result = train_cell(params, student, arm, seed, watch=watch, launch=start)
    if is_first():
        write_train_record(params, student, arm, seed, result)


def _run_for_stage(train: "partial[TrainResult | None]") -> None:
    """Train as one of the processes that a stage waits for; it is told of any error."""
    end_with_stage()
    try:
        train()
    except Exception as error:  # whatever it is, the stage tells it, once for all processes
        raise AlreadyReportedError(report_to_stage(error)) from error


def _launch(params: Params, student: str, arm: str, seed: int) -> Launch | None:
    if params.training.launch is None or one_of_several():
        return None
    # The stage's own script runs again: it was started with the same arguments.
    script = Path(sys.argv[0])
    arguments = ["--student", student, "--arm", arm, "--seed", str(seed)]
    return partial(launch, Path(params.training.launch), script, arguments)
