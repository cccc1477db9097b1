"""Checkpoints of a pre-training run: tensors as safetensors, the rest as JSON."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.optim import Optimizer

from breakeven.files import atomic_folder, read_json, write_json


def save_checkpoint(
    folder: Path, model: torch.nn.Module, optimizer: Optimizer, state: dict[str, Any]
) -> None:
    """Keep weights, optimizer moments and `state`, in place of the checkpoint before."""
    moments = {
        f"{number}.{name}": value
        for number, slots in optimizer.state_dict()["state"].items()
        for name, value in slots.items()
    }
    with atomic_folder(folder / "checkpoint") as temporary:
        save_file(_own_tensors(model), temporary / "weights.safetensors")
        save_file(moments, temporary / "optimizer.safetensors")
        write_json(temporary / "state.json", state)


def load_checkpoint(
    folder: Path, model: torch.nn.Module, optimizer: Optimizer
) -> dict[str, Any] | None:
    """Restore weights and moments in place; the state, or None where there is no checkpoint."""
    source = folder / "checkpoint"
    if not (source / "state.json").is_file():
        return None
    model.load_state_dict(load_file(source / "weights.safetensors"), strict=False)
    slots: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in load_file(source / "optimizer.safetensors").items():
        number, name = key.split(".", 1)
        slots.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})
    return dict(read_json(source / "state.json"))


def _own_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Each parameter once: safetensors refuses tied weights under two names."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}
