"""Which token comes next: the likeliest, or one drawn with a seed of its own for every sample.

What warps the model's distribution, in this order, which is that of transformers 5 (`generate`,
`_get_logits_processor`): penalties, temperature, top-k, top-p, min-p. vLLM cuts by min-p before
top-k and top-p: with all three its nucleus can be smaller by the tokens that min-p left out.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from breakeven.decoding.seeds import sample_digest

if TYPE_CHECKING:
    from breakeven.params import Decoding

# Logits (rows, vocabulary), the number of each row in its batch, the step, and what the whole batch
# has written (batch, limit), of which the first `step` columns stand: tokens (rows,).
Choose = Callable[[Tensor, Tensor, int, Tensor], Tensor]


def chooser(
    decoding: "Decoding",
    samples: Sequence[str],
    limit: int,
    prompts: Sequence[Sequence[int]] = (),
) -> Choose:
    """How the samples of a batch choose their tokens; each has a name of its own, its seed.

    `prompts` are what a repetition penalty counts beside what is written, one a sample.
    """
    penalise = _penalties(decoding, prompts)
    if decoding.temperature == 0:
        return lambda *seen: penalise(*seen).argmax(dim=-1)
    drawn = np.stack([_uniforms(decoding, one, limit) for one in samples])
    uniforms = torch.from_numpy(drawn).float()

    def choose(logits: Tensor, rows: Tensor, step: int, written: Tensor) -> Tensor:
        nonlocal uniforms
        uniforms = uniforms.to(logits.device)  # once: a step that copies waits for the device
        points = uniforms[rows, step]
        return draw(penalise(logits, rows, step, written), points, decoding)

    return choose


def draw(logits: Tensor, uniforms: Tensor, decoding: "Decoding") -> Tensor:
    """Tokens (rows,) at the given points of each row's cumulative distribution, after all cuts.

    Kept are the `top_k` likeliest tokens (ties with the last are kept, too); of those the smallest
    set of likeliest ones whose probability reaches `top_p` (the nucleus, Holtzman et al. 2020,
    arXiv 1904.09751); and of those the ones at least `min_p` times as likely as the likeliest
    (Nguyen et al. 2024, arXiv 2407.01082). The temperature is above 0.
    """
    scores = logits.float() / decoding.temperature
    if decoding.top_k is not None:
        scores = _keep_likeliest(scores, decoding.top_k)
    probabilities = torch.softmax(scores, dim=-1)
    order = None
    if decoding.top_p < 1:
        probabilities, order = probabilities.sort(dim=-1, descending=True, stable=True)
        # Of those before it: the token with which the sum reaches `top_p` is in.
        before = probabilities.cumsum(dim=-1) - probabilities
        probabilities = probabilities.masked_fill(before >= decoding.top_p, 0.0)
    if decoding.min_p is not None:
        least = decoding.min_p * probabilities.amax(dim=-1, keepdim=True)
        probabilities = probabilities.masked_fill(probabilities < least, 0.0)
    cumulative = probabilities.cumsum(dim=-1)
    total = cumulative[:, -1:]
    # A point that rounding puts at the total itself would fall past the last token.
    points = torch.minimum(
        uniforms[:, None] * total, torch.nextafter(total, torch.zeros_like(total))
    )
    # On the right, so that a point of exactly 0 does not draw a token of probability 0.
    ranks = torch.searchsorted(cumulative, points, right=True)
    tokens = ranks if order is None else order.gather(-1, ranks)
    return tokens[:, 0]


def _keep_likeliest(scores: Tensor, count: int) -> Tensor:
    """Scores with all but the `count` largest of each row at minus infinity."""
    if count >= scores.shape[-1]:
        return scores
    least = scores.topk(count, dim=-1).values[:, -1:]
    return scores.masked_fill(scores < least, float("-inf"))


def _penalties(
    decoding: "Decoding", prompts: Sequence[Sequence[int]]
) -> Callable[[Tensor, Tensor, int, Tensor], Tensor]:
    """Logits with tokens that have been seen made less likely; as they are without a penalty.

    `repetition_penalty` divides a positive logit and multiplies a negative one, of every token in
    the prompt or written (Keskar et al. 2019, arXiv 1909.05858; transformers'
    `RepetitionPenaltyLogitsProcessor`, vLLM alike). `frequency_penalty` is taken off the logit as
    often as the token has been written, `presence_penalty` once where it has been (OpenAI's
    definition, vLLM's `apply_penalties`); the prompt does not count for those two.
    """
    repetition, presence, frequency = (
        decoding.repetition_penalty,
        decoding.presence_penalty,
        decoding.frequency_penalty,
    )
    if repetition is None and presence is None and frequency is None:
        return lambda logits, rows, step, written: logits
    # By the row's place in the batch; made when the size of the vocabulary is known.
    prompted: list[Tensor] = []

    def penalise(logits: Tensor, rows: Tensor, step: int, written: Tensor) -> Tensor:
        logits = logits.float()
        counts = torch.zeros_like(logits)
        history = written[rows, :step]
        counts.scatter_add_(1, history, torch.ones_like(history, dtype=counts.dtype))
        if repetition is not None:
            if not prompted:
                prompted.append(_tokens_in(prompts, logits))
            penalised = torch.where(logits < 0, logits * repetition, logits / repetition)
            logits = torch.where(prompted[0][rows] | (counts > 0), penalised, logits)
        logits = logits - (frequency or 0.0) * counts
        return logits - (presence or 0.0) * (counts > 0)

    return penalise


def _tokens_in(prompts: Sequence[Sequence[int]], logits: Tensor) -> Tensor:
    """Which tokens of the vocabulary each prompt holds, (prompts, vocabulary)."""
    size = logits.shape[-1]
    held = torch.zeros(len(prompts), size, dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        # A tokenizer may know tokens that the model has no logits for.
        held[row, [token for token in prompt if token < size]] = True
    return held.to(logits.device)


def _uniforms(decoding: "Decoding", sample: str, limit: int) -> "np.ndarray":
    """Numbers in [0, 1) for every step of one sample: the same in whatever batch it is."""
    # NumPy's generator gives the same numbers on every device; PyTorch's differ between devices.
    seed = int.from_bytes(sample_digest(decoding, sample)[:16], "big")
    return np.random.default_rng(seed).random(limit)
