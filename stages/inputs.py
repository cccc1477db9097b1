"""Tell DVC on what code, values and files each cell depends: `python stages/inputs.py`."""

from breakeven.params import load_params
from breakeven.pipeline.write import write_inputs
from breakeven.stage import run_stage


def main() -> None:
    """Write `inputs/code/` and `inputs/cells/`."""
    write_inputs(load_params())


if __name__ == "__main__":
    run_stage(main)
