"""Answer one source in one style: `python stages/distill.py --source chain --style reasoning`."""

from breakeven.distill.stage import run
from breakeven.pipeline.command import run_stage

if __name__ == "__main__":
    run_stage(run)
