"""Batched decoding of a causal language model, with batches that shrink as samples finish.

Prompts are padded on the left and read at explicit positions. Where all of a batch begin alike,
as few-shot prompts do, the common beginning is read once.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from transformers import DynamicCache

from breakeven.decoding.cache import growing_cache
from breakeven.decoding.sampling import Choose

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Finished rows are taken out once they are this share of a batch: taking out copies the cache.
SHRINK_SHARE = 1 / 8
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


class _Prefill(NamedTuple):
    """What reading a batch of prompts leaves behind.

    `logits` (rows, vocabulary) predict the first new token, `mask` (rows, positions) has room for
    all new tokens, `width` positions of it are filled and `positions` (rows, 1) are the next.
    """

    logits: Tensor
    cache: DynamicCache
    mask: Tensor
    positions: Tensor
    width: int


@torch.inference_mode()
def generate(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    *,
    limit: int,
    end_ids: Collection[int],
    choose: Choose,
) -> list[Generation]:
    """Continue each prompt until one of `end_ids` or until `limit` new tokens.

    Finished rows leave the batch when they are `SHRINK_SHARE` of it. What a row writes does not
    depend on the rows beside it, but for the rounding of sums. Raises FloatingPointError where the
    first logits are not numbers.
    """
    logits, cache, mask, positions, width = _prefill(model, prompts, limit)
    count = len(prompts)
    if not logits.isfinite().all():
        raise FloatingPointError("the model's logits are not numbers")
    is_end = _flags(end_ids, logits)
    # By the row's place in the whole batch; `rows` are those that are still computed.
    written = torch.zeros(count, limit, dtype=torch.long, device=logits.device)
    logprobs = torch.zeros(count, limit, dtype=torch.float32, device=logits.device)
    lengths = torch.zeros(count, dtype=torch.long, device=logits.device)
    ended = torch.zeros(count, dtype=torch.bool, device=logits.device)
    rows = torch.arange(count, device=logits.device)
    for step in range(limit):
        tokens = choose(logits, rows, step, written)
        # A row that has ended may still be computed: what it writes then does not count.
        live = ~ended[rows]
        written[rows, step] = tokens
        logprobs[rows, step] = _log_probabilities(logits, tokens)
        lengths[rows] += live
        ended[rows] |= live & is_end[tokens]
        unfinished = (~ended[rows]).nonzero()[:, 0]
        if not len(unfinished) or step + 1 == limit:
            break
        if len(rows) - len(unfinished) >= max(1.0, SHRINK_SHARE * len(rows)):
            cache.batch_select_indices(unfinished)
            rows, tokens, mask, positions = (
                part[unfinished] for part in (rows, tokens, mask, positions)
            )
        logits = _last_logits(
            model, tokens[:, None], mask[:, : width + step + 1], positions + step, cache
        )
    parts = (part.tolist() for part in (written, logprobs, lengths, ended))
    return [
        Generation(ids[:length], end, logs[:length])
        for ids, logs, length, end in zip(*parts, strict=True)
    ]


def _prefill(model: "PreTrainedModel", prompts: Sequence[Sequence[int]], limit: int) -> _Prefill:
    cache, device = growing_cache(model.config), model.device
    shared = _shared_tokens(model, prompts)
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
    logits = _last_logits(model, ids.to(device), mask[:, : shared + width], positions, cache)
    return _Prefill(logits, cache, mask, positions[:, -1:] + 1, shared + width)


def _last_logits(
    model: "PreTrainedModel", ids: Tensor, mask: Tensor, positions: Tensor, cache: DynamicCache
) -> Tensor:
    """Logits (rows, vocabulary) after the last of `ids` (rows, tokens)."""
    result = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    return result.logits[:, -1]


def _log_probabilities(logits: Tensor, tokens: Tensor) -> Tensor:
    """Log-probabilities (rows,) of a token each, in nats, from logits (rows, vocabulary)."""
    chosen = logits.gather(-1, tokens[:, None])[:, 0]
    return chosen.float() - logits.float().logsumexp(dim=-1)


def _shared_tokens(model: "PreTrainedModel", prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, one short of the shortest; 0 where it does not pay.

    Padding then lies between the beginning and the rest. A sliding window counts places in the
    cache, not positions, and would see too little across it.
    """
    kinds = getattr(model.config.get_text_config(), "layer_types", None) or ["full_attention"]
    if len(prompts) == 1 or set(kinds) != {"full_attention"}:
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
