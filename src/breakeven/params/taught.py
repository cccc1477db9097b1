"""Whether an arm was taught what a task asks: problems of its kind are in the arm's corpora.

Tasks and sources share no key. What both tell is the generator that makes their problems, so that
the rule speaks of generated ones. Of questions that are read from a file or a data set nobody can
say who has learnt their like.
"""

from collections.abc import Mapping

from breakeven.params.schema import Params
from breakeven.params.sources import GymSource, ProceduralSource, Source
from breakeven.params.tasks import GymTask, ProceduralTask, Task


def problem_of(row: Source | Task) -> tuple[str, str] | None:
    """The kind of problem that a generator makes for a source or a task; None without one."""
    if isinstance(row, ProceduralSource | ProceduralTask):
        return row.kind, row.problem
    if isinstance(row, GymSource | GymTask):
        return row.kind, row.dataset
    return None


def taught(params: Params, arm: str, task: str) -> bool | None:
    """Whether a trained arm learns problems of the kind that a task asks; None where unknown.

    It is unknown where the task, or a source of the arm without which it would be no, is read from
    a file or a data set, and of an untrained arm, which learns nothing.
    """
    kind = problem_of(params.tasks[task])
    learnt = {
        problem_of(params.sources[source])
        for corpus in params.arms[arm].corpora
        for source in params.corpora[corpus].sources
    }
    if kind is None or not learnt:
        return None
    if kind in learnt:
        return True
    return None if None in learnt else False


def untaught_families(params: Params, family_of: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """By arm, the families of which it learnt nothing that is asked there while another arm did.

    `family_of` maps a task to its family. What no arm learns is a test of transfer, which is asked
    of all of them; and where it is unknown what an arm was taught, nothing is left out for it.
    """
    said: dict[str, dict[str, set[bool | None]]] = {arm: {} for arm in params.arms}
    for arm, families in said.items():
        for task, family in family_of.items():
            families.setdefault(family, set()).add(taught(params, arm, task))
    learnt = {
        family
        for families in said.values()
        for family, answers in families.items()
        if True in answers
    }
    return {
        arm: frozenset(
            family
            for family, answers in families.items()
            if answers == {False} and family in learnt
        )
        for arm, families in said.items()
    }
