"""The cells of a student, and the pieces of work of each."""

from pathlib import Path

from breakeven.answer.cell_weights import check_cell, digest_cell
from breakeven.answer.engine import Cell, Setup
from breakeven.answer.task_answers import make_piece
from breakeven.answer.task_prompts import read_tasks
from breakeven.core.layout import student_folder
from breakeven.params.cells import cells, resolve_cell


def list_cells(setup: Setup) -> list[Cell]:
    """Every cell of the student, in the order of params.yaml.

    Raises:
        InputError: a cell has not been trained, or a task cannot be read as it should.
    """
    params = setup.params
    readings = read_tasks(params, setup.student, Path(setup.base.path), setup.tokenizer)
    found = []
    for one in cells(params, student=setup.student):
        resolved, folder = resolve_cell(params, one), student_folder(*one)
        method = resolved.method
        check_cell(folder, method)
        key = {**_key(setup), "method": method, "weights": digest_cell(folder, method)}
        pieces = [
            make_piece(
                name, decoding, readings[task, resolved.shots], params.answering.batch_size, key
            )
            for name, decoding in params.answering.decodings.items()
            for task in params.tasks
        ]
        found.append(Cell(one.arm, one.seed, folder, method, pieces))
    return found


def _key(setup: Setup) -> dict[str, object]:
    """What decides the answers of every cell alike."""
    engine = setup.engine
    return {
        "engine": dict(engine.identity),
        "base": setup.base.digest,
        "max_new_tokens": setup.params.answering.max_new_tokens,
        "device": engine.placement.device,
        "dtype": engine.placement.dtype,
        "versions": dict(engine.versions),
    }
