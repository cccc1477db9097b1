"""Tell which texts each corpus and the answers read: `python stages/texts.py`."""

from breakeven.params import load_params
from breakeven.pipeline.write import write_texts
from breakeven.stage import run_stage


def main() -> None:
    """Write `inputs/texts/`, digests of tasks, prompts and completions."""
    write_texts(load_params())


if __name__ == "__main__":
    run_stage(main)
