"""A cell to run: a stage's script and its options, as `dvc.yaml` has them."""

import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

from breakeven.core.errors import InputError

_SCRIPT = re.compile(r"stages/(\w+)\.py")


class Cell(NamedTuple):
    """A cell by DVC's name (`train@t30k-ift-0`), and what its command starts."""

    name: str
    stage: str
    arguments: tuple[str, ...]
    options: Mapping[str, str]


class Ended(NamedTuple):
    """How a cell ended: 0 is done; the last line it printed says why it did not."""

    exit_code: int
    seconds: float
    last_line: str

    @property
    def reason(self) -> str:
        """Why it did not end well, without the word that stands before it."""
        return self.last_line.removeprefix("error: ")


class Lost(NamedTuple):
    """A cell whose worker is gone, and why."""

    reason: str


def read_cell(name: str, command: str) -> Cell:
    """The cell that a command of `dvc.yaml` runs.

    Raises:
        InputError: it is none of the project's stages, which alone can run in a warm worker.
    """
    words = shlex.split(command)
    script = _SCRIPT.fullmatch(words[1]) if len(words) > 1 else None
    options = words[2:]
    if (
        script is None
        or words[0] != "python"
        or any(not key.startswith("--") for key in options[::2])
    ):
        raise InputError(
            f"dvc.yaml: {name}: cmd: value is {command!r}; `breakeven run` starts stages as "
            "`python stages/<stage>.py --<option> <value>`; use `dvc repro` for others"
        )
    names = [key.removeprefix("--") for key in options[::2]]
    return Cell(name, script[1], tuple(words[1:]), dict(zip(names, options[1::2], strict=False)))
