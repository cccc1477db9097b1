"""Tensors that several processes may hold in shards (FSDP), as whole ones and back.

Every process must call these at the same places: gathering is done by all of them together.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor


def whole(tensor: Tensor) -> Tensor:
    """The tensor itself, or what its shards make up, in the memory of the processor."""
    shards = _as_shards(tensor)
    return tensor if shards is None else shards.full_tensor().cpu()


def like(target: Tensor, source: Tensor) -> Tensor:
    """A whole tensor on the device of `target`, or this process's shard of it."""
    shards = _as_shards(target)
    if shards is None:
        return source.to(target.device)
    from torch.distributed.tensor import distribute_tensor

    # Every process has read the same file: none needs to send its copy to another.
    return distribute_tensor(
        source.to(shards.device), shards.device_mesh, shards.placements, src_data_rank=None
    )


def whole_state(model: nn.Module, *, keep: bool) -> dict[str, Tensor]:
    """All weights of a model by name; tied ones stay one tensor. Empty where `keep` is False."""
    gathered: dict[int, Tensor] = {}
    state: dict[str, Tensor] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in gathered:
            one = whole(tensor.detach())
            gathered[id(tensor)] = one if keep else torch.empty(0)
        state[name] = gathered[id(tensor)]
    return state if keep else {}


def _as_shards(tensor: Tensor) -> "DTensor | None":
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return None  # saves the import
    from torch.distributed.tensor import DTensor

    return tensor if isinstance(tensor, DTensor) else None
