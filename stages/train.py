"""Train one student on one arm: `python stages/train.py --student t30k --arm ift --seed 0`."""

from breakeven.pipeline.command import run_stage
from breakeven.train.stage import run

if __name__ == "__main__":
    run_stage(run)
