"""All answers of one student: every arm, seed, decoding and task, by whichever engine is asked."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path

from breakeven.answer.answer_costs import answer_record, digests_read
from breakeven.answer.engine import AnsweringCell, Engine, Job, Session, Setup
from breakeven.answer.engines import pick_engine
from breakeven.answer.work_list import list_cells
from breakeven.core.files import atomic_folder, write_rows
from breakeven.core.layout import answers_folder, answers_path, task_path
from breakeven.core.progress import Progress
from breakeven.core.records import require_as_recorded
from breakeven.costs.devices import describe_device, metered
from breakeven.models.pointer import read_verified_pointer
from breakeven.params import Params
from breakeven.params.references import pick_row


def run(params: Params, student: str) -> None:
    """Answer every task with every arm, seed and decoding; write the answers and the record.

    What was answered before, by a run that was killed or that had fewer tasks, comes from scratch.

    Raises:
        InputError: a cell, a task or the base is missing, a prompt does not fit the student, or a
            cell's weights are not numbers.
        MachineError: the engine is not installed, or the device's memory does not hold a batch.
    """
    from breakeven.models.loading import load_tokenizer

    pick_row(params.students, "students", student)
    require_as_recorded(map(task_path, params.tasks))
    engine = pick_engine(params.answering)
    base = read_verified_pointer(student)
    setup = Setup(params, student, base, load_tokenizer(Path(base.path)), engine)
    cells = list_cells(setup)
    # Before the work: what is edited meanwhile is not what was read.
    inputs = digests_read(setup, cells)
    with metered(describe_device(engine.placement.device)) as meter:
        made = _answer_cells(setup, cells)
    # The record comes last: where it is, the answers that it tells of are.
    _write_answers(student, cells)
    answer_record(setup, cells, meter.usage, made, inputs).write()


def _answer_cells(setup: Setup, cells: list[AnsweringCell]) -> int:
    """Make the batches that are missing; how many that were. Nothing is loaded but for them."""
    # Cells of an untrained arm share their sheets, whatever the seed.
    sheets = {sheet.folder: sheet for cell in cells for sheet in cell.sheets}.values()
    total = sum(len(sheet.batches) for sheet in sheets)
    missing = sum(len(sheet.missing) for sheet in sheets)
    if not missing:
        return 0
    waiting = [cell for cell in cells if any(sheet.missing for sheet in cell.sheets)]
    sessions = setup.engine.sessions(setup, waiting)
    label = f"answer {setup.student}"
    with closing(sessions), Progress(label, total=total, done=total - missing) as bar:
        for session in sessions:
            _run(setup.engine, session, bar.advance)
    return missing


def _jobs(session: Session, workers: int) -> list[Job]:
    """The batches that are missing, each once; they share the device while they run."""
    missing = {
        (sheet.folder, number): (cell, sheet)
        for cell in session.cells
        for sheet in cell.sheets
        for number in sheet.missing
    }
    share = 1 / max(1, min(workers, len(missing)))
    return [
        Job(cell, sheet, number, share, halvings=[])
        for (_, number), (cell, sheet) in missing.items()
    ]


def _run(engine: Engine, session: Session, done: Callable[[str], None]) -> None:
    """Run a session's jobs side by side; `done` hears of each that has been written.

    No job is left running afterwards: the session's weights may go.
    """
    pool = ThreadPoolExecutor(engine.placement.workers)
    try:
        jobs = _jobs(session, engine.placement.workers)
        running = [pool.submit(_answer_job, engine, session, job) for job in jobs]
        for one in as_completed(running):
            done(one.result())
    except KeyboardInterrupt:
        # Otherwise the shutdown below would wait for answers that may take hours.
        session.interrupt()
        raise
    finally:
        # Waits for the batches that run, and drops those that have not begun.
        pool.shutdown(cancel_futures=True)


def _answer_job(engine: Engine, session: Session, job: Job) -> str:
    started = time.perf_counter()
    answers = session.answer(job)
    seconds = time.perf_counter() - started
    # Batches side by side share the device, so that a stage's seconds add up to the wall clock's.
    device_seconds = job.device_share * engine.placement.devices * seconds
    job.sheet.write_batch(job.number, answers, device_seconds, job.halvings)
    return f"{job.cell.arm} {job.sheet.task} ({job.sheet.decoding_name})"


def _write_answers(student: str, cells: list[AnsweringCell]) -> None:
    """Put the student's answers in place, those of removed arms and tasks out of it."""
    folder = answers_folder(student)
    with atomic_folder(folder) as temporary:
        for cell in cells:
            for sheet in cell.sheets:
                path = answers_path(student, cell.arm, cell.seed, sheet.decoding_name, sheet.task)
                write_rows(temporary / path.relative_to(folder), sheet.read_answers())
