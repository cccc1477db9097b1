"""Which token comes next: the likeliest, or one drawn with a seed of its own for every sample."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from breakeven.decoding.seeds import sample_digest
from breakeven.params import Decoding

# Logits (rows, vocabulary), the number of each row in its batch, and the step: tokens (rows,).
Choose = Callable[[Tensor, Tensor, int], Tensor]


def chooser(decoding: Decoding, samples: Sequence[str], limit: int) -> Choose:
    """How the samples of a batch choose their tokens; each has a name of its own, its seed."""
    if decoding.temperature == 0:
        return lambda logits, rows, step: logits.argmax(dim=-1)
    uniforms = torch.from_numpy(np.stack([_uniforms(decoding, one, limit) for one in samples]))

    def choose(logits: Tensor, rows: Tensor, step: int) -> Tensor:
        drawn = uniforms[rows.cpu(), step].to(logits.device, torch.float32)
        return draw(logits, drawn, decoding.temperature, decoding.top_p)

    return choose


def draw(logits: Tensor, uniforms: Tensor, temperature: float, top_p: float) -> Tensor:
    """Tokens at the given points of each row's cumulative distribution, after its nucleus is cut.

    The nucleus is the smallest set of likeliest tokens whose probability reaches `top_p`
    (Holtzman et al. 2020, arXiv 1904.09751).
    """
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    order = None
    if top_p < 1:
        probabilities, order = probabilities.sort(dim=-1, descending=True, stable=True)
        # Of those before it: the token with which the sum reaches `top_p` is in.
        before = probabilities.cumsum(dim=-1) - probabilities
        probabilities = probabilities.masked_fill(before >= top_p, 0.0)
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


def _uniforms(decoding: Decoding, sample: str, limit: int) -> "np.ndarray":
    """Numbers in [0, 1) for every step of one sample: the same in whatever batch it is."""
    # NumPy's generator gives the same numbers on every device; PyTorch's differ between devices.
    seed = int.from_bytes(sample_digest(decoding, sample)[:16], "big")
    return np.random.default_rng(seed).random(limit)
