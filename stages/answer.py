"""Answer every task with every arm of one student: `python stages/answer.py --student t30k`."""

from breakeven.answering.student import answer_student
from breakeven.params import load_params
from breakeven.stage import run_stage


def main(student: str) -> None:
    """Write `answers/<student>/` and its record."""
    answer_student(load_params(), student)


if __name__ == "__main__":
    run_stage(main)
