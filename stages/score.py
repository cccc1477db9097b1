"""Grade every answer: `python stages/score.py`."""

from breakeven.pipeline.command import run_stage
from breakeven.score.stage import run

if __name__ == "__main__":
    run_stage(run)
