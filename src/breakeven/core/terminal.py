"""Lines that fit the terminal of who reads them; what is piped stays whole, a line each."""

import os
import sys
import textwrap
from collections.abc import Iterable, Iterator

_HANGING = 4  # of what goes on below its first line


def terminal_columns() -> int | None:
    """How wide the terminal of standard output is; None where it is none or does not know."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError, AttributeError):  # no terminal; no file; closed before the start
        return None


def fitted(lines: Iterable[str], columns: int | None) -> Iterator[str]:
    """The lines, those longer than so many columns over several; a long word stays whole."""
    for line in lines:
        if columns is None or len(line) <= columns:
            yield line
            continue
        indent = len(line) - len(line.lstrip())
        yield from wrapped(line, columns, indent + _HANGING)


def wrapped(text: str, columns: int, indent: int = 0) -> list[str]:
    """A text over lines of so many columns, all but the first one indented."""
    return textwrap.wrap(
        text,
        columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
