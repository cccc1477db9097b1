"""What the doctor finds: one line each, and the command that mends it."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from breakeven.browse.sample_text import printable


class Finding(NamedTuple):
    """Something wrong, in the words of one line, and what to run against it.

    `area` is one of params, environment, disk, devices, dvc, outputs, orphans, temporary, scratch,
    overlap and balance.
    """

    area: str
    said: str
    mend: str

    @property
    def line(self) -> str:
        """The finding in one line, whatever names of files and rows hold."""
        return " ".join(printable(f"{self.area}: {self.said}; to mend: {self.mend}").split())


def repro(stage: str, *cell: str) -> str:
    """The command that makes a cell again."""
    return dvc("repro", f"{stage}@{'-'.join(cell)}" if cell else stage)


def removed(paths: Iterable[Path]) -> str:
    """The command that removes files and folders, none of whose names it takes for an option."""
    return shlex.join(["rm", "-r", "--", *(path.as_posix() for path in paths)])


def dvc(*words: str) -> str:
    """A command of DVC."""
    return shlex.join(["dvc", *words])
