"""Train one student on one arm: `python stages/train.py --student t30k --arm ift --seed 0`."""

from pathlib import Path

from breakeven.params import load_params
from breakeven.stage import run_stage
from breakeven.tracking.live import LiveRun
from breakeven.training.stage import run


def main(student: str, arm: str, seed: int) -> None:
    """Write `models/students/<student>/<arm>/<seed>/` and its record; curves go to MLflow live."""
    params = load_params()
    run(
        params,
        student,
        arm,
        seed,
        script=Path(__file__),
        watch=lambda key: LiveRun(params, student, arm, seed, key),
    )


if __name__ == "__main__":
    run_stage(main)
