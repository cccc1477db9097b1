"""Find or train the base of one student: `python stages/base.py --student t30k`."""

from breakeven.base.stage import run
from breakeven.pipeline.command import run_stage

if __name__ == "__main__":
    run_stage(run)
