"""The cells of a student, each with the sheets that it has to answer."""

from collections.abc import Mapping
from pathlib import Path

from breakeven.answer.answer_sheet import AnswerSheet, answer_sheet
from breakeven.answer.cell_weights import check_cell, digest_cell
from breakeven.answer.engine import AnsweringCell, Setup
from breakeven.answer.task_prompts import TaskPrompts, Wording, render_tasks
from breakeven.core.layout import student_folder
from breakeven.decoding.budget import budget_of_task
from breakeven.params.cells import cells, decodings_of, resolve_asking, resolve_cell


def list_cells(setup: Setup) -> list[AnsweringCell]:
    """Every cell of the student, in the order of params.yaml.

    Raises:
        InputError: a cell has not been trained, or a task cannot be read as it should.
    """
    params = setup.params
    prompts = render_tasks(params, setup.student, Path(setup.base.path), setup.tokenizer)
    listed = []
    for cell in cells(params, student=setup.student):
        method, folder = resolve_cell(params, cell).method, student_folder(*cell)
        check_cell(folder, method)
        key = {**_shared_key(setup), "method": method, "weights": digest_cell(folder, method)}
        sheets = [
            _sheet(setup, prompts, (cell.arm, name, task), key)
            for name in decodings_of(params, cell.arm)
            for task in params.tasks
        ]
        listed.append(AnsweringCell(cell.arm, cell.seed, folder, method, sheets))
    return listed


def _sheet(
    setup: Setup,
    prompts: Mapping[tuple[str, Wording], TaskPrompts],
    asked: tuple[str, str, str],
    key: Mapping[str, object],
) -> AnswerSheet:
    """The sheet of an arm, a decoding and a task; InputError where its budget cannot be held."""
    _, name, task = asked
    asking = resolve_asking(setup.params, *asked)
    shown = prompts[task, Wording.of(asking)]
    budget = budget_of_task(setup.tokenizer, name, asking, task, opened=shown.opened)
    size = setup.params.answering.batch_size
    return answer_sheet(name, asking, shown, size, key, budget=budget)


def _shared_key(setup: Setup) -> dict[str, object]:
    """What decides the answers of every cell alike.

    How many batches run at a time is not in it, for it changes no byte. Nor are threads, as in the
    key of a training: they change how sums round, and no more.
    """
    engine = setup.engine
    return {
        "engine": dict(engine.identity),
        "base": setup.base.digest,
        "device": engine.placement.device,
        "dtype": engine.placement.dtype,
        "versions": dict(engine.versions),
    }
