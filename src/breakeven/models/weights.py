"""Where the weights of a model are on this machine: downloaded or converted once."""

from pathlib import Path

from breakeven.models.loading import checked_folder
from breakeven.params import FolderBase, GgufBase, Weights


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
