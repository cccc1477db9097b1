"""A checkpoint in one file: trained weights, optimizer moments, and the run's state as metadata.

One file is replaced in one step, so that a kill leaves the checkpoint before or the one after. It
holds whole tensors, however many processes train: a run may go on with another number of them. Its
metadata has a digest of all of it, so that a damaged one is noticed before anything is restored.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

from breakeven.core.files import atomic_path
from breakeven.models.sharding import gather_tensor, shard_like

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
    # Every process, also one that writes nothing: gathering waits for all of them.
    for name, one in parameters.items():
        slots = {"weight": one.detach(), **optimizer.state[one]}
        for slot, value in slots.items():
            gathered = gather_tensor(value, keep=writes)
            if writes:
                tensors[f"{slot}.{name}"] = gathered.detach().cpu().contiguous()
    if writes:
        text = json.dumps(dict(state))
        metadata = {"state": text, "digest": _digest(text, sorted(tensors.items()))}
        with atomic_path(folder / _FILE) as temporary:
            save_file(tensors, temporary, metadata=metadata)


def load_checkpoint(
    folder: Path,
    parameters: Mapping[str, torch.nn.Parameter],
    optimizer: Optimizer,
    *,
    speaks: bool = True,
) -> dict[str, Any] | None:
    """Restore weights and moments in place; the state, or None where there is none to go on from.

    A checkpoint that cannot be read, or was made of other parameters, is told in a line by the
    process that `speaks`, and nothing of it is taken.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        state = _read_whole(path, parameters)
    except (SafetensorError, ValueError) as error:
        if speaks:
            reason = " ".join(str(error).split())[:120]
            print(
                f"{path}: the checkpoint cannot be read ({reason}); training from the start",
                file=sys.stderr,
                flush=True,
            )
        return None
    with safe_open(path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - not a mapping
            slot, name = key.split(".", 1)
            tensor, parameter = file.get_tensor(key), parameters[name]
            if slot == "weight":
                parameter.data.copy_(shard_like(parameter, tensor))
            elif tensor.shape == parameter.shape:
                optimizer.state[parameter][slot] = shard_like(parameter, tensor)
            else:  # the count of steps, which is one number for a whole parameter and never sharded
                optimizer.state[parameter][slot] = tensor.to(parameter.device)
    return state


def remove_checkpoint(folder: Path) -> None:
    """Drop the checkpoint of a run that has ended."""
    (folder / _FILE).unlink(missing_ok=True)


def _read_whole(path: Path, parameters: Mapping[str, torch.nn.Parameter]) -> dict[str, Any]:
    """The state of a checkpoint of these parameters; ValueError says what is wrong with it."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        keys = sorted(file.keys())
        if not {"state", "digest"} <= set(metadata):
            raise ValueError("it has no state or no digest")
        weights = {key.removeprefix("weight.") for key in keys if key.startswith("weight.")}
        if weights != set(parameters) or {key.split(".", 1)[1] for key in keys} != weights:
            raise ValueError("it holds other parameters")
        for name, parameter in parameters.items():
            if tuple(file.get_slice(f"weight.{name}").get_shape()) != tuple(parameter.shape):
                raise ValueError(f"{name} has another shape")
        # All of it, before the first tensor is put anywhere: half a checkpoint is worse than none.
        found = _digest(metadata["state"], ((key, file.get_tensor(key)) for key in keys))
        if found != metadata["digest"]:
            raise ValueError("its digest differs")
        return dict(json.loads(metadata["state"]))


def _digest(state: str, tensors: Iterable[tuple[str, Tensor]]) -> str:
    """SHA-256 of the state and of every tensor with its name, type and shape."""
    found = hashlib.sha256(state.encode())
    for key, tensor in tensors:
        found.update(f"\0{key} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        # By its bytes: NumPy has no bfloat16.
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
