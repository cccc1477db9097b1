"""Draw the report of the study: `python stages/report.py`."""

from breakeven.params import load_params
from breakeven.report.stage import run
from breakeven.stage import run_stage


def main() -> None:
    """Write `report/` (page, figures, tables, metrics) and its record."""
    run(load_params())


if __name__ == "__main__":
    run_stage(main)
