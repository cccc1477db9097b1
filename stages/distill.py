"""Answer one source in one style: `python stages/distill.py --source chain --style reasoning`."""

from breakeven.params import load_params
from breakeven.stage import run_stage
from breakeven.teacher.distill import distill


def main(source: str, style: str) -> None:
    """Write `data/distilled/<source>/<style>.jsonl` and its record."""
    distill(load_params(), source, style)


if __name__ == "__main__":
    run_stage(main)
