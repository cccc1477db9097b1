"""Budgets of all arms of a student, looked at before the first of them is trained."""

from breakeven.core.digests import cached_digest
from breakeven.core.layout import pairs_path, record_path
from breakeven.core.records import read_record
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.models.pointer import read_verified_pointer
from breakeven.params import Params
from breakeven.params.cells import Cell, arms_of, resolve_cell
from breakeven.pipeline.code import code_digest
from breakeven.pipeline.reads import deciding_corpora, params_digest
from breakeven.train.arm_lessons import LessonPlanner

_CODE = ("train/", "rendering/", "costs/", "models/")


def check_budgets(params: Params, student: str) -> None:
    """Plan every arm of a student that has a budget, and nothing more.

    An arm whose pairs have not been made from this params.yaml is left out. What was found to be in
    order is remembered, as rendering the pairs of a whole study takes time.

    Raises:
        InputError: as `LessonPlanner.plan`.
    """
    arms = [
        name
        for name in arms_of(params, student)
        if params.arms[name].budget
        and all(_is_made(params, "pairs", one) for one in deciding_corpora(params, name))
    ]
    if not arms or not _is_made(params, "base", student):
        return
    checked = scratch_folder("budgets", _key(params, student, arms)) / "filled.json"
    if read_sealed(checked) is not None:
        return
    planner = LessonPlanner(params, student)
    for arm in arms:
        for seed in params.seeds:
            planner.plan(arm, seed)
    write_sealed(checked, {"student": student, "arms": arms})


def _key(params: Params, student: str, arms: list[str]) -> dict[str, object]:
    """What decides whether the budgets are filled."""
    settings = {
        name: found.as_dict()
        for name in params.arms
        if (found := resolve_cell(params, Cell(student, name, params.seeds[0])).training)
    }
    corpora = dict.fromkeys(name for arm in arms for name in deciding_corpora(params, arm))
    return {
        "base": read_verified_pointer(student).digest,
        "arms": arms,
        "settings": settings,
        "max_passes": params.training.max_passes,
        "seeds": list(params.seeds),
        "pairs": {name: cached_digest(pairs_path(name)) for name in corpora},
        "not_learnt": [name for name in corpora if params.corpora[name].tuning],
        "code": code_digest(["train/arm_lessons.py"], _CODE),
    }


def _is_made(params: Params, stage: str, cell: str) -> bool:
    """Whether a stage made its cell from this params.yaml: another study may lie here."""
    if not record_path(stage, cell).is_file():
        return False
    return read_record(stage, cell).part == params_digest(params, stage, cell)
