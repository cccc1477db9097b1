"""What arms learn, where the pairs that are to teach them have been made."""

from collections.abc import Iterator
from functools import partial

from breakeven.checking.problems import Finding, refused
from breakeven.params import HubBase, Params


def check_arm_lessons(params: Params) -> Iterator[Finding]:
    """Whether each student's pairs give every arm what it is to learn.

    They must fill its budget in the passes that are allowed, hold both styles of a mix, and have
    traces that a control can change. Before the pairs are made, and of a base that is not on this
    machine, nothing more can be told than params.yaml shows: the stage looks again before it
    trains.
    """
    from breakeven.models.hub import cached_tokenizer
    from breakeven.train.lesson_check import check_lessons

    for name, student in params.students.items():
        if not isinstance(student.base, HubBase) or cached_tokenizer(student.base):
            yield from refused(f"students.{name}", partial(check_lessons, params, name))
