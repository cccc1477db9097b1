"""Folders that an export makes: whole or not at all, and never in the place of another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.core.files import atomic_folder


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to write in that is at `path` when the block ends without an error.

    Raises:
        InputError: there is something at `path` already.
    """
    if path.exists() or path.is_symlink():
        raise InputError(f"--folder: {str(path)!r} is there already; name another, or remove it")
    with atomic_folder(path) as temporary:
        yield temporary
