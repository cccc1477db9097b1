"""Find or train the base of one student: `python stages/base.py --student t30k`."""

from breakeven.params import load_params
from breakeven.stage import run_stage
from breakeven.students.building import build_base


def main(student: str) -> None:
    """Write `models/base/<student>/`, a pointer to the base and its weights if trained here."""
    build_base(load_params(), student)


if __name__ == "__main__":
    run_stage(main)
