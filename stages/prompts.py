"""Pin the training prompts of one source: `python stages/prompts.py --source chain`."""

from breakeven.pipeline.command import run_stage
from breakeven.prompts.stage import run

if __name__ == "__main__":
    run_stage(run)
