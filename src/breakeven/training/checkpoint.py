"""A checkpoint in one file: trained weights, optimizer moments, and the run's state as metadata.

One file is replaced in one step, so that a kill leaves the checkpoint before or the one after. It
holds whole tensors, however many processes train: a run may go on with another number of them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.optim import Optimizer

from breakeven.files import atomic_path
from breakeven.training.sharding import like, whole

_FILE = "checkpoint.safetensors"


def save_checkpoint(
    folder: Path,
    parameters: Mapping[str, torch.nn.Parameter],
    optimizer: Optimizer,
    state: Mapping[str, Any],
    *,
    writes: bool = True,
) -> None:
    """Keep what a run needs to go on as if nothing had happened; `state` is any JSON value.

    Every process of a run calls it, and the one that `writes` writes.
    """
    tensors = {}
    for name, one in parameters.items():
        slots = {"weight": one.detach(), **optimizer.state[one]}
        for slot, value in slots.items():
            gathered = whole(value, keep=writes)
            if writes:
                tensors[f"{slot}.{name}"] = gathered.detach().contiguous()
    if writes:
        with atomic_path(folder / _FILE) as temporary:
            save_file(tensors, temporary, metadata={"state": json.dumps(dict(state))})


def load_checkpoint(
    folder: Path, parameters: Mapping[str, torch.nn.Parameter], optimizer: Optimizer
) -> dict[str, Any] | None:
    """Restore weights and moments in place; the state, or None where there is no checkpoint."""
    path = folder / _FILE
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - not a mapping
            slot, name = key.split(".", 1)
            tensor, parameter = file.get_tensor(key), parameters[name]
            if slot == "weight":
                parameter.data.copy_(like(parameter, tensor))
            elif tensor.shape == parameter.shape:
                optimizer.state[parameter][slot] = like(parameter, tensor)
            else:  # the count of steps
                optimizer.state[parameter][slot] = tensor.to(parameter.device)
        return dict(json.loads(file.metadata()["state"]))


def remove_checkpoint(folder: Path) -> None:
    """Drop the checkpoint of a run that has ended."""
    (folder / _FILE).unlink(missing_ok=True)
