"""Answer every task with every arm of one student: `python stages/answer.py --student t30k`."""

from breakeven.answer.stage import run
from breakeven.pipeline.command import run_stage

if __name__ == "__main__":
    run_stage(run)
