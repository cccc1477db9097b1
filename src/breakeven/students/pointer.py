"""`models/base/<student>/pointer.json`: where a student's base weights are, and their digest."""

from dataclasses import asdict, dataclass
from pathlib import Path

from breakeven.errors import InputError
from breakeven.files import read_json, write_json
from breakeven.layout import base_folder


@dataclass(frozen=True)
class BasePointer:
    """A base model: a folder with safetensors, config and tokenizer, and the folder's SHA-256."""

    kind: str
    path: str
    digest: str


def write_pointer(student: str, pointer: BasePointer) -> None:
    """Say where the base of a student is."""
    write_json(base_folder(student) / "pointer.json", asdict(pointer))


def read_pointer(student: str) -> BasePointer:
    """Where the base of a student is.

    Raises:
        InputError: the `base` stage has not run, or the weights are no longer there.
    """
    file = base_folder(student) / "pointer.json"
    if not file.is_file():
        raise InputError(f"{file}: no such file; run `dvc repro base@{student}`")
    pointer = BasePointer(**read_json(file))
    if not Path(pointer.path).is_dir():
        raise InputError(f"{file}: path: no folder {pointer.path}; run `dvc repro base@{student}`")
    return pointer
