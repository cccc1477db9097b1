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


def answer_batch(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: TaskPrompts,
    batch: Sequence[BatchRow],
    decoding: Decoding,
    *,
    limit: int,
    budget: Budget | None = None,
) -> list[Answer]:
    """Answer every row of a batch of a task's prompts, with at most `limit` new tokens each.

    Raises FloatingPointError where the model gives logits that are not numbers.
    """
    from breakeven.decoding.decode import generate
    from breakeven.decoding.forcing import within_budget
    from breakeven.decoding.sampling import chooser

    read, names = [row.prompt for row in batch], [row.sample_name(prompts.task) for row in batch]
    choose = chooser(decoding, names, limit, read)
    generations = generate(
        model,
        read,
        limit=limit,
        end_ids=prompts.end_ids,
        choose=choose if budget is None else within_budget(choose, budget, len(batch)),
    )
    return [
        read_answer(tokenizer, prompts, row, one.ids, one.ended, logprobs=one.logprobs)
        for row, one in zip(batch, generations, strict=True)
    ]


def _sessions(setup: Setup, cells: Sequence[AnsweringCell]) -> Generator[Session, None, None]:
    """One session a cell, on one base."""
    from breakeven.models.loading import placed_base

    placement = setup.engine.placement
    with placed_base(
        Path(setup.base.path),
        device=placement.device,
        dtype=placement.dtype,
        threads=placement.threads,
    ) as model:
        base = copy_weights(model)
        for cell in cells:
            with cell_weights(model, base, cell.folder, cell.method) as student:
                yield Session([cell], partial(_answer_job, setup, student))


def _answer_job(setup: Setup, model: "PreTrainedModel", job: Job) -> list[Answer]:
    answering, sheet = setup.params.answering, job.sheet
    try:
        return answer_batch(
            model,
            setup.tokenizer,
            sheet.prompts,
            job.rows,
            sheet.decoding,
            limit=sheet.asking.max_new_tokens,
            budget=sheet.budget,
        )
    except FloatingPointError as error:
        raise non_finite_weights(job.cell) from error
    except _out_of_memory() as error:
        raise MachineError(
            f"params.yaml: answering.batch_size: value is {answering.batch_size}; "
            f"{setup.engine.placement.device} has too little memory for it, use a smaller one"
        ) from error


def _out_of_memory() -> type[Exception]:
    import torch

    return torch.OutOfMemoryError
