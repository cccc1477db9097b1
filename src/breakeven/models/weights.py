"""Where the weights of a model or of a base are on this machine: downloaded or converted once."""

from pathlib import Path

from breakeven.models.loading import checked_folder
from breakeven.models.pointer import base_weights_folder, read_pointer
from breakeven.params import FolderBase, GgufBase, HubBase, Student, Weights


def weights_folder(weights: Weights, key: str) -> Path:
    """The folder with config, tokenizer and safetensors of a model; `key` is named in errors.

    Raises:
        InputError: there is no such model, or it does not load without code of its own.
        MachineError: the hub cannot be reached, or the disk is too full.
    """
    if isinstance(weights, FolderBase):
        return checked_folder(Path(weights.path), f"{key}.path")
    if isinstance(weights, GgufBase):
        from breakeven.models.gguf import converted_gguf

        return converted_gguf(weights, key).folder
    from breakeven.models.hub import download, find_hub_model

    return checked_folder(download(find_hub_model(weights, key), key).folder, key)


def resolve_base(student: str, row: Student) -> Path:
    """The folder of a student's base weights on this machine, one branch a kind of base.

    Raises:
        InputError: the folder is missing or holds no usable model, or the `base` stage has not run.
        MachineError: a hub model is not in the local cache and the hub cannot be reached.
    """
    base = row.base
    key = f"params.yaml: students.{student}.base"
    if isinstance(base, FolderBase):
        return checked_folder(Path(base.path), f"{key}.path")
    if isinstance(base, HubBase):
        return Path(read_pointer(student).path)
    return checked_folder(base_weights_folder(student), key)
