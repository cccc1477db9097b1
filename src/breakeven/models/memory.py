"""How much memory a student needs, from its shape alone: to train it, and to have it answer.

- `training_memory(shape, plan)`: one device's share of a training.
- `answering_memory(shape, ...)`: weights and key-value cache of a batch of answers.
- `fitting_changes(shape, plan, have_bytes)`: changes of a plan that bring it within a memory.

All figures are bytes of tensors, for a full micro-batch, or a batch of answers that all reach their
limit. What is kept for the backward pass is what autograd was seen to keep, and measured peaks on a
GPU and a CPU are within a tenth of it (docs/students.md). Attention is taken to store no scores,
as PyTorch's fused kernels do.
"""

from bisect import bisect_right
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
# Tensors of (supervised tokens, vocabulary) in float32 at the loss's peak, when the backward pass
# has begun: the log-softmax, its gradient, and that of the logits. The logits themselves are gone.
_FLOAT32_LOGITS = 3
# With the logits themselves, of which a pass may have so many bytes at once; more are computed in
# pieces: products of hundreds of tokens, which keep a GPU busy.
_PIECE_BYTES = 2**30
# What is cut into passes of less is not worth the time it takes.
_TOKENS_STEP = 256


@dataclass(frozen=True)
class TrainingPlan:
    """What the memory of a training hangs on.

    `micro_batch_tokens` are the padded tokens of one pass, `compute_bytes` the size of a number
    that is computed with (2 for bfloat16), `shards` the devices among which FSDP divides weights,
    gradients and moments. A step of `several_passes` holds the gradients of those before. In
    `pieces` the logits of a pass are never there all at once (`train.loss_in_pieces`).
    """

    method: Literal["full", "lora", "qlora"]
    micro_batch_tokens: int
    lora_rank: int = 32
    gradient_checkpointing: bool = False
    compute_bytes: int = _FLOAT32
    shards: int = 1
    several_passes: bool = False
    pieces: bool = True

    @property
    def mixed(self) -> bool:
        """Whether less than float32 is computed with, by autocast."""
        return self.compute_bytes < _FLOAT32


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

    That is at the loss, when all that the backward pass needs is there, or at the end of the
    backward pass, when all gradients are. Full training keeps float32 weights, and computes with a
    copy in a smaller type where there is one. An adapter's base is frozen: no gradients, no
    moments. QLoRA keeps linear layers in NF4, and the rest, with the embeddings, in the type that
    is computed with.
    """
    return max(memory_at_the_loss(shape, plan), _at_the_end(shape, plan), key=lambda one: one.total)


def piece_tokens(vocabulary: int) -> int:
    """Supervised tokens of one piece of a loss; a pass that has no more is computed at once."""
    return max(1, _PIECE_BYTES // (_FLOAT32_LOGITS * _FLOAT32 * vocabulary))


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


def memory_at_the_loss(shape: Architecture, plan: TrainingPlan) -> Memory:
    """Bytes when the backward pass begins: all that it needs is there, and its first products."""
    gradients = _FLOAT32 * _trained(shape, plan) if plan.several_passes else 0
    layer = _layer_input(shape, plan) if plan.gradient_checkpointing else _layer_kept(shape, plan)
    kept = shape.layers * layer + _head_kept(shape, plan)
    return Memory(
        weights=(_weights(shape, plan) + _weight_copies(shape, plan)) / plan.shards,
        gradients=gradients / plan.shards,
        optimizer=_optimizer(shape, plan),
        activations=plan.micro_batch_tokens * kept,
        logits=_logits(shape, plan),
    )


def _logits(shape: Architecture, plan: TrainingPlan) -> float:
    """Bytes over the vocabulary, as if every token of the pass were supervised.

    In pieces: the gradients of what the head reads and, in full training, of the head, and beside
    them a piece's logits with their log-softmax, or its gradient, rounded for the products too,
    with the product that is added to the head's. All of the gradients are there twice when they
    are scaled.
    """
    if not _in_pieces(shape, plan):
        capped = plan.compute_bytes if shape.capped_logits else 0  # what tanh gave
        return (_FLOAT32_LOGITS * _FLOAT32 + capped) * plan.micro_batch_tokens * shape.vocab
    piece = piece_tokens(shape.vocab) * shape.vocab
    head = shape.head_parameters if plan.method == "full" else 0
    gradients = plan.compute_bytes * plan.micro_batch_tokens * shape.hidden + _FLOAT32 * head
    rounded = plan.compute_bytes if plan.mixed else 0
    product = (_FLOAT32 + rounded) * piece + plan.compute_bytes * head
    return gradients + max(2 * _FLOAT32 * piece, product, gradients)


def _in_pieces(shape: Architecture, plan: TrainingPlan) -> bool:
    enough = plan.micro_batch_tokens > piece_tokens(shape.vocab)
    return plan.pieces and enough and not shape.capped_logits


def _at_the_end(shape: Architecture, plan: TrainingPlan) -> Memory:
    """All gradients are there, with one layer, or with what is still to be added to the embeddings.

    Tied ones have two gradients then, of the look-up and of the head, and their sum is a third
    tensor; others one where an earlier pass has left a gradient. With gradient checkpointing,
    inputs are counted as if all were there: there are in the first layers gone back through.
    """
    layer = _layer_kept(shape, plan)
    if plan.gradient_checkpointing:
        layer += shape.layers * _layer_input(shape, plan)
    activations, gradients = plan.micro_batch_tokens * layer, _FLOAT32 * _trained(shape, plan)
    if plan.method == "full":
        others = 2 if shape.tied_embeddings else int(plan.several_passes)
        added = _FLOAT32 * shape.head_parameters * others
        if added / plan.shards > activations:
            activations, gradients = 0.0, gradients + added
    return Memory(
        weights=_weights(shape, plan) / plan.shards,
        gradients=gradients / plan.shards,
        optimizer=_optimizer(shape, plan),
        activations=activations,
    )


def _trained(shape: Architecture, plan: TrainingPlan) -> int:
    if plan.method == "full":
        return shape.total_parameters
    return lora_parameters(shape, Lora(plan.lora_rank))


def _optimizer(shape: Architecture, plan: TrainingPlan) -> float:
    return _MOMENTS * _FLOAT32 * _trained(shape, plan) / plan.shards


def _weights(shape: Architecture, plan: TrainingPlan) -> float:
    if plan.method == "full":
        return _FLOAT32 * shape.total_parameters
    adapter = _FLOAT32 * _trained(shape, plan)
    if plan.method == "lora":
        return plan.compute_bytes * shape.total_parameters + adapter
    # Neither the head nor the embeddings are put into 4 bits.
    linear = shape.matmul_parameters - shape.head_parameters
    return _NF4_BYTES * linear + plan.compute_bytes * (shape.total_parameters - linear) + adapter


def _weight_copies(shape: Architecture, plan: TrainingPlan) -> float:
    """What autocast has made of float32 matrices, kept until the backward pass has used it.

    With gradient checkpointing the layers' go with the forward pass, and are made again; a loss in
    pieces is computed before they have gone.
    """
    if not plan.mixed:
        return 0.0
    gone = plan.gradient_checkpointing and not _in_pieces(shape, plan)
    if plan.method != "full":
        return 0.0 if gone else plan.compute_bytes * _trained(shape, plan)
    layers = 0 if gone else shape.matmul_parameters - shape.head_parameters
    return plan.compute_bytes * (layers + shape.head_parameters)


def _stream_bytes(plan: TrainingPlan) -> int:
    """Size of a number between layers: float32 embeddings make all sums float32."""
    return _FLOAT32 if plan.method == "full" else plan.compute_bytes


def _layer_input(shape: Architecture, plan: TrainingPlan) -> float:
    """Bytes of one token in one layer that is gone through again."""
    return _stream_bytes(plan) * shape.hidden


def _layer_kept(shape: Architecture, plan: TrainingPlan) -> float:
    """Bytes of one token that one layer keeps for its backward pass.

    Norms compute in float32 and keep their input and its scale, and where their weights are trained
    the normalised input. What a linear layer reads is kept where its weight or its adapter is
    trained (`_linear_inputs`), an adapter's inner numbers as well. Attention: queries, keys and
    values (not repeated for every head), output and a logarithm a head. Feed-forward: gate, up and
    activation; the product is what `down_proj` reads.
    """
    attention, kv_width = shape.attention_width, shape.kv_heads * shape.head_dim
    wide = max(shape.intermediate, shape.active_experts * shape.expert_intermediate)
    norms = (_FLOAT32 + _normalised_bytes(plan)) * shape.norms_per_layer * shape.hidden
    norms += _FLOAT32 * shape.norms_per_layer
    if shape.qk_norm:
        normalised = plan.compute_bytes if plan.method == "full" else 0
        norms += (_FLOAT32 + normalised) * (attention + kv_width)
    attended = plan.compute_bytes * (2 * attention + 2 * kv_width) + _FLOAT32 * shape.heads
    forward = plan.compute_bytes * (3 if shape.gated else 1) * wide
    return norms + attended + forward + _linear_inputs(shape, plan, wide)


def _linear_inputs(shape: Architecture, plan: TrainingPlan, wide: int) -> float:
    """Bytes of what the linear layers of a layer read, beside what attention keeps anyway.

    In one type throughout, layers that read the same keep it once. Autocast makes a copy for each
    layer where it has to round float32: what full training's norms give, and what peft turns into
    float32 for each adapter of LoRA. Attention's output is such a copy too then. Adapters of QLoRA
    read the computing type as it is.
    """
    rounded = plan.mixed and plan.method != "qlora" and not shape.fused
    inward = 4 + shape.gated if rounded else 2  # queries, keys, values, up, and gate
    numbers = inward * shape.hidden + wide
    if plan.mixed and plan.method == "lora":
        numbers += shape.attention_width
    if plan.method != "full":
        numbers += len(shape.linear_shapes) * plan.lora_rank
    return plan.compute_bytes * numbers


def _head_kept(shape: Architecture, plan: TrainingPlan) -> float:
    """Bytes of one token that the last norm and the head keep."""
    head_input = plan.compute_bytes * shape.hidden if plan.method == "full" else 0
    return (_FLOAT32 + _normalised_bytes(plan)) * shape.hidden + _FLOAT32 + head_input


def _normalised_bytes(plan: TrainingPlan) -> int:
    return _stream_bytes(plan) if plan.method == "full" else 0


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

    def need_bytes(tokens: int) -> float:
        return training_memory(shape, replace(plan, micro_batch_tokens=tokens)).total

    if need_bytes(plan.micro_batch_tokens) <= have_bytes:
        return plan.micro_batch_tokens
    choices = range(_TOKENS_STEP, plan.micro_batch_tokens, _TOKENS_STEP)
    return bisect_right(choices, have_bytes, key=need_bytes) * _TOKENS_STEP


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
