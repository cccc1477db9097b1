"""The transformers engine: a batch of rows in, answers out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.answering.answer import Answer
from breakeven.answering.batching import Row
from breakeven.params import Answering, Decoding
from breakeven.rendering import Shot, end_token_ids, split_generated

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from breakeven.answering.decode import Generation

NAME = "transformers"
# Raised when an edit to this package changes answers, so that none are reused from before it.
REVISION = 1


class Placement(NamedTuple):
    """Where a model decodes, in which number format, and how many batches at a time.

    `threads` is what each batch computes with.
    """

    device: str
    dtype: str
    workers: int
    threads: int


def place(answering: Answering) -> Placement:
    """The device there is and what it does well: bfloat16 on CUDA, float32 on a CPU.

    On a CPU up to four batches run side by side: they do not wait for each other, as the threads
    of one small matrix product do.
    """
    import torch

    if torch.cuda.is_available():
        return Placement("cuda", _dtype(answering, "bfloat16"), 1, torch.get_num_threads())
    threads = answering.threads or torch.get_num_threads()
    workers = min(threads, 4)
    return Placement("cpu", _dtype(answering, "float32"), workers, threads // workers)


def answer_batch(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    task: str,
    batch: Sequence[Row],
    decoding: Decoding,
    *,
    limit: int,
    shots: Sequence[Shot] = (),
) -> list[Answer]:
    """Answer every row of a task's batch, with at most `limit` new tokens each.

    `shots` are those that the rows' prompts were rendered with: they decide what ends an answer.
    Raises FloatingPointError where the model gives logits that are not numbers.
    """
    from breakeven.answering.decode import generate
    from breakeven.answering.sampling import chooser

    generations = generate(
        model,
        [row.prompt for row in batch],
        limit=limit,
        end_ids=end_token_ids(tokenizer, shots),
        choose=chooser(decoding, [f"{task}/{row.item}/{row.sample}" for row in batch], limit),
    )
    return [
        _answer(tokenizer, row, one, shots) for row, one in zip(batch, generations, strict=True)
    ]


def torch_dtype(name: str) -> "torch.dtype":
    """PyTorch's number format of that name."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def _answer(
    tokenizer: "PreTrainedTokenizerBase", row: Row, generation: "Generation", shots: Sequence[Shot]
) -> Answer:
    parts = split_generated(tokenizer, generation.ids, shots)
    return Answer(
        item=row.item,
        sample=row.sample,
        text=parts.text,
        stop="stop" if generation.ended else "length",
        prompt_tokens=len(row.prompt),
        thinking_tokens=len(parts.thinking_ids),
        answer_tokens=len(parts.answer_ids),
    )


def _dtype(answering: Answering, best: str) -> str:
    return best if answering.dtype == "auto" else answering.dtype
