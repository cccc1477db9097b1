"""All answers of one student: every arm, seed, decoding and task in one process, on one base."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.answering.accounts import answer_record
from breakeven.answering.cells import Cell, Setup, list_cells
from breakeven.answering.engine import answer_batch, place, torch_dtype
from breakeven.answering.weights import cell_weights, held_weights
from breakeven.answering.work import Piece
from breakeven.costs.devices import describe_device, metered
from breakeven.errors import InputError, MachineError
from breakeven.files import atomic_folder, write_rows
from breakeven.layout import answers_path
from breakeven.params import Params
from breakeven.progress import Progress
from breakeven.stage import pick
from breakeven.students.pointer import read_pointer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ANSWERS = Path("answers")


class Job(NamedTuple):
    """One batch of one piece of work, which holds this share of the device while it runs."""

    piece: Piece
    number: int
    share: float


def answer_student(params: Params, student: str) -> None:
    """Answer every task with every arm, seed and decoding; write the answers and the record.

    What was answered before, by a run that was killed or that had fewer tasks, comes from scratch.

    Raises:
        InputError: a cell, a task or the base is missing, a prompt does not fit the student, or a
            cell's weights are not numbers.
        MachineError: the device's memory does not hold a batch.
    """
    from breakeven.students.loading import load_tokenizer

    pick(params.students, "students", student)
    base = read_pointer(student)
    setup = Setup(params, student, base, load_tokenizer(Path(base.path)), place(params.answering))
    cells = list_cells(setup)
    with metered(describe_device(setup.placement.device)) as meter:
        made = _answer_cells(setup, cells)
    _write_answers(student, cells)
    answer_record(setup, cells, meter.usage, made).write()


def _answer_cells(setup: Setup, cells: list[Cell]) -> int:
    """Make the batches that are missing; how many that were. The base is loaded only for them."""
    total = sum(len(piece.batches) for cell in cells for piece in cell.pieces)
    waiting = sum(len(piece.pending) for cell in cells for piece in cell.pieces)
    if not waiting:
        return 0
    made = 0
    label = f"answer {setup.student}"
    with _base_model(setup) as model, Progress(label, total=total, done=total - waiting) as bar:
        base = held_weights(model)
        for cell in cells:
            jobs = _jobs(cell, setup.placement.workers)
            if jobs:
                with cell_weights(model, base, cell.folder, cell.method) as student:
                    for note in _run(setup, cell, student, jobs):
                        bar.advance(note)
                        made += 1
    return made


@contextmanager
def _base_model(setup: Setup) -> "Iterator[PreTrainedModel]":
    """The base on its device, with as many threads a batch as were planned."""
    import torch
    from transformers.utils import logging as transformers_logging

    from breakeven.students.loading import load_base

    transformers_logging.disable_progress_bar()  # beside this module's own
    before = torch.get_num_threads()
    torch.set_num_threads(setup.placement.threads)
    try:
        model = load_base(Path(setup.base.path), torch_dtype(setup.placement.dtype))
        yield model.to(setup.placement.device).eval()
    finally:
        torch.set_num_threads(before)


def _jobs(cell: Cell, workers: int) -> list[Job]:
    """The batches of a cell that are missing, each once; they share the device while they run."""
    missing = {(piece.folder, number): piece for piece in cell.pieces for number in piece.pending}
    share = 1 / max(1, min(workers, len(missing)))
    return [Job(piece, number, share) for (_, number), piece in missing.items()]


def _run(setup: Setup, cell: Cell, model: "PreTrainedModel", jobs: list[Job]) -> Iterator[str]:
    """Run jobs side by side; tells of each when it is done and written."""
    pool = ThreadPoolExecutor(setup.placement.workers)
    try:
        running = [pool.submit(_answer_job, setup, model, job) for job in jobs]
        for done in as_completed(running):
            yield f"{cell.arm} {done.result()}"
    except FloatingPointError as error:
        raise InputError(
            f"{cell.folder}: the weights give logits that are not numbers; "
            f"train arms.{cell.arm} with a smaller learning_rate"
        ) from error
    except _out_of_memory() as error:
        raise MachineError(
            f"params.yaml: answering.batch_size: value is {setup.params.answering.batch_size}; "
            f"{setup.placement.device} has too little memory for it, use a smaller one"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _answer_job(setup: Setup, model: "PreTrainedModel", job: Job) -> str:
    answering, piece = setup.params.answering, job.piece
    started = time.perf_counter()
    answers = answer_batch(
        model,
        setup.tokenizer,
        piece.reading.task,
        piece.batches[job.number],
        answering.decodings[piece.decoding],
        limit=answering.max_new_tokens,
        shots=piece.reading.shots,
    )
    piece.keep(job.number, answers, job.share * (time.perf_counter() - started))
    return f"{piece.reading.task} ({piece.decoding})"


def _out_of_memory() -> type[Exception]:
    import torch

    return torch.OutOfMemoryError


def _write_answers(student: str, cells: list[Cell]) -> None:
    """Put the student's answers in place, those of removed arms and tasks out of it."""
    with atomic_folder(ANSWERS / student) as temporary:
        for cell in cells:
            for piece in cell.pieces:
                path = answers_path(
                    student, cell.arm, cell.seed, piece.decoding, piece.reading.task
                )
                write_rows(temporary / path.relative_to(ANSWERS / student), piece.answers())
