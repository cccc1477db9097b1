"""Show the records in MLflow: `python stages/track.py`."""

from breakeven.pipeline.command import run_stage
from breakeven.track.stage import run

if __name__ == "__main__":
    run_stage(run)
