"""Digests of what lies in a study: SHA-256 as records have it, MD5 as DVC has it, by one read.

Nothing is remembered from an earlier day and nothing is written: what a stamp says of a file is no
proof that it is whole.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from breakeven.core.files import digest_path, folder_files
from breakeven.core.progress import Progress

_BLOCK_BYTES = 1 << 20
# Fewer bytes than this are read before a bar could be seen.
_SHOWN_FROM_BYTES = 256 << 20


class _Digests(NamedTuple):
    sha256: str
    md5: str


class FileDigests:
    """Digests of files and folders; each file is read once, whoever asks for it."""

    def __init__(self) -> None:
        self._found: dict[Path, _Digests] = {}

    def read(self, paths: Iterable[Path]) -> None:
        """Read files and folders beforehand, with a bar where they are large."""
        files = sorted(
            {
                file
                for path in paths
                for file in (folder_files(path) if path.is_dir() else [path])
                if file.is_file() and file not in self._found
            }
        )
        if sum(file.stat().st_size for file in files) < _SHOWN_FROM_BYTES:
            return
        with Progress("digests", total=len(files)) as bar:
            for file in files:
                self._of(file)
                bar.advance(file.as_posix())

    def sha256(self, path: Path) -> str:
        """The digest that a record would have of a file or folder, which must be there."""
        return digest_path(path, lambda file: self._of(file).sha256)

    def md5(self, path: Path) -> str:
        """The digest that `dvc.lock` would have of a file or folder, which must be there."""
        if path.is_file():
            return self._of(path).md5
        rows = [
            {"md5": self._of(file).md5, "relpath": file.relative_to(path).as_posix()}
            for file in folder_files(path)
        ]
        rows.sort(key=lambda row: row["relpath"])  # as DVC has them
        return hashlib.md5(json.dumps(rows, sort_keys=True).encode()).hexdigest() + ".dir"  # noqa: S324

    def _of(self, file: Path) -> _Digests:
        if file not in self._found:
            sha256, md5 = hashlib.sha256(), hashlib.md5()  # noqa: S324 - DVC's choice
            with file.open("rb") as handle:
                while block := handle.read(_BLOCK_BYTES):
                    sha256.update(block)
                    md5.update(block)
            self._found[file] = _Digests(sha256.hexdigest(), md5.hexdigest())
        return self._found[file]
