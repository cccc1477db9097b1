"""Tell which texts each corpus and the answers read: `python stages/texts.py`."""

from breakeven.pipeline.command import run_stage
from breakeven.pipeline.inputs import write_texts

if __name__ == "__main__":
    run_stage(write_texts)
