"""A link of a chain: a file or folder that a number rests on, its digest and its record."""

from pathlib import Path
from typing import NamedTuple

from breakeven.core.files import digest_path
from breakeven.core.layout import record_path
from breakeven.core.records import read_record


class Link(NamedTuple):
    """What something is, where it lies, its SHA-256 as the record of its stage has it.

    `digest` is taken of the file where its record tells only of a folder around it, and None where
    there is neither.
    """

    what: str
    path: str
    digest: str | None
    record: str | None
    note: str = ""


def link(what: str, path: Path, stage: str, *cell: str | int, note: str = "") -> Link:
    """A link to an output of a cell."""
    record = record_path(stage, *cell)
    digest = read_record(stage, *cell).outputs.get(path.as_posix()) if record.is_file() else None
    if digest is None and path.exists():
        digest = digest_path(path)
    return Link(
        what, path.as_posix(), digest, record.as_posix() if record.is_file() else None, note
    )
