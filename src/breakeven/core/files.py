"""Files as stages use them: written whole or not at all, read with errors that name the line."""

import glob
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from breakeven.core.errors import InputError
from breakeven.core.layout import remade_by

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row")
# No two processes write one file for longer than this.
_STALE_SECONDS = 60.0
_ESCAPED = "backslashreplace"
# As `.dvcignore` has them.
_LEFT = re.compile(r"\..*\.(?:tmp|old)")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary sibling of `path` that takes its place when the block ends without an error."""
    temporary = _temporary(path)
    try:
        yield temporary
        _to_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a failed write names no file by itself
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary sibling folder that replaces `path` when the block ends without an error.

    The old folder is moved aside before the new one takes its place; `recover_folder` puts it back
    should a kill fall between the two moves.
    """
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _to_disk(file)
        recover_folder(path)
        # A folder cannot take the place of one that holds files, as a file can: two moves are
        # needed.
        if path.exists() or path.is_symlink():
            path.rename(_aside(path))
        temporary.rename(path)
        _remove(_aside(path))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _to_disk(file: Path) -> None:
    """Wait until the disk has what was written to a file.

    Without it a machine that loses power may have the new name and none of the content.
    """
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    """Remove a file or a folder; of a link the link, never what it points at."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    """A name beside `path` for what will take its place; what a kill left there is removed.

    `.dvcignore` keeps such names out of every digest. A young one may be another process's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                _remove(left)
    # A name for each writer: two processes may write one file at a time.
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


def recover_folder(path: Path) -> None:
    """Undo what a kill in the middle of replacing `path` left behind."""
    aside = _aside(path)
    if aside.exists() or aside.is_symlink():
        if path.exists():
            _remove(aside)
        else:
            aside.rename(path)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def write_text(path: Path, text: str) -> None:
    """Write `text` so that a kill leaves the old file or the new one, never half of one.

    Half of a character, which has no UTF-8, is written as its escape `\\ud83d`: in JSON that is
    read as what it was, and elsewhere a person sees it.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors=_ESCAPED)


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write JSON a person can read; NaN and infinity are refused, an absent number is null."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def refuse_pipe(path: Path) -> None:
    """Raise InputError where a pipe, socket or device is given for a file: reading might not end.

    To be asked before a file is opened that a person gave; what is not there passes.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError(
            f"{path}: is a pipe or a device, which might be read without end; write its content "
            "into a file and give that"
        )


def read_json(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    """Read a JSON file; raises InputError with the line where it does not parse."""
    refuse_pipe(path)
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file{remade_by(path)}") from error
    # json recurses: a file of nothing but brackets ends it as a mistake would.
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {error}{remade_by(path)}") from error


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON text; raises ValueError also where an object has a key twice."""
    return json.loads(text, object_pairs_hook=_keys_once)


def damaged(path: Path, error: Exception) -> InputError:
    """What to tell of a file of a stage's that a library cannot read."""
    # Libraries quote whole files, over many lines.
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return InputError(f"{path}: is damaged ({reason}){remade_by(path)}")


def append_whole(file: int, data: bytes, path: Path) -> int:
    """Append bytes to an open file, all or none; returns where they begin.

    The error of a full disk names `path`, and what is appended next begins a line of its own.
    """
    start = os.lseek(file, 0, os.SEEK_END)
    try:
        written = 0  # the system may take less than it is given
        while written < len(data):
            written += os.write(file, data[written:])
    except OSError as error:
        os.ftruncate(file, start)
        raise OSError(error.errno, error.strerror, str(path)) from error
    return start


def sync_file(file: int, path: Path) -> None:
    """Have all of an open file on the disk; an error names `path`."""
    try:
        os.fsync(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one JSON object a line as rows come, all or none; returns how many."""
    written = 0
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=_ESCAPED) as handle,
    ):
        for row in rows:
            handle.write(json.dumps(dict(row), ensure_ascii=False, allow_nan=False) + "\n")
            written += 1
    return written


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read one JSON object a line; raises InputError naming the file and line of a bad one."""
    return [row for _, row in _iter_jsonl(path)]


def _iter_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows with the numbers of their lines."""
    refuse_pipe(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; `dvc repro` makes what stages write")
    # As bytes, so that a line that is not UTF-8 is named as any other.
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip():
                yield number, _parse_row(path, number, line)


def _parse_row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = parse_json(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: line {number}: not valid JSON ({error})"
            f"{remade_by(path) or '; mend or remove the line'}"
        ) from error
    if not isinstance(row, dict):
        raise InputError(
            f"{path}: line {number}: {type(row).__name__} where a JSON object is needed"
            f"{remade_by(path)}"
        )
    return row


def _keys_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object, whose keys json would let the last of several values take without a word."""
    row = dict(pairs)
    if len(row) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"key {key!r} is given twice")
    return row


def write_rows(path: Path, rows: Iterable["DataclassInstance"]) -> int:
    """Write one dataclass row a line as rows come, all or none; returns how many."""
    return write_jsonl(path, (asdict(row) for row in rows))


def read_rows(path: Path, row_type: type[Row]) -> list[Row]:
    """Read rows that `write_rows` wrote; InputError names the line and field of a bad one."""
    return list(iter_rows(path, row_type))


def iter_rows(path: Path, row_type: type[Row]) -> Iterator[Row]:
    """The rows of `read_rows` one by one, for files that are larger than memory."""
    from pydantic import TypeAdapter, ValidationError

    read = TypeAdapter(row_type).validate_python
    for number, row in _iter_jsonl(path):
        try:
            yield read(row)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(str(key) for key in problem["loc"])
            raise InputError(
                f"{path}: line {number}: {where}: {problem['msg']}{remade_by(path)}"
            ) from error


def digest_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """SHA-256 of a JSON value in canonical form (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def digest_path(path: Path, of_file: Callable[[Path], str] = digest_file) -> str:
    """SHA-256 of a file, or of a folder's relative names and contents; `of_file` digests a file."""
    if path.is_file():
        return of_file(path)
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder")
    files = folder_files(path)
    return digest_json([[file.relative_to(path).as_posix(), of_file(file)] for file in files])


def folder_files(folder: Path) -> list[Path]:
    """The files in a folder, sorted, without what a kill has left in the middle of being written.

    A folder is listed in another order on another disk.
    """
    found = (entry for entry in folder.rglob("*") if entry.is_file())
    return sorted(
        file for file in found if not any(map(_LEFT.fullmatch, file.relative_to(folder).parts))
    )
