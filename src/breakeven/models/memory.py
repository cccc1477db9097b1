"""How much memory a student needs, from its shape alone: to train it, and to have it answer.

- `training_memory(shape, plan)`: one device's share of a training.
- `answering_memory(shape, ...)`: weights and key-value cache of a batch of answers.
- `fitting_changes(shape, plan, have_bytes)`: changes of a plan that bring it within a memory.

All figures are bytes of tensors, for a full micro-batch, or a batch of answers that all reach their
limit. Measured peaks on a CPU are within a quarter of it (docs/students.md). Attention is taken
to store no scores, as PyTorch's fused kernels do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.lora import Lora, lora_parameters

_FLOAT32 = 4
# NF4 with double quantisation: 4 bits a weight, an 8-bit scale for each 64 of them, a float32 for
# each 256 scales (Dettmers et al. 2023, section 3).
_NF4_BYTES = 0.5 + 1 / 64 + _FLOAT32 / (64 * 256)
# Weights, gradients and two moments of AdamW are float32.
_MOMENTS = 2
# Tensors of (supervised tokens, vocabulary) in float32 at the loss's peak: the log-softmax that the
# backward pass needs, its gradient, and the gradient of the logits.
_FLOAT32_LOGITS = 3


@dataclass(frozen=True)
class TrainingPlan:
    """What the memory of a training hangs on.

    `micro_batch_tokens` are the padded tokens of one pass, `compute_bytes` the size of a number
    that is computed with (2 for bfloat16), `shards` the devices among which FSDP divides weights,
    gradients and moments.
    """

    method: Literal["full", "lora", "qlora"]
    micro_batch_tokens: int
    lora_rank: int = 32
    gradient_checkpointing: bool = False
    compute_bytes: int = _FLOAT32
    shards: int = 1


class Memory(NamedTuple):
    """Bytes by what they hold; a part that does not occur is a true zero."""

    weights: float
    gradients: float = 0.0
    optimizer: float = 0.0
    activations: float = 0.0
    logits: float = 0.0
    cache: float = 0.0

    @property
    def total(self) -> float:
        """All of it at once."""
        return sum(self)


def training_memory(shape: Architecture, plan: TrainingPlan) -> Memory:
    """Bytes that one device holds at the peak of a training step.

    Full training keeps float32 weights, and computes with a copy in a smaller type where there is
    one. An adapter's base is frozen: no gradients, no moments. QLoRA keeps linear layers in NF4,
    and the rest, with the embeddings, in float32.
    """
    trained = shape.total_parameters
    if plan.method != "full":
        trained = lora_parameters(shape, Lora(plan.lora_rank))
    adapter = 0 if plan.method == "full" else _FLOAT32 * trained
    return Memory(
        weights=(_base_weights(shape, plan) + adapter) / plan.shards,
        gradients=_FLOAT32 * trained / plan.shards,
        optimizer=_MOMENTS * _FLOAT32 * trained / plan.shards,
        activations=_activations(shape, plan),
        logits=_logits(shape, plan),
    )


def answering_memory(
    shape: Architecture,
    *,
    sequences: int,
    tokens: int,
    weight_bytes: float,
    cache_bytes: float,
) -> Memory:
    """Bytes of `sequences` answers at once, each `tokens` long with its prompt.

    `weight_bytes` and `cache_bytes` are the size of one number. A layer with a sliding window keeps
    no more than the window; keys and values of grouped-query attention are counted once a group.
    """
    per_token = 2 * shape.kv_heads * shape.head_dim * cache_bytes
    windowed = min(tokens, shape.window) if shape.window else tokens
    cached_tokens = (shape.layers - shape.window_layers) * tokens + shape.window_layers * windowed
    return Memory(
        weights=weight_bytes * shape.total_parameters,
        logits=_FLOAT32 * sequences * shape.vocab,
        cache=sequences * per_token * cached_tokens,
    )


def fitting_changes(
    shape: Architecture, plan: TrainingPlan, have_bytes: float
) -> list[tuple[str, Memory]]:
    """Changes that bring a training within `have_bytes`: in params.yaml's words, with their need.

    Single changes that are enough come alone; where none is, all of them together; where they are
    not enough either, the devices that FSDP would divide it among. Empty where nothing helps.
    """
    fitting = [
        (words, memory)
        for words, changed in _single_changes(shape, plan, have_bytes)
        if (memory := training_memory(shape, changed)).total <= have_bytes
    ]
    return fitting or _together(shape, plan, have_bytes)


def _base_weights(shape: Architecture, plan: TrainingPlan) -> float:
    if plan.method == "full":
        copy = plan.compute_bytes if plan.compute_bytes < _FLOAT32 else 0
        return (_FLOAT32 + copy) * shape.total_parameters
    if plan.method == "lora":
        return plan.compute_bytes * shape.total_parameters
    # Neither the head nor the embeddings are put into 4 bits.
    linear = shape.matmul_parameters - shape.head_parameters
    return _NF4_BYTES * linear + plan.compute_bytes * (shape.total_parameters - linear)


def _activations(shape: Architecture, plan: TrainingPlan) -> float:
    """What the backward pass needs of the forward pass.

    With gradient checkpointing, the input of each layer, and the inner values of one layer at a
    time: those come when the logits are gone.
    """
    layer = _layer_activations(shape, plan)
    if plan.gradient_checkpointing:
        layer_inputs = shape.layers * shape.hidden * plan.compute_bytes * plan.micro_batch_tokens
        return layer_inputs + max(0.0, layer - _logits(shape, plan))
    return shape.layers * layer


def _layer_activations(shape: Architecture, plan: TrainingPlan) -> float:
    """Tensors that one layer keeps for its backward pass, as transformers computes it.

    Two sums of the residual stream. Each norm: the normalised input and the output, and where less
    than float32 is computed with, the input in float32. Attention: queries, output, keys and values
    (taken as repeated for every head). Feed-forward: gate, up, activation, product.
    """
    norms = shape.norms_per_layer * shape.hidden
    forward = 4 * max(shape.intermediate, shape.active_experts * shape.expert_intermediate)
    numbers = 2 * shape.hidden + 2 * norms + 4 * shape.attention_width + forward
    size = plan.compute_bytes * numbers
    if plan.compute_bytes < _FLOAT32:
        size += _FLOAT32 * norms
        if plan.method != "full":  # each adapter takes the input of its layer in float32
            size += _FLOAT32 * (5 * shape.hidden + shape.attention_width + shape.intermediate)
    return size * plan.micro_batch_tokens


def _logits(shape: Architecture, plan: TrainingPlan) -> float:
    """Tensors over the vocabulary, as if every token of the pass were supervised."""
    computed = plan.compute_bytes if plan.compute_bytes < _FLOAT32 else 0
    size = _FLOAT32_LOGITS * _FLOAT32 + computed
    return size * plan.micro_batch_tokens * shape.vocab


def _single_changes(
    shape: Architecture, plan: TrainingPlan, have_bytes: float
) -> Iterator[tuple[str, TrainingPlan]]:
    if plan.method == "full":
        yield "method: lora", replace(plan, method="lora")
    if plan.method != "qlora":
        yield "method: qlora", replace(plan, method="qlora")
    if not plan.gradient_checkpointing:
        yield "training.gradient_checkpointing: true", replace(plan, gradient_checkpointing=True)
    fewer = _tokens_that_fit(shape, plan, have_bytes)
    if fewer:
        words = f"training.micro_batch_tokens: {fewer} (and max_length at most that)"
        yield words, replace(plan, micro_batch_tokens=fewer)


def _tokens_that_fit(shape: Architecture, plan: TrainingPlan, have_bytes: float) -> int:
    """Most tokens of a micro-batch that fit, in steps of 256; 0 where not even those do."""
    memory = training_memory(shape, plan)
    a_token = (memory.activations + memory.logits) / plan.micro_batch_tokens
    left = have_bytes - memory.weights - memory.gradients - memory.optimizer
    return min(max(0, int(left / a_token) // 256 * 256), plan.micro_batch_tokens)


def _together(
    shape: Architecture, plan: TrainingPlan, have_bytes: float
) -> list[tuple[str, Memory]]:
    least = replace(plan, method="qlora", gradient_checkpointing=True)
    fewer = _tokens_that_fit(shape, least, have_bytes)
    words = "method: qlora with training.gradient_checkpointing: true"
    if fewer:
        together = replace(least, micro_batch_tokens=fewer)
        if fewer < plan.micro_batch_tokens:
            words += f" and training.micro_batch_tokens: {fewer} (and max_length at most that)"
        return [(words, training_memory(shape, together))]
    # With the arm's own method: what more devices are for is full training.
    spread = replace(plan, gradient_checkpointing=True)
    for devices in (2, 4, 8, 16, 32, 64):
        memory = training_memory(shape, replace(spread, shards=devices * plan.shards))
        if memory.total <= have_bytes:
            words = f"training.launch with FSDP over {devices * plan.shards} devices like this one"
            return [(f"{words} and training.gradient_checkpointing: true", memory)]
    return []
