"""The transformers engine: one loaded base in this process, the weights of a cell at a time."""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.answer.cell_weights import cell_weights, copy_weights
from breakeven.answer.engine import (
    ENGINE_CODE,
    AnsweringCell,
    Engine,
    Job,
    Placement,
    Session,
    Setup,
    non_finite_weights,
)
from breakeven.answer.read_answer import read_answer
from breakeven.answer.task_prompts import TaskPrompts
from breakeven.core.errors import MachineError
from breakeven.core.records import versions
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.decoding.batching import BatchRow
from breakeven.decoding.budget import Budget
from breakeven.params import Answering, Decoding
from breakeven.pipeline.code import code_digest
from breakeven.rows.answer import Answer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from breakeven.decoding.memory_room import MemoryRoom
    from breakeven.decoding.sampling import Choose

_CODE = ("answer/transformers_engine.py",)


def transformers_engine(answering: Answering) -> Engine:
    """The engine on the device there is."""
    return Engine(
        identity={"name": "transformers", "code": code_digest(_CODE, ENGINE_CODE)},
        versions={name: versions()[name] for name in ("torch", "transformers", "peft")},
        placement=choose_placement(answering),
        sessions=_sessions,
        unmeasured={},
    )


def choose_placement(answering: Answering) -> Placement:
    """The device there is and what it does well: bfloat16 on CUDA, float32 on a CPU.

    On a CPU up to four batches run side by side: they do not wait for each other, as the threads
    of one small matrix product do.
    """
    import torch

    if torch.cuda.is_available():
        # A batch has the GPU for itself, and its memory.
        dtype = chosen_dtype(answering.dtype, best_dtype("cuda"))
        return Placement("cuda", dtype, 1, torch.get_num_threads())
    threads = answering.threads or torch.get_num_threads()
    workers = min(threads, 4)
    dtype = chosen_dtype(answering.dtype, best_dtype("cpu"))
    return Placement("cpu", dtype, workers, threads // workers)


def answering_room(answering: Answering) -> "MemoryRoom":
    """What the batches of one model share: how many rows memory holds at a time."""
    from breakeven.decoding.memory_room import MemoryRoom

    return MemoryRoom(f"params.yaml: answering.batch_size: value is {answering.batch_size}")


def answer_batch(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: TaskPrompts,
    batch: Sequence[BatchRow],
    decoding: Decoding,
    *,
    limit: int,
    room: "MemoryRoom",
    budget: Budget | None = None,
    halvings: list[list[int]] | None = None,
) -> list[Answer]:
    """Answer every row of a batch of a task's prompts, with at most `limit` new tokens each.

    `room` is that of all batches on the model (`answering_room`), `halvings` as of
    `generate_in_room`.

    Raises:
        FloatingPointError: the model gives logits that are not numbers.
        MachineError: the device's memory does not hold one answer by itself.
    """
    from breakeven.decoding.forcing import within_budget
    from breakeven.decoding.memory_room import AnswerTooLongError, generate_in_room
    from breakeven.decoding.sampling import chooser

    read, names = [row.prompt for row in batch], [row.sample_name(prompts.task) for row in batch]

    def choose_for(places: Sequence[int]) -> "Choose":
        own = [names[place] for place in places], limit, [read[place] for place in places]
        choose = chooser(decoding, *own)
        return choose if budget is None else within_budget(choose, budget, len(places))

    try:
        generations = generate_in_room(
            model,
            read,
            room,
            limit=limit,
            end_ids=prompts.end_ids,
            choose_for=choose_for,
            halvings=halvings,
        )
    except AnswerTooLongError as error:
        raise MachineError(
            f"params.yaml: answering.max_new_tokens: {error} does not fit into the memory of "
            f"{model.device} ({prompts.task}); use a lower limit, or a smaller student"
        ) from error
    return [
        read_answer(tokenizer, prompts, row, one.ids, one.ended, logprobs=one.logprobs)
        for row, one in zip(batch, generations, strict=True)
    ]


def _sessions(setup: Setup, cells: Sequence[AnsweringCell]) -> Generator[Session, None, None]:
    """One session a cell, on one base."""
    from breakeven.models.loading import placed_base

    placement, room = setup.engine.placement, answering_room(setup.params.answering)
    with placed_base(
        Path(setup.base.path),
        device=placement.device,
        dtype=placement.dtype,
        threads=placement.threads,
    ) as model:
        base = copy_weights(model)
        for cell in cells:
            with cell_weights(model, base, cell.folder, cell.method) as student:
                yield Session([cell], partial(_answer_job, setup, student, room))


def _answer_job(
    setup: Setup, model: "PreTrainedModel", room: "MemoryRoom", job: Job
) -> list[Answer]:
    sheet = job.sheet
    try:
        return answer_batch(
            model,
            setup.tokenizer,
            sheet.prompts,
            job.rows,
            sheet.decoding,
            limit=sheet.asking.max_new_tokens,
            room=room,
            budget=sheet.budget,
            halvings=job.halvings,
        )
    except FloatingPointError as error:
        raise non_finite_weights(job.cell) from error
