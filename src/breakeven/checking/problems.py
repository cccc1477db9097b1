"""What a check finds: one line each, an error or a warning."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from breakeven.core.errors import BreakevenError, MachineError

# What stages call the file in their messages; `check_params` puts the given one in its place.
FILE = "params.yaml"


class Finding(NamedTuple):
    """A line with file, key, value and fix; a warning leaves the file usable."""

    line: str
    is_error: bool = True


def warning(key: str, said: str) -> Finding:
    """Something that runs, and that a person may not have meant."""
    return Finding(f"{FILE}: {key}: {said}", is_error=False)


def wrong(key: str, said: str) -> Finding:
    """Something that a stage would refuse."""
    return Finding(f"{FILE}: {key}: {said}")


def refused(key: str, look: Callable[[], object]) -> Iterator[Finding]:
    """What a look at a thing that `key` names ends with; nothing where it succeeds.

    A stage's own message is taken as it is. Whatever a library says of a broken file is told too:
    it would end the stage. What only this machine lacks is a warning.
    """
    try:
        look()
    except BreakevenError as error:
        for line in str(error).splitlines():
            text = line if line.startswith(f"{FILE}: ") else f"{FILE}: {key}: {line}"
            yield Finding(text, is_error=not isinstance(error, MachineError))
    except Exception as error:  # of a library that met a file it cannot read
        # Libraries quote whole files, over many lines.
        said = " ".join(str(error).split())[:300]
        yield wrong(key, f"cannot be used: {type(error).__name__}: {said}")
