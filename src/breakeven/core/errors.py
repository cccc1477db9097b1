"""The errors a person is meant to read, and the exit code that goes with each."""

import difflib
import errno
from collections.abc import Iterable


class BreakevenError(Exception):
    """Base of the errors that are shown as one line, without a traceback."""

    exit_code = 1


class InputError(BreakevenError):
    """The user's input is wrong: the message names file, key, value and fix."""

    exit_code = 2


# No BreakevenError, which would be printed a second time.
class AlreadyReportedError(Exception):
    """An error that another process has been told of; this one ends with its code, silently."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


class MachineError(BreakevenError):
    """The machine lacks something: a device, memory, disk, a reachable server."""

    exit_code = 3


class LostNodeError(MachineError):
    """Another machine that worked with this one is gone; on those that are left it goes on."""

    # A temporary failure in sysexits.h: `breakeven run` begins the cell once more.
    exit_code = 75


# Whatever writes or reads a file may raise these; none of them is a fault of the code.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
)


def disk_error(error: OSError) -> MachineError | None:
    """What to tell of a file that the machine does not let be written or read; None for others."""
    # Of a file that could not be put in its place, the place; a handle knows no name.
    name = error.filename2 or error.filename
    if error.errno in _FULL:
        return MachineError(f"the disk is full{f': {name}' if name else ''}; free some space")
    if error.errno in _CLOSED:
        return MachineError(
            f"{name or 'a file'}: {error.strerror}; change its rights or name another place"
        )
    return None


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """The allowed names, the closest one first, as the tail of an error message."""
    # Sorted before the search: of names that are equally close, always the same is offered.
    names = sorted(allowed)
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {', '.join(names) if names else '(none defined)'}"
