"""The loss of supervised tokens, with logits at their positions only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from breakeven.rendering import Example


class Batch(NamedTuple):
    """Examples of one pass, padded on the right: (rows, longest − 1) ids.

    The end token is learnt but never read. `predicts` marks the positions whose next token has a
    label, `targets` are those tokens, row by row. Under a causal mask padding on the right is seen
    by no real token, so that no attention mask is needed.
    """

    input_ids: Tensor
    predicts: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return Batch(*(tensor.to(device) for tensor in self))


def collate(examples: Sequence[Example]) -> Batch:
    """Put examples in one batch."""
    width = max(len(one.input_ids) for one in examples) - 1
    input_ids = torch.zeros(len(examples), width, dtype=torch.long)
    predicts = torch.zeros(len(examples), width, dtype=torch.bool)
    targets: list[int] = []
    for row, one in enumerate(examples):
        read = len(one.input_ids) - 1
        input_ids[row, :read] = torch.tensor(one.input_ids[:-1])
        predicts[row, one.labels_start - 1 : read] = True
        targets += one.input_ids[one.labels_start :]
    return Batch(input_ids, predicts, torch.tensor(targets))


class HeadGate:
    """Tells the output head of a model at which positions logits are wanted."""

    def __init__(self) -> None:
        self.positions: Tensor | None = None

    def __call__(self, _head: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Forward pre-hook of the head: (rows, width, hidden) to (positions, hidden)."""
        return inputs if self.positions is None else (inputs[0][self.positions], *inputs[1:])


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


def summed_loss(model: nn.Module, batch: Batch, gate: HeadGate) -> Tensor:
    """Cross-entropy in nats, summed over the supervised tokens of a batch."""
    gate.positions = batch.predicts
    logits = model(input_ids=batch.input_ids, use_cache=False).logits
    return nn.functional.cross_entropy(logits.float(), batch.targets, reduction="sum")
