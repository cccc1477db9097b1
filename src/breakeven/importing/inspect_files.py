"""Inspect logs on disk: `.json` and `.eval` (a zip, deflated or Zstandard), and which count.

An evaluation that was cancelled, failed or never ended is told apart from one that finished.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breakeven.core.errors import InputError
from breakeven.core.files import parse_json, read_json, refuse_pipe
from breakeven.importing.json_shapes import InspectHead, InspectSample, check_shape

# What Inspect writes beside its logs: the set's own description, headers and listings of logs.
MANIFESTS = ("eval-set.json", "logs.json", "listing.json")
_ZSTANDARD = 93  # zipfile of Python 3.11 to 3.13 does not know it
_UNFINISHED = {
    "started": "it was killed or still runs; finish or repeat the evaluation",
    "cancelled": "the evaluation was cancelled; finish it with `inspect eval-retry`",
    "error": "the evaluation failed; finish it with `inspect eval-retry`",
}

Json = dict[str, Any]


@dataclass(frozen=True)
class InspectLog:
    """The head of one log; `samples` reads them one by one, each with its place for messages."""

    file: Path
    status: str
    spec: Json
    error: str | None

    @property
    def task(self) -> str:
        """The task without the package that it comes from."""
        return str(self.spec.get("task", "")).rsplit("/", maxsplit=1)[-1]

    def samples(self) -> Iterator[tuple[str, Json]]:
        """The logged samples; raises InputError where one is not readable."""
        found = _zip_samples(self.file) if _is_zip(self.file) else _json_samples(self.file)
        for where, sample in found:
            check_shape(where, InspectSample, sample)
            yield where, sample


def finished_logs(path: Path) -> tuple[list[InspectLog], list[str]]:
    """The logs to read under `path`, one a task, and notes on those that another one replaces.

    Raises InputError where there is no log, one did not finish and has no finished one of its task
    beside it, or two of one task finished.
    """
    logs = [read_head(file) for file in _log_files(path)]
    done: dict[str, InspectLog] = {}
    for log in logs:
        if log.status != "success":
            continue
        if log.task in done:
            raise InputError(
                f"{path}: two finished logs of {log.task}: {done[log.task].file.name}, "
                f"{log.file.name}; keep one"
            )
        done[log.task] = log
    unfinished = [log for log in logs if log.status != "success"]
    for log in unfinished:
        if log.task not in done:
            raise InputError(_why_unfinished(log))
    notes = [f"{log.file.name}: left out, {log.status}; a later log finished" for log in unfinished]
    return list(done.values()), notes


def read_head(file: Path) -> InspectLog:
    """What a log says of itself; raises InputError where the file is no log of version 2 or on."""
    head = _zip_head(file) if _is_zip(file) else read_json(file)
    if not isinstance(head, dict) or not isinstance(head.get("eval"), dict):
        raise InputError(f"{file}: is not an Inspect log: it has no section eval")
    version = head.get("version", 2)
    if not isinstance(version, int) or version < 2:
        raise InputError(f"{file}: version: value is {version!r}; convert it with a newer Inspect")
    check_shape(str(file), InspectHead, head)
    if head.get("invalidated"):
        raise InputError(
            f"{file}: invalidated: value is True; samples of it were marked as wrong; repeat them "
            "with `inspect eval-retry`"
        )
    error = head.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return InspectLog(file, str(head.get("status")), head["eval"], message)


def _why_unfinished(log: InspectLog) -> str:
    fix = _UNFINISHED.get(log.status, "use a log with status success")
    reason = "" if log.error is None else f" ({' '.join(log.error.split())[:120]})"
    return f"{log.file}: status: value is {log.status!r}{reason}; {fix}"


def _log_files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in (".json", ".eval")
        and file.name not in MANIFESTS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not files:
        raise InputError(f"{path}: holds no .json or .eval log of Inspect")
    return files


def _is_zip(file: Path) -> bool:
    return file.suffix.lower() == ".eval"


def _json_samples(file: Path) -> Iterator[tuple[str, Any]]:
    for index, sample in enumerate(read_json(file).get("samples") or []):
        yield f"{file}: samples.{index}", sample


def _zip_head(file: Path) -> Any:  # noqa: ANN401 - a JSON value
    with _opened(file) as archive:
        names = archive.namelist()
        if "header.json" in names:
            return _entry(archive, file, "header.json")
        if "_journal/start.json" in names:  # the header is written at the end
            started = _entry(archive, file, "_journal/start.json")
            return {**started, "status": "started"} if isinstance(started, dict) else started
    raise InputError(f"{file}: is not an Inspect log: it holds no header.json")


def _zip_samples(file: Path) -> Iterator[tuple[str, Any]]:
    with _opened(file) as archive:
        for name in archive.namelist():
            if name.startswith("samples/") and name.endswith(".json"):
                yield f"{file}: {name}", _entry(archive, file, name)


def _opened(file: Path) -> zipfile.ZipFile:
    refuse_pipe(file)
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise InputError(f"{file}: no such file") from error
    except zipfile.BadZipFile as error:
        raise InputError(f"{file}: not a readable .eval log: {error}; copy it again") from error


def _entry(archive: zipfile.ZipFile, file: Path, name: str) -> Any:  # noqa: ANN401 - a JSON value
    try:
        return parse_json(_bytes(archive, archive.getinfo(name)))
    except (OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{file}: {name}: not readable: {_line(error)}; copy it again") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{file}: {name}: damaged: {_line(error)}; copy it again") from error


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """An entry's content; Zstandard is undone by pyarrow, the rest by zipfile."""
    if info.compress_type != _ZSTANDARD:
        return archive.read(info)
    # Inspect's own way is to patch zipfile for the whole process.
    import pyarrow as pa

    raw = archive.fp
    assert raw is not None
    # The local header is 30 bytes and then a name and an extra field of their own lengths
    # (APPNOTE.TXT 4.3.7), which the archive's directory does not give.
    raw.seek(info.header_offset)
    header = raw.read(30)
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    packed = io.BytesIO(raw.read(info.compress_size))
    content: bytes = pa.input_stream(packed, compression="zstd").read()
    if zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile("its checksum differs")
    return content


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
