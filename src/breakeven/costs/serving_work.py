"""What serving answers moves and multiplies: bytes and FLOPs of reading prompts and of each step.

    work = decode_work(shape, FORMATS["bfloat16"], batch=64, context=2000)

Linear layers and attention stand apart: a step runs one after the other, and each has a bound of
its own. FLOPs are those of `costs.exact`.

Bytes are what has to come from memory once: weights (of a mixture, the experts that the tokens of a
pass visit), keys and values of all visible positions, and the new ones that are written.
Activations stand apart, since how often they move is the engine's doing: fused kernels keep them.
Logits and rows of the look-up table are left out: they are small, or stay in caches. Token counts
are numbers, or arrays of one count an answer.
"""

from typing import Any, Generic, NamedTuple

import numpy as np

from breakeven.costs.architecture import Architecture
from breakeven.costs.counts import Counts
from breakeven.costs.exact import attention_flops


class NumberFormat(NamedTuple):
    """How a model is stored and computed with while it answers; sizes in bytes a number.

    `body_bytes` is of the weights of the layers, with the scales of a quantised format;
    `head_bytes` of lm_head, the look-up table and norms, which quantisation leaves alone;
    `cache_bytes` of keys and values. Products are computed in `dtype`.
    """

    body_bytes: float
    head_bytes: float
    cache_bytes: float
    dtype: str


# int4: groups of 128 weights share a 16-bit scale and a 4-bit zero point, as in AWQ (Lin et al.
# 2023, arXiv 2306.00978, g128). They are multiplied in bfloat16.
FORMATS = {
    "float32": NumberFormat(4.0, 4.0, 4.0, "float32"),
    "bfloat16": NumberFormat(2.0, 2.0, 2.0, "bfloat16"),
    "float8": NumberFormat(1.0, 2.0, 2.0, "float8"),
    "int4": NumberFormat(0.5 + (2 + 0.5) / 128, 2.0, 2.0, "bfloat16"),
}


class PassWork(NamedTuple, Generic[Counts]):
    """Bytes and FLOPs of one or several passes through the model, by the part that needs them.

    `activation_bytes` are those of the numbers that enter each layer, moved once.
    """

    linear_bytes: Counts
    linear_flops: Counts
    attention_bytes: Counts
    attention_flops: Counts
    activation_bytes: Counts


def distinct_experts(experts: int, active: int, tokens: Counts) -> Counts:
    """How many of a layer's experts `tokens` tokens are expected to visit together.

    experts · (1 − (1 − active/experts)^tokens): each token visits `active` of them, drawn evenly
    and by itself. Real routers are less even, and then fewer are visited.
    """
    return experts * (1 - (1 - active / experts) ** tokens) if experts else 0.0 * tokens


def stored_bytes(shape: Architecture, numbers: NumberFormat) -> float:
    """Memory of all weights: every expert, and the look-up table where it is not lm_head's."""
    layers = shape.matmul_parameters - shape.head_parameters
    return numbers.body_bytes * layers + numbers.head_bytes * (shape.total_parameters - layers)


def cache_bytes(shape: Architecture, numbers: NumberFormat, tokens: Counts) -> Counts:
    """Keys and values of one sequence of `tokens`; a layer with a window keeps no more than it."""
    full = shape.layers - shape.window_layers
    seen: Any = np.minimum(tokens, shape.window or 0)
    kept = full * tokens + shape.window_layers * seen
    return _position_bytes(shape, numbers) * kept


def prefill_work(
    shape: Architecture, numbers: NumberFormat, *, batch: float, prompt_tokens: Counts
) -> PassWork[Counts]:
    """Reading `batch` prompts of `prompt_tokens` in one pass, logits for the last of each."""
    tokens = batch * prompt_tokens
    linear_flops = 2 * (shape.body_parameters * tokens + shape.head_parameters * batch)
    return PassWork(
        linear_bytes=_weight_bytes(shape, numbers, tokens) + _written(shape, numbers, tokens),
        linear_flops=linear_flops,
        # What one kernel reads of keys and values while it goes over the queries: once, as fused
        # attention does.
        attention_bytes=batch * cache_bytes(shape, numbers, prompt_tokens),
        attention_flops=batch * attention_flops(shape, prompt_tokens),
        activation_bytes=_activation_bytes(shape, numbers, tokens),
    )


def decode_work(
    shape: Architecture,
    numbers: NumberFormat,
    *,
    batch: float,
    context: Counts,
    steps: Counts | None = None,
) -> PassWork[Counts]:
    """`steps` passes (one by default) of one token for each of `batch` sequences.

    Step i, after `context` cached tokens, sees context + i positions, its own included.
    """
    steps = 1 + 0 * context if steps is None else steps
    last = context + steps
    flops = attention_flops(shape, last) - attention_flops(shape, context)
    # Scores and weighted sums are 4 FLOPs for each visible position and number of a query.
    visible = flops / (4 * shape.attention_width)
    return PassWork(
        linear_bytes=steps
        * (_weight_bytes(shape, numbers, batch) + _written(shape, numbers, batch)),
        linear_flops=steps * 2 * shape.active_parameters * batch,
        attention_bytes=batch * _position_bytes(shape, numbers) * visible,
        attention_flops=batch * flops,
        activation_bytes=_activation_bytes(shape, numbers, steps * batch),
    )


def _position_bytes(shape: Architecture, numbers: NumberFormat) -> float:
    """Keys and values of one position in one layer; grouped queries share them."""
    return 2 * shape.kv_heads * shape.head_dim * numbers.cache_bytes


def _written(shape: Architecture, numbers: NumberFormat, tokens: Counts) -> Counts:
    """New keys and values, written by the layers that make them."""
    return shape.layers * _position_bytes(shape, numbers) * tokens


def _activation_bytes(shape: Architecture, numbers: NumberFormat, tokens: Counts) -> Counts:
    """The numbers of each token at the door of each layer; they are as wide as the cache's."""
    return shape.layers * shape.hidden * numbers.cache_bytes * tokens


def _weight_bytes(shape: Architecture, numbers: NumberFormat, tokens: Counts) -> Counts:
    """Weights that a pass over `tokens` tokens reads, each once."""
    body = shape.body_parameters + 0.0 * tokens
    inactive = shape.experts - shape.active_experts
    if inactive:
        # `body_parameters` holds the experts of one token; the others are all that is missing.
        others = shape.matmul_parameters - shape.head_parameters - shape.body_parameters
        visited = distinct_experts(shape.experts, shape.active_experts, tokens)
        body = body + others / inactive * (visited - shape.active_experts)
    rest = shape.head_parameters + shape.vector_parameters
    return numbers.body_bytes * body + numbers.head_bytes * rest
