"""Put together the pairs of one corpus: `python stages/pairs.py --corpus general`."""

from breakeven.pairs.stage import run
from breakeven.pipeline.command import run_stage

if __name__ == "__main__":
    run_stage(run)
