"""The file that a cell's output goes to, of the processes that it starts elsewhere too."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Names the log to the cell, where it has one.
CELL_LOG = "BREAKEVEN_CELL_LOG"


@contextmanager
def printed_to(log: Path, *, begins: bool = True) -> Iterator[None]:
    """Have all that this process and its children print go to a file, emptied first if it begins.

    By descriptor: logging keeps the stream that it found at a library's import.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if begins:
        log.write_bytes(b"")
    # Appended to: none of several that print at once writes over another.
    with log.open("ab") as handle:
        _flush()
        kept = [os.dup(1), os.dup(2)]
        for number in (1, 2):
            os.dup2(handle.fileno(), number)
    try:
        yield
    finally:
        try:
            _flush()
        finally:
            for number, before in enumerate(kept, start=1):
                os.dup2(before, number)
                os.close(before)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
