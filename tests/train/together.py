"""Trains cells in each of the processes that accelerate starts, one cell after the other.

`accelerate launch --config_file … tests/train/together.py cells.json`: rows of a name, an arm,
the params, and the step at which a first attempt stops. The first process writes `<name>.json`.
"""

import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType

from breakeven.core.files import write_json
from breakeven.params import Params
from breakeven.train import trainer
from breakeven.train.cell_training import train_cell
from breakeven.train.process_rank import is_main_process


class StopHereError(Exception):
    """The step at which every process stops has come."""


def stop_at(step):
    whole = trainer.TrainingRun.take_step

    def take_step(run, examples, gate):
        if run.step == step:
            raise StopHereError
        return whole(run, examples, gate)

    return take_step


def train(row):
    params = Params.model_validate(row["params"])
    if row.get("stop_at"):
        before, trainer.TrainingRun.take_step = (
            trainer.TrainingRun.take_step,
            stop_at(row["stop_at"]),
        )
        with contextlib.suppress(StopHereError):
            train_cell(params, "tiny", row["arm"], 0)
        trainer.TrainingRun.take_step = before
    result = train_cell(params, "tiny", row["arm"], 0)
    if is_main_process():
        write_json(Path(f"{row['name']}.json"), asdict(result))


def start_afresh():
    """Let the next cell compute in another dtype: accelerate fixes it for a process."""
    AcceleratorState._reset_state()
    if PartialState().device.type == "cpu":
        PartialState().distributed_type = DistributedType.MULTI_CPU


for row in json.loads(Path(sys.argv[1]).read_text()):
    train(row)
    start_afresh()
