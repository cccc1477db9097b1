"""Three hand-made studies: name, style, accuracy, and what training and an answer take."""

from functools import partial
from typing import NamedTuple

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST
from breakeven.decide.options import DecisionRequest, Option, cost_of, option_bill

# Most of their hand-made numbers are without the teacher.
untaught = partial(DecisionRequest, with_teacher=False)


class Plain(NamedTuple):
    """An option as plain numbers, which a brute force can read; None where not measured."""

    name: str
    style: str
    accuracy: float
    train_flops: float | None
    train_seconds: float | None
    answer_flops: float | None
    answer_seconds: float | None
    teacher_seconds: float = 0.0


# A small student that thinks against larger ones that do not: the textbook case.
THINKING_PAYS = (
    Plain("small base", "base", 0.10, 0.0, 0.0, 2e9, 0.0025),
    Plain("small ift", "ift", 0.30, 1e15, 1000.0, 1e9, 0.001, 50.0),
    Plain("small reasoning", "reasoning", 0.62, 4e15, 4000.0, 1e10, 0.01, 500.0),
    Plain("large ift", "ift", 0.60, 2e16, 20000.0, 4e9, 0.004, 50.0),
    Plain("large reasoning", "reasoning", 0.90, 8e16, 80000.0, 4e10, 0.04, 500.0),
)
# Equal accuracies, equal costs and one option that another beats in everything: only ties.
TIES = (
    Plain("a ift", "ift", 0.5, 1e12, 10.0, 1e6, 0.5),
    Plain("b ift", "ift", 0.5, 1e12, 10.0, 1e6, 0.5),
    Plain("c reasoning", "reasoning", 0.5, 2e12, 20.0, 5e5, 0.25),
    Plain("d mixed", "mixed", 0.4, 3e12, 30.0, 2e6, 1.0),
)
# Some costs were not measured.
GAPS = (
    Plain("s ift", "ift", 0.4, 1e14, 100.0, 1e8, 0.01),
    Plain("m ift", "ift", 0.7, 1e15, None, 1e9, 0.1),
    Plain("s reasoning", "reasoning", 0.8, None, 400.0, 1e10, 1.0),
    Plain("m reasoning", "reasoning", 0.9, 4e15, 4000.0, 1e11, None),
)
STUDIES = {"thinking pays": THINKING_PAYS, "ties": TIES, "gaps": GAPS}


def option_of(plain: Plain) -> Option:
    def amount(value: float | None) -> Amount:
        return absent(f"{plain.name}: not measured") if value is None else Amount(value)

    return Option(
        name=plain.name,
        student=plain.name.split()[0],
        arm=plain.style,
        style=plain.style,  # type: ignore[arg-type]
        accuracy=plain.accuracy,
        bill=option_bill(
            training=cost_of(amount(plain.train_flops), amount(plain.train_seconds)),
            answer=cost_of(amount(plain.answer_flops), amount(plain.answer_seconds)),
            teacher=cost_of(absent("a solver has no FLOPs"), Amount(plain.teacher_seconds)),
            judging=NO_COST,
        ),
    )


def options_of(study: tuple[Plain, ...]) -> list[Option]:
    return [option_of(plain) for plain in study]
