"""Weights that were just written, for whoever else works in the folder."""

from pathlib import Path


def let_others_read(folder: Path) -> None:
    """Give the safetensors of a folder the mode of its other files.

    safetensors writes files that nobody but their owner may read, in a shared folder too.
    """
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
