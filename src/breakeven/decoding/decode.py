"""Batched decoding of a causal language model, with batches that shrink as samples finish.

Prompts are padded on the left and read at explicit positions. Where all of a batch begin alike,
as few-shot prompts do, the common beginning is read once.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.decoding.cache import growing_cache, only_grows
from breakeven.decoding.plain_steps import PlainSteps, last_logits, reads_positions
from breakeven.decoding.recorded_steps import STEPS_BEFORE, RecordedSteps, recorded
from breakeven.decoding.sampling import Choose

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Common tokens from which a pass of its own over them is worth while.
SHARED_TOKENS = 24


class Generation(NamedTuple):
    """What one row wrote, its end token included where it `ended` before the limit.

    `logprobs` are the log-probabilities of `ids`, in nats, under the model's own distribution:
    before temperature, penalties and cuts, whichever way a token was chosen.
    """

    ids: list[int]
    ended: bool
    logprobs: list[float]


class _Written:
    """What all rows of a batch have written after so many `steps`; `lengths` count the end token.

    `ids` and `logprobs` are (rows, limit), `lengths` and `ended` are (rows,).
    """

    def __init__(self, count: int, limit: int, device: torch.device) -> None:
        self.ids = torch.zeros(count, limit, dtype=torch.long, device=device)
        self.logprobs = torch.zeros(count, limit, dtype=torch.float32, device=device)
        self.lengths = torch.zeros(count, dtype=torch.long, device=device)
        self.ended = torch.zeros(count, dtype=torch.bool, device=device)
        self.steps = 0

    def generations(self) -> list[Generation | None]:
        """Every row that has ended or come to the limit; None for the others."""
        limit = self.ids.shape[1]
        parts = (one.tolist() for one in (self.ids, self.logprobs, self.lengths, self.ended))
        return [
            # Not by a step that broke off half way.
            Generation(ids[:length], end, logs[:length])
            if length <= self.steps and (end or length == limit)
            else None
            for ids, logs, length, end in zip(*parts, strict=True)
        ]


def generate(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    *,
    limit: int,
    end_ids: Collection[int],
    choose: Choose,
) -> list[Generation]:
    """Continue each prompt until one of `end_ids` or until `limit` new tokens.

    Finished rows leave the batch when they are a share of it. What a row writes does not
    depend on the rows beside it, but for the rounding of sums. Raises FloatingPointError where the
    first logits are not numbers, MemoryError where the batch does not fit into memory.
    """
    found = generate_what_fits(model, prompts, limit=limit, end_ids=end_ids, choose=choose)
    whole = [one for one in found if one is not None]
    if len(whole) < len(found):
        raise MemoryError(f"{len(found)} prompts at a time do not fit into memory")
    return whole


@torch.inference_mode()
def generate_what_fits(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    *,
    limit: int,
    end_ids: Collection[int],
    choose: Choose,
) -> list[Generation | None]:
    """The same; None for the rows that were not finished when memory ran out."""
    written = _Written(len(prompts), limit, model.device)
    try:
        _write(model, prompts, written, end_ids, choose)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    return written.generations()  # the cache is gone with the error


def _write(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    written: _Written,
    end_ids: Collection[int],
    choose: Choose,
) -> None:
    limit = written.ids.shape[1]
    steps: PlainSteps | RecordedSteps
    logits, steps = _prefill(model, prompts, limit)
    if not logits.isfinite().all():
        raise FloatingPointError("the model's logits are not numbers")
    is_end = _flags(end_ids, logits)
    # By the row's place in the whole batch: those that are still computed.
    rows = torch.arange(len(prompts), device=logits.device)
    for step in range(limit):
        tokens = choose(logits, rows, step, written.ids)
        # A row that has ended may still be computed: what it writes then does not count.
        live = ~written.ended[rows]
        written.ids[rows, step] = tokens
        written.logprobs[rows, step] = _log_probabilities(logits, tokens)
        written.lengths[rows] += live
        written.ended[rows] |= live & is_end[tokens]
        written.steps = step + 1
        unfinished = (~written.ended[rows]).nonzero()[:, 0]
        if not len(unfinished) or step + 1 == limit:
            break
        if len(rows) - len(unfinished) >= max(1.0, steps.shrink_share * len(rows)):
            steps.select(unfinished)
            rows, tokens = rows[unfinished], tokens[unfinished]
        if isinstance(steps, PlainSteps) and step == STEPS_BEFORE:
            steps = recorded(steps) or steps
        logits = steps.advance(tokens)


def _prefill(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]], limit: int
) -> tuple[Tensor, PlainSteps]:
    """Logits (rows, vocabulary) that predict the first new token, and the steps that follow."""
    cache, device = growing_cache(model.config), model.device
    shared = _shared_tokens(prompts) if only_grows(cache) and reads_positions(model) else 0
    if shared:
        beginning = torch.tensor([list(prompts[0][:shared])], device=device)
        model(input_ids=beginning, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(len(prompts))
    width = max(map(len, prompts)) - shared
    ids = torch.zeros(len(prompts), width, dtype=torch.long)
    mask = torch.ones(len(prompts), shared + width + limit, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        rest = list(prompt[shared:])
        ids[row, width - len(rest) :] = torch.tensor(rest)
        mask[row, shared : shared + width - len(rest)] = 0
    mask = mask.to(device)
    # Padding has no position of its own: before the first real token the sum is 0, hence the clamp.
    positions = (mask[:, : shared + width].cumsum(dim=1) - 1).clamp(min=0)[:, shared:]
    filled = shared + width
    logits = last_logits(model, ids.to(device), mask[:, :filled], positions, cache)
    return logits, PlainSteps(model, cache, mask, positions[:, -1:] + 1, filled)


def _log_probabilities(logits: Tensor, tokens: Tensor) -> Tensor:
    """Log-probabilities (rows,) of a token each, in nats, from logits (rows, vocabulary)."""
    chosen = logits.gather(-1, tokens[:, None])[:, 0]
    return chosen.float() - logits.float().logsumexp(dim=-1)


def _shared_tokens(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, one short of the shortest; 0 where it does not pay.

    Padding then lies between the beginning and the rest. A sliding window counts places in the
    cache, not positions, and would see too little across it; so do biases by distance.
    """
    if len(prompts) == 1:
        return 0
    # What the first and the last in order share, all between them share.
    first, last = min(map(tuple, prompts)), max(map(tuple, prompts))
    alike = [one == other for one, other in zip(first, last, strict=False)]
    shared = min(alike.index(False) if False in alike else len(alike), min(map(len, prompts)) - 1)
    return shared if shared >= SHARED_TOKENS else 0


def _flags(ids: Collection[int], logits: Tensor) -> Tensor:
    """A boolean for every token of the vocabulary."""
    flags = torch.zeros(logits.shape[-1], dtype=torch.bool, device=logits.device)
    # A tokenizer may know tokens that the model has no logits for.
    inside = [token for token in ids if token < logits.shape[-1]]
    flags[torch.tensor(inside, dtype=torch.long, device=logits.device)] = True
    return flags
