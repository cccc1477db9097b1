"""What all arms of a student learn, looked at before the first of them is trained."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from breakeven.core.digests import cached_digest
from breakeven.core.layout import pairs_path, record_path
from breakeven.core.records import read_record
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.models.pointer import read_verified_pointer
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.params.cells import Cell, arms_of, resolve_cell
from breakeven.pipeline.code import code_digest
from breakeven.pipeline.reads import deciding_corpora, params_digest
from breakeven.train.arm_lessons import LessonPlanner

_CODE = ("train/", "rendering/", "costs/", "models/")


def check_lessons(params: Params, student: str) -> None:
    """Plan every trained arm of a student, and nothing more.

    An arm whose pairs have not been made from this params.yaml is left out. What was found to be in
    order is remembered, as rendering the pairs of a whole study takes time.

    Raises:
        InputError: as `LessonPlanner.plan`.
    """
    arms = [
        name
        for name in arms_of(params, student)
        if params.arms[name].trained
        and all(_has_pairs(params, one) for one in deciding_corpora(params, name))
    ]
    if not arms or not _is_of(params, "base", student):
        return
    checked = scratch_folder("lessons", _key(params, student, arms)) / "planned.json"
    if read_sealed(checked) is not None:
        return
    for alike in _by_form(params, arms):
        planner = LessonPlanner(params, student)
        for arm in alike:
            # Only what a budget pays for depends on the order of the pairs, which a seed draws.
            for seed in params.seeds if params.arms[arm].budget else params.seeds[:1]:
                planner.plan(arm, seed)
    write_sealed(checked, {"student": student, "arms": arms})


def _by_form(params: Params, arms: Sequence[str]) -> Iterable[list[str]]:
    """Arms that learn the same examples together: a planner keeps all that it has rendered."""
    found: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for name in arms:
        arm = params.arms[name]
        found[arm.traces, arm.answer_mode is not None].append(name)
    return found.values()


def _key(params: Params, student: str, arms: list[str]) -> dict[str, object]:
    """What decides whether every arm has what it is to learn."""
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


def _has_pairs(params: Params, corpus: str) -> bool:
    """Whether a corpus has the pairs that this params.yaml gives it: those of more prompts differ.

    Completions that somebody brought without a record are taken as they are.
    """
    sources = params.corpora[corpus].sources
    before = [
        *(("prompts", name) for name in sources),
        *(("distill", name, style) for name in sources for style in COMPLETION_STYLES),
    ]
    return _is_of(params, "pairs", corpus) and all(
        _is_of(params, *made) for made in before if record_path(*made).is_file()
    )


def _is_of(params: Params, stage: str, *cell: str) -> bool:
    """Whether a stage made its cell from this params.yaml: another study may lie here."""
    if not record_path(stage, *cell).is_file():
        return False
    return read_record(stage, *cell).part == params_digest(params, stage, *cell)
