"""Times answers of models on this machine, with the project's own decoder, to fit a device to.

    timed = timed_answers(folder, device="cpu", dtype="float32", threads=1)

Prompts are drawn tokens that share no beginning, and no token ends an answer: all of a batch are
equally long, as the roofline takes them to be.
"""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.roofline_fit import TimedAnswers

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

BATCHES = (1, 16, 64)
# Tokens of the prompt and of the answer.
LENGTHS = ((32, 16), (32, 64), (160, 160))


def timed_answers(
    folder: Path,
    *,
    device: str,
    dtype: str,
    threads: int,
    batches: Sequence[int] = BATCHES,
    lengths: Sequence[tuple[int, int]] = LENGTHS,
    repeats: int = 5,
) -> list[TimedAnswers]:
    """The seconds of every batch and length: the least of `repeats`, since work can only wait.

    They take turns, so that a busy minute is one run of each and not all runs of one. On a CPU with
    one thread they are seconds of the processor, which other work on the machine lengthens least;
    elsewhere by the clock. Raises InputError where the folder holds no model, or one whose shape is
    not known.
    """
    from breakeven.models.loading import placed_base

    shape = load_architecture(str(folder))
    clock = time.process_time if device == "cpu" and threads == 1 else time.perf_counter
    asked = [(batch, *length) for batch in batches for length in lengths]
    with placed_base(folder, device=device, dtype=dtype, threads=threads) as model:
        for one in asked:
            _seconds(model, *one, clock)  # allocates, and chooses kernels
        turns = [[_seconds(model, *one, clock) for one in asked] for _ in range(repeats)]
    least = map(min, zip(*turns, strict=True))
    return [TimedAnswers(shape, *one, seconds) for one, seconds in zip(asked, least, strict=True)]


def _seconds(
    model: "PreTrainedModel", batch: int, prompt: int, new: int, clock: Callable[[], float]
) -> float:
    from breakeven.decoding.decode import generate

    rng = random.Random(0)  # noqa: S311 - any tokens will do
    vocab = model.config.get_text_config().vocab_size
    prompts = [[rng.randrange(vocab) for _ in range(prompt)] for _ in range(batch)]
    start = clock()
    # Lists are made of what was written: the device has ended when they are there.
    generate(model, prompts, limit=new, end_ids=(), choose=_likeliest)
    return clock() - start


def _likeliest(logits: "Tensor", rows: "Tensor", step: int, written: "Tensor") -> "Tensor":
    return logits.argmax(dim=-1)
