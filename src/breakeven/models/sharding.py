"""Tensors that several processes may hold in shards (FSDP), as whole ones and back.

Every process must call these at the same places: gathering is done by all of them together.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor


def gather_tensor(tensor: Tensor, *, keep: bool = True) -> Tensor:
    """The tensor itself, or what its shards make up, in the memory of the processor.

    Without `keep` the process only helps to gather, and what it gets is empty.
    """
    shards = _as_shards(tensor)
    if shards is None:
        return tensor
    gathered = shards.full_tensor()
    # To the processor's memory one by one: no device may have room for them all.
    return gathered.cpu() if keep else gathered.new_empty(0)


def shard_like(target: Tensor, source: Tensor) -> Tensor:
    """A whole tensor on the device of `target`, or this process's shard of it."""
    shards = _as_shards(target)
    if shards is None:
        return source.to(target.device)
    from torch.distributed.tensor import distribute_tensor

    # Every process has read the same file: none needs to send its copy to another.
    return distribute_tensor(
        source.to(shards.device), shards.device_mesh, shards.placements, src_data_rank=None
    )


def gather_state(model: nn.Module, *, keep: bool) -> dict[str, Tensor]:
    """All weights of a model by name; tied ones stay one tensor. Empty where `keep` is False."""
    gathered: dict[int, Tensor] = {}
    state: dict[str, Tensor] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in gathered:
            gathered[id(tensor)] = gather_tensor(tensor.detach(), keep=keep)
        state[name] = gathered[id(tensor)]
    return state if keep else {}


def _as_shards(tensor: Tensor) -> "DTensor | None":
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return None  # saves the import
    from torch.distributed.tensor import DTensor

    return tensor if isinstance(tensor, DTensor) else None
