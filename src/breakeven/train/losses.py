"""The loss of supervised tokens, with logits at their positions only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from breakeven.rendering import Example
from breakeven.train.loss_in_pieces import HeadLoss


class Batch(NamedTuple):
    """Examples of one pass: (rows, width) ids, padded on the right or put end to end in one row.

    The end token is learnt but never read. `predicts` are the positions (row · width + column)
    whose next token has a label, `targets` are those tokens. Under a causal mask padding on the
    right is seen by no real token, so that no attention mask is needed. `more` is what a packed
    row tells the model besides: where each sequence begins.
    """

    input_ids: Tensor
    predicts: Tensor
    targets: Tensor
    more: Mapping[str, Any] = {}

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device; to a GPU without waiting for it."""
        if device.type == "cpu":
            return self
        more = {
            name: _moved(value, device) if isinstance(value, Tensor) else value
            for name, value in self.more.items()
        }
        ids, predicts, targets = (_moved(tensor, device) for tensor in self[:3])
        return Batch(ids, predicts, targets, more)


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    if device.type == "cuda":  # only from pinned memory does a copy not hold up the processor
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def collate(examples: Sequence[Example]) -> Batch:
    """Put examples in one batch, a row each."""
    width = max(len(one.input_ids) for one in examples) - 1  # nothing follows the end token
    input_ids = torch.zeros(len(examples), width, dtype=torch.long)
    predicts: list[int] = []
    targets: list[int] = []
    for row, one in enumerate(examples):
        read = len(one.input_ids) - 1
        input_ids[row, :read] = torch.tensor(one.input_ids[:-1])
        predicts += range(row * width + one.labels_start - 1, row * width + read)
        targets += one.input_ids[one.labels_start :]
    return Batch(input_ids, torch.tensor(predicts), torch.tensor(targets))


def collate_packed(examples: Sequence[Example], *, flash: bool = False) -> Batch:
    """Put examples end to end in one row; positions begin anew with each.

    From positions transformers makes the mask that lets no sequence see another, for its `sdpa` and
    `eager` attention. With `flash` the bounds are given as its variable-length kernel wants them.
    """
    reads = [len(one.input_ids) - 1 for one in examples]
    starts = [0, *accumulate(reads)]
    ids: list[int] = []
    predicts: list[int] = []
    targets: list[int] = []
    for start, read, one in zip(starts, reads, examples, strict=False):
        ids += one.input_ids[:-1]
        predicts += range(start + one.labels_start - 1, start + read)
        targets += one.input_ids[one.labels_start :]
    more: dict[str, Any] = {"position_ids": torch.cat([torch.arange(read) for read in reads])[None]}
    if flash:
        bounds = torch.tensor(starts, dtype=torch.int32)
        more |= {"cu_seq_lens_q": bounds, "cu_seq_lens_k": bounds}
        more |= {"max_length_q": max(reads), "max_length_k": max(reads)}
    return Batch(torch.tensor([ids]), torch.tensor(predicts), torch.tensor(targets), more)


class HeadGate:
    """Tells the output head of a model at which positions logits are wanted.

    With `piece_tokens` the loss of a pass that has more targets is computed in pieces of so many,
    beside the head, which is then given a single position.
    """

    def __init__(self) -> None:
        self.positions: Tensor | None = None
        self.piece_tokens: int | None = None
        self.targets: Tensor | None = None
        self.loss: Tensor | None = None

    def __call__(self, head: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Forward pre-hook of the head: (rows, width, hidden) to (positions, hidden)."""
        if self.positions is None:
            return inputs
        hidden = inputs[0].flatten(0, 1).index_select(0, self.positions)
        size = self.piece_tokens
        if size is not None and self.targets is not None and len(self.targets) > size:
            self.loss = HeadLoss.apply(  # type: ignore[no-untyped-call]
                hidden, head.weight, head.bias, self.targets, size
            )
            hidden = hidden[:1].detach()
        return (hidden, *inputs[1:])


@contextmanager
def gated_head(model: nn.Module) -> Iterator[HeadGate]:
    """While the block runs, `model`'s output head can be told where logits are wanted.

    A hook rather than a call of the inner layers: it holds under adapters and under the wrappers
    of several devices, which need the model to be called as a whole.
    """
    gate = HeadGate()
    head = model.get_output_embeddings()  # type: ignore[operator]
    handle = head.register_forward_pre_hook(gate)
    try:
        yield gate
    finally:
        handle.remove()


def gated_logits(model: nn.Module, batch: Batch, gate: HeadGate) -> Tensor:
    """Logits of a batch where they are wanted: (targets, vocabulary), in float32."""
    gate.positions = batch.predicts
    logits: Tensor = model(input_ids=batch.input_ids, use_cache=False, **batch.more).logits
    return logits.float()


def summed_loss(model: nn.Module, batch: Batch, gate: HeadGate) -> Tensor:
    """Cross-entropy in nats, summed over the supervised tokens of a batch."""
    gate.targets, gate.loss = batch.targets, None
    try:
        logits = gated_logits(model, batch, gate)
        if gate.loss is not None:
            return gate.loss
    finally:
        gate.targets = gate.loss = None
    return nn.functional.cross_entropy(logits, batch.targets, reduction="sum")
