"""What a cell is called in MLflow and the keys to filter it by: the same live and tracked.

Training imports this module, so it depends on the parameters only.
"""

from breakeven.params import Params
from breakeven.params.cells import Cell, cells, resolve_cell

COLOUR = "mlflow.runColor"
# As in words.py, which is not imported: its words would decide when training runs again.
_COLOURS = {
    "base": "#7a7a7a",
    "ift": "#0072b2",
    "reasoning": "#d55e00",
    "mixed": "#cc79a7",
    "control": "#3d3d3d",
}


def cell_name(student: str, arm: str, seed: int) -> str:
    """What the tag `breakeven.cell` holds for a trained or untrained cell."""
    return f"cell:{student}/{arm}/{seed}"


def cell_names(params: Params) -> set[str]:
    """Names of all cells that params.yaml asks for, trained yet or not."""
    return {cell_name(*cell) for cell in cells(params)}


def cell_keys(params: Params, student: str, arm: str, seed: int) -> dict[str, str]:
    """The keys of params.yaml that a cell can be filtered and grouped by."""
    row = params.arms[arm]
    keys = {
        "study": params.study,
        "kind": "cell",
        "student": student,
        "arm": arm,
        "seed": str(seed),
        "style": row.result_style,
        "method": resolve_cell(params, Cell(student, arm, seed)).method,
    }
    # An untrained arm has no corpus: a made-up value would be one to filter by.
    if row.trained:
        keys |= {"corpus": str(row.corpus), "reasoning_share": str(row.reasoning_share)}
        keys["order"] = row.order
    if row.control:
        keys["control"] = "true"
    if row.traces != "as-written":
        keys["traces"] = row.traces
    if row.answer_mode is not None:
        keys["answer_mode"] = row.answer_mode
    return keys


def cell_title(params: Params, student: str, arm: str, seed: int) -> str:
    """A run's name: the seed is in it only where there are several."""
    return f"{student} {arm}" + (f" seed {seed}" if len(params.seeds) > 1 else "")


def cell_colour(params: Params, arm: str) -> str:
    """The colour of a cell in MLflow's charts: that of its style."""
    return _COLOURS[params.arms[arm].result_style]
