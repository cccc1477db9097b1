"""Tell which pairs each arm learns: `python stages/lessons.py`."""

from breakeven.pipeline.command import run_stage
from breakeven.pipeline.inputs import write_lessons

if __name__ == "__main__":
    run_stage(write_lessons)
