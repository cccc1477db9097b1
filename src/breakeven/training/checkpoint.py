"""A checkpoint in one file: trained weights, optimizer moments, and the run's state as metadata.

One file is replaced in one step, so that a kill leaves the checkpoint before or the one after.
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

_FILE = "checkpoint.safetensors"


def save_checkpoint(
    folder: Path,
    parameters: Mapping[str, torch.nn.Parameter],
    optimizer: Optimizer,
    state: Mapping[str, Any],
) -> None:
    """Keep what a run needs to go on as if nothing had happened; `state` is any JSON value."""
    tensors = {f"weight.{name}": one.detach().contiguous() for name, one in parameters.items()}
    for name, one in parameters.items():
        for slot, value in optimizer.state[one].items():
            tensors[f"{slot}.{name}"] = value.detach().contiguous()
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
            tensor = file.get_tensor(key)
            if slot == "weight":
                parameters[name].data.copy_(tensor)
            else:
                optimizer.state[parameters[name]][slot] = tensor.to(parameters[name].device)
        return dict(json.loads(file.metadata()["state"]))


def remove_checkpoint(folder: Path) -> None:
    """Drop the checkpoint of a run that has ended."""
    (folder / _FILE).unlink(missing_ok=True)
