"""Exact FLOPs of a decoder: every matrix product that runs, nothing else.

A multiply-add is two FLOPs. Counted: linear layers, lm_head, the two products of attention.
Not counted: look-ups, norms, softmax, rotary embedding, activations, dequantisation.

- `forward_flops(arch, tokens)`: logits at every position, or at `logits_positions` of them.
- `prefill_flops(arch, prompt_tokens)`: fills the cache; lm_head once, for the last position.
- `decode_flops(arch, prompt_tokens, new_tokens)`: that many one-token passes with a warm cache.
- `answer_flops(arch, prompt_tokens, new_tokens)`: what one answer costs.
- `train_flops(arch, tokens_per_sequence, method, lora, logits_positions)`: forward and backward.
- `checkpointing_flops(arch, tokens_per_sequence, lora)`: what gradient checkpointing adds.

Token counts are numbers or numpy arrays; a result has the shape of its arguments, whole numbers
give whole numbers. Negative counts and NaN raise ValueError. Attention is causal and respects
grouped queries and sliding windows; experts count where a token visits them. `lora` adds an adapter
that is kept apart from the weights; leave it out where it is merged.
"""

from typing import Literal

from numpy.typing import ArrayLike

from breakeven.costs.architecture import Architecture
from breakeven.costs.counts import Array, Counts, checked, checked_array, running_sum
from breakeven.costs.lora import Lora, lora_parameters

Method = Literal["full", "lora", "qlora"]


def forward_flops(
    architecture: Architecture,
    tokens: Counts,
    logits_positions: Counts | None = None,
    lora: Lora | None = None,
) -> Counts:
    """FLOPs of one pass over sequences of `tokens`, without a cache.

    2·P a token and 4·heads·head_dim a layer for each pair of query and visible key
    (Kaplan et al. 2020, arXiv 2001.08361, section 2.1, with the causal mask).
    """
    tokens = checked("tokens", tokens)
    positions = (
        tokens if logits_positions is None else checked("logits_positions", logits_positions)
    )
    return (
        2 * _body_weights(architecture, lora) * tokens
        + 2 * architecture.head_parameters * positions
        + attention_flops(architecture, tokens)
    )


def prefill_flops(
    architecture: Architecture, prompt_tokens: Counts, lora: Lora | None = None
) -> Counts:
    """FLOPs to read a prompt into the cache and predict the first new token."""
    prompt_tokens = checked("prompt_tokens", prompt_tokens)
    return forward_flops(architecture, prompt_tokens, 0 * prompt_tokens + 1, lora)


def decode_flops(
    architecture: Architecture,
    prompt_tokens: Counts,
    new_tokens: Counts,
    lora: Lora | None = None,
) -> Counts:
    """FLOPs to feed `new_tokens` one by one after a cached prompt, each giving logits.

    Token i attends to prompt_tokens + i positions: the sum over i = 1..new_tokens of
    2·P + 4·layers·heads·head_dim·(prompt_tokens + i), in closed form.
    """
    prompt_tokens = checked("prompt_tokens", prompt_tokens)
    new_tokens = checked("new_tokens", new_tokens)
    weights = _body_weights(architecture, lora) + architecture.head_parameters
    return (
        2 * weights * new_tokens
        + attention_flops(architecture, prompt_tokens + new_tokens)
        - attention_flops(architecture, prompt_tokens)
    )


def answer_flops(
    architecture: Architecture,
    prompt_tokens: Counts,
    new_tokens: Counts,
    lora: Lora | None = None,
) -> Counts:
    """FLOPs of an answer of `new_tokens` (its end token included) to a prompt.

    The prefill predicts the first new token and nothing follows the last, so that generation makes
    new_tokens − 1 passes of decoding.
    """
    new_tokens = checked("new_tokens", new_tokens)
    passes = new_tokens - 1 * (new_tokens > 0)
    return prefill_flops(architecture, prompt_tokens, lora) + decode_flops(
        architecture, prompt_tokens, passes, lora
    )


def train_flops(
    architecture: Architecture,
    tokens_per_sequence: ArrayLike,
    method: Method = "full",
    lora: Lora | None = None,
    logits_positions: ArrayLike | None = None,
) -> float:
    """FLOPs of forward and backward over sequences, once each.

    `tokens_per_sequence` counts real tokens: padding is left out, and a packed row is as many
    sequences as it holds. `logits_positions` is how many positions of each sequence pass lm_head
    (all by default; those with a label where the loss computes only them).

    Full: 6·P a token. LoRA and QLoRA: 4·P + 6·P_lora, since frozen weights need the gradient of
    their input and none of their own. Attention has no weights: three times its forward either way.
    Raises ValueError on an unknown method, a missing or idle adapter, more logits than tokens.
    """
    tokens = checked_array("tokens_per_sequence", tokens_per_sequence)
    positions = _positions(tokens, logits_positions)
    adapter = _adapter_weights(architecture, method, lora)
    passes = 3 if method == "full" else 2
    attention = attention_flops(architecture, tokens).sum()
    weights = (
        architecture.body_parameters * tokens.sum() + architecture.head_parameters * positions.sum()
    )
    return float(2 * passes * weights + 6 * adapter * tokens.sum() + 3 * attention)


def checkpointing_flops(
    architecture: Architecture, tokens_per_sequence: ArrayLike, lora: Lora | None = None
) -> float:
    """FLOPs that gradient checkpointing adds to `train_flops`: the layers forward once more.

    Work of the hardware, not of the model: report it apart. lm_head lies outside the layers.
    """
    tokens = checked_array("tokens_per_sequence", tokens_per_sequence)
    return float(forward_flops(architecture, tokens, 0 * tokens, lora).sum())


def attention_flops(architecture: Architecture, tokens: Counts) -> Counts:
    """FLOPs of scores and weighted sums in all layers over causal sequences of `tokens`."""
    full_layers = architecture.layers - architecture.window_layers
    pairs = full_layers * running_sum(tokens)
    if architecture.window_layers:
        local = running_sum(tokens, architecture.window)
        pairs = pairs + architecture.window_layers * local
    return 4 * architecture.attention_width * pairs


def _body_weights(architecture: Architecture, lora: Lora | None) -> int:
    adapter = lora_parameters(architecture, lora) if lora else 0
    return architecture.body_parameters + adapter


def _adapter_weights(architecture: Architecture, method: str, lora: Lora | None) -> int:
    if method not in ("full", "lora", "qlora"):
        raise ValueError(f"method: value is {method!r}; use full, lora or qlora")
    if (lora is None) != (method == "full"):
        raise ValueError(f"lora: value is {lora} with method {method!r}; full has none, others one")
    return lora_parameters(architecture, lora) if lora else 0


def _positions(tokens: Array, logits: ArrayLike | None) -> Array:
    if logits is None:
        return tokens
    positions = checked_array("logits_positions", logits)
    if positions.shape != tokens.shape or (positions > tokens).any():
        raise ValueError("logits_positions: use one count a sequence, at most its tokens")
    return positions
