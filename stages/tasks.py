"""Pin the items of one task: `python stages/tasks.py --task chain-open`."""

from breakeven.pipeline.command import run_stage
from breakeven.tasks.stage import run

if __name__ == "__main__":
    run_stage(run)
