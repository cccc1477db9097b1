"""The tiny study, changed, and its planned cells."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.pipeline.repository import TINY

from breakeven.params import Params
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.expected_work import PlannedCell, planned_cells


def tiny(change: Callable[[dict[str, Any]], None] = lambda tree: None) -> Params:
    tree = deepcopy(TINY)
    change(tree)
    return Params.model_validate(tree)


def cells_of(params: Params, stage: str) -> dict[tuple[str | int, ...], PlannedCell]:
    return {one.cell: one for one in planned_cells(ExpectedStudy(params)) if one.stage == stage}
