"""Tell DVC on what code, values and files each cell depends: `python stages/inputs.py`."""

from breakeven.pipeline.command import run_stage
from breakeven.pipeline.inputs import write_inputs

if __name__ == "__main__":
    run_stage(write_inputs)
