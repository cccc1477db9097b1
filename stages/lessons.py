"""Tell which pairs each arm learns: `python stages/lessons.py`."""

from breakeven.params import load_params
from breakeven.pipeline.write import write_lessons
from breakeven.stage import run_stage


def main() -> None:
    """Write `inputs/lessons/`, digests of the pairs of each arm."""
    write_lessons(load_params())


if __name__ == "__main__":
    run_stage(main)
