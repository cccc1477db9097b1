"""The cells whose outputs and records a study has, by the names that its params give them."""

from collections.abc import Collection, Iterator
from itertools import product

from breakeven.params import COMPLETION_STYLES, Params
from breakeven.params.cells import matrix_cells

# As `core.layout.made_by` tells them: a stage, and the names of its cell.
StudyCell = tuple[str, ...]


def study_cells(params: Params) -> Iterator[StudyCell]:
    """Every cell that leaves a record, in the order of the pipeline."""
    yield from (("tasks", task) for task in params.tasks)
    yield from (("prompts", source) for source in params.sources)
    yield from (("distill", *pair) for pair in product(params.sources, COMPLETION_STYLES))
    yield from (("pairs", corpus) for corpus in params.corpora)
    yield from (("base", student) for student in params.students)
    yield from (("train", one.student, one.arm, str(one.seed)) for one in matrix_cells(params))
    yield from (("answer", student) for student in params.students)
    yield ("score",)
    yield ("report",)


def unknown_row(params: Params, cell: StudyCell) -> str:
    """Which row a cell would need that params.yaml does not have; empty where it is no cell."""
    stage, *names = cell
    tables: dict[str, list[tuple[str, Collection[str]]]] = {
        "tasks": [("task", params.tasks)],
        "prompts": [("source", params.sources)],
        "distill": [("source", params.sources), ("style", COMPLETION_STYLES)],
        "pairs": [("corpus", params.corpora)],
        "base": [("student", params.students)],
        "train": [
            ("student", params.students),
            ("arm", params.arms),
            ("seed", [str(seed) for seed in params.seeds]),
        ],
        "answer": [("student", params.students)],
    }
    for (kind, rows), name in zip(tables.get(stage, []), names, strict=False):
        if name not in rows:
            return f"{kind} {name}"
    return ""
