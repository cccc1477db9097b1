"""What the `train` stage does: train one cell, in one process or in several, and record it."""

import sys
from functools import partial
from pathlib import Path

from breakeven.core.errors import AlreadyReportedError, InputError
from breakeven.params import Params
from breakeven.params.launch_file import read_launch_file
from breakeven.tracking.live import LiveRun
from breakeven.train.cell_record import write_train_record
from breakeven.train.cell_training import LaunchProcesses, OpenMetricsLog, train_cell
from breakeven.train.launching import end_with_stage, launch, report_to_stage
from breakeven.train.lesson_check import check_lessons
from breakeven.train.node_launching import has_group, launch_on_nodes
from breakeven.train.process_rank import is_distributed, is_main_process, started_by_stage
from breakeven.train.train_result import TrainResult


def run(params: Params, student: str, arm: str, seed: int) -> None:
    """Write `models/students/<student>/<arm>/<seed>/` and its record; curves go to MLflow live."""
    train_and_record(
        params, student, arm, seed, open_log=partial(LiveRun, params, student, arm, seed)
    )


def train_and_record(
    params: Params,
    student: str,
    arm: str,
    seed: int,
    *,
    open_log: OpenMetricsLog | None = None,
) -> None:
    """Write `models/students/<student>/<arm>/<seed>/` and its record.

    `open_log` is given the key of the training and returns a context manager whose value takes the
    metrics of each step (`log(step, metrics)`) while the training runs.

    Raises:
        InputError: the seed is none of the study's, an arm of any student cannot be taught what it
            is to learn, or what `train_cell` says.
        MachineError: as `train_cell`.
    """
    # Student and arm are looked up further below; a seed is no row, so that nothing would miss it,
    # and `answer` depends on all of its student's folder.
    if seed not in params.seeds:
        seeds = " or ".join(map(str, params.seeds))
        raise InputError(f"params.yaml: seeds: {seed} is not in it; use {seeds}, or add it")
    if started_by_stage():
        _run_for_stage(partial(train_cell, params, student, arm, seed, open_log=open_log))
        return
    if is_main_process():
        # Of every student whose base is here: what the last one refuses, the first trains in vain.
        for name in params.students:
            check_lessons(params, name)
    start = _launch(params, student, arm, seed)
    result = train_cell(params, student, arm, seed, open_log=open_log, launch=start)
    if is_main_process():
        write_train_record(params, student, arm, seed, result)


def _run_for_stage(train: "partial[TrainResult | None]") -> None:
    """Train as one of the processes that a stage waits for; any error is reported to it."""
    end_with_stage()
    try:
        train()
    except Exception as error:  # whatever it is, the stage tells it, once for all processes
        raise AlreadyReportedError(report_to_stage(error)) from error


def _launch(params: Params, student: str, arm: str, seed: int) -> LaunchProcesses | None:
    if params.training.launch is None or is_distributed():
        return None
    # The stage's own script runs again: it was started with the same arguments.
    script = Path(sys.argv[0])
    arguments = ["--student", student, "--arm", arm, "--seed", str(seed)]
    given = read_launch_file(Path(params.training.launch))
    # Where machines were reserved for a file that now says one, that is told instead.
    start = launch_on_nodes if given.machines > 1 or has_group() else launch
    return partial(start, given, script, arguments)
