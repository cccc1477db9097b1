"""Grade every answer: `python stages/score.py`."""

from breakeven.grading.score import score
from breakeven.params import load_params
from breakeven.stage import run_stage


def main() -> None:
    """Write `scores/items.parquet`, one row a sample, and its record."""
    score(load_params())


if __name__ == "__main__":
    run_stage(main)
