"""The cells of a student, each with the sheets that it has to answer."""

from pathlib import Path

from breakeven.answer.answer_sheet import answer_sheet
from breakeven.answer.cell_weights import check_cell, digest_cell
from breakeven.answer.engine import AnsweringCell, Setup
from breakeven.answer.task_prompts import Asked, render_tasks
from breakeven.core.layout import student_folder
from breakeven.params.cells import cells, decodings_of, resolve_cell, resolve_decoding


def list_cells(setup: Setup) -> list[AnsweringCell]:
    """Every cell of the student, in the order of params.yaml.

    Raises:
        InputError: a cell has not been trained, or a task cannot be read as it should.
    """
    params = setup.params
    prompts = render_tasks(params, setup.student, Path(setup.base.path), setup.tokenizer)
    listed = []
    for cell in cells(params, student=setup.student):
        resolved, folder = resolve_cell(params, cell), student_folder(*cell)
        method, asked = resolved.method, Asked(resolved.shots, resolved.answer_mode)
        check_cell(folder, method)
        key = {**_shared_key(setup), "method": method, "weights": digest_cell(folder, method)}
        sheets = [
            answer_sheet(
                name,
                resolve_decoding(params, cell.arm, name),
                prompts[task, asked],
                params.answering.batch_size,
                key,
            )
            for name in decodings_of(params, cell.arm)
            for task in params.tasks
        ]
        listed.append(AnsweringCell(cell.arm, cell.seed, folder, method, sheets))
    return listed


def _shared_key(setup: Setup) -> dict[str, object]:
    """What decides the answers of every cell alike.

    How many batches run at a time is not in it, for it changes no byte. Nor are threads, as in the
    key of a training: they change how sums round, and no more.
    """
    engine = setup.engine
    return {
        "engine": dict(engine.identity),
        "base": setup.base.digest,
        "max_new_tokens": setup.params.answering.max_new_tokens,
        "device": engine.placement.device,
        "dtype": engine.placement.dtype,
        "versions": dict(engine.versions),
    }
