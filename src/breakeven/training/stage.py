"""What the `train` stage does: train one cell and record it."""

from breakeven.params import Params
from breakeven.training.cell import Watch, train_cell
from breakeven.training.record import write_train_record


def run(params: Params, student: str, arm: str, seed: int, *, watch: Watch | None = None) -> None:
    """Write `models/students/<student>/<arm>/<seed>/` and its record.

    `watch` is given the key of the training and returns a context manager whose value takes the
    metrics of each step (`log(step, metrics)`) while the training runs.
    """
    result = train_cell(params, student, arm, seed, watch=watch)
    write_train_record(params, student, arm, seed, result)
