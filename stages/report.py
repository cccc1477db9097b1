"""Draw the report of the study: `python stages/report.py`."""

from breakeven.pipeline.command import run_stage
from breakeven.report.stage import run

if __name__ == "__main__":
    run_stage(run)
