"""Put together the pairs of one corpus: `python stages/pairs.py --corpus general`."""

from breakeven.pairs.build import build_pairs
from breakeven.params import load_params
from breakeven.stage import run_stage


def main(corpus: str) -> None:
    """Write `data/pairs/<corpus>.parquet`, what was dropped and why, and the record."""
    build_pairs(load_params(), corpus)


if __name__ == "__main__":
    run_stage(main)
