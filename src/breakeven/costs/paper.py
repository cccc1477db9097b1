"""FLOPs by the formulas of the study, exactly as published (arXiv 2509.22193).

Kept to compare with its numbers. They know no grouped queries, count two feed-forward matrices
where Qwen has three, the embedding look-up as a product, softmax but no causal mask, and logits at
every prompt position except in prefill. `exact` counts what runs.

The names are those of `exact`; whole numbers give whole numbers, arrays give float64 arrays.
Negative counts raise ValueError, experts raise InputError: the formulas have none.
"""

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.counts import Counts, checked, running_sum


def forward_flops(architecture: Architecture, tokens: Counts) -> Counts:
    """FLOPs of one pass over `tokens`.

    2lVd + (6ld² + 2l²d + 3l²h + 2l²d + 2ld²)N + 4ldfN + 2ldV, with l tokens, V vocabulary,
    d hidden, h heads, f intermediate, N layers.
    """
    tokens = checked("tokens", tokens)
    per_token = _per_token(architecture) + 2 * _head(architecture)
    return per_token * tokens + _per_pair(architecture) * tokens * tokens


def prefill_flops(architecture: Architecture, prompt_tokens: Counts) -> Counts:
    """FLOPs to read a prompt: the forward pass with its last term 2dV instead of 2pdV."""
    return (
        # With lm_head at all p positions, of which p − 1 are taken off again.
        forward_flops(architecture, prompt_tokens)
        - _head(architecture) * prompt_tokens
        + _head(architecture)
    )


def decode_flops(architecture: Architecture, prompt_tokens: Counts, new_tokens: Counts) -> Counts:
    """FLOPs of `new_tokens` passes with a cache, in closed form.

    The sum over i = 1..g of 2dV + (6d² + 2cd + 3ch + 2cd + 2d²)N + 4dfN + 2dV at c = p + i.
    """
    prompt_tokens = checked("prompt_tokens", prompt_tokens)
    new_tokens = checked("new_tokens", new_tokens)
    per_token = _per_token(architecture) + 2 * _head(architecture)
    contexts = running_sum(prompt_tokens + new_tokens) - running_sum(prompt_tokens)
    return per_token * new_tokens + _per_pair(architecture) * contexts


def answer_flops(architecture: Architecture, prompt_tokens: Counts, new_tokens: Counts) -> Counts:
    """FLOPs of an answer: the prefill, and one pass with a cache for every new token."""
    return prefill_flops(architecture, prompt_tokens) + decode_flops(
        architecture, prompt_tokens, new_tokens
    )


def _per_token(architecture: Architecture) -> int:
    """Weights of the layers that one token passes, twice: 8d² + 4df a layer."""
    if architecture.experts:
        raise InputError(
            f"formula: value is 'paper' for {architecture.name}, which has experts; use exact"
        )
    hidden = architecture.hidden
    return architecture.layers * (8 * hidden * hidden + 4 * hidden * architecture.intermediate)


def _per_pair(architecture: Architecture) -> int:
    """Scores, softmax and weighted sum of one query and key: 4d + 3h a layer."""
    return architecture.layers * (4 * architecture.hidden + 3 * architecture.heads)


def _head(architecture: Architecture) -> int:
    return 2 * architecture.head_parameters
