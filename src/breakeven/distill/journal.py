"""What a teacher has answered so far, on disk line by line: no prompt is paid for twice.

A journal is a folder of JSON-lines files, one a source, for one teacher in one style. A
reply is kept as it came, by the digest of its prompt, so that neither an edit to other prompts nor
another way to split trace and answer is paid for again.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import append_whole, sync_file
from breakeven.core.sealed import read_sealed_line, sealed_line, tell_damaged
from breakeven.rows.prompt import Prompt
from breakeven.serving.chat_replies import kept_fields


@dataclass(frozen=True)
class Reply:
    """One reply. `prompt` is the digest of the prompt, `reasoning` the server's own field.

    Counts are None where the server gives none. `thinking_tokens` come from its usage or from
    token ids, `opened` says that the prompt already ended with the mark that opens a trace.
    `device_seconds` are this reply's share of the time that the teacher was kept busy;
    `cached_tokens` are those of the prompt that a server had read before.
    """

    prompt: str
    content: str
    reasoning: str | None
    stop: str
    prompt_tokens: int | None
    completion_tokens: int | None
    thinking_tokens: int | None = None
    opened: bool = False
    device_seconds: float | None = None
    cached_tokens: int | None = None


class _Location(NamedTuple):
    """Where a reply is: a file, and the first and the last byte of its line."""

    path: Path
    start: int
    end: int


def prompt_digest(prompt: Prompt) -> str:
    """What identifies a prompt in a journal: its text, whatever its id is."""
    return hashlib.sha256(prompt.prompt.encode()).hexdigest()


class Journal:
    """The replies in `folder`; new ones are appended to the file of `source`.

    Only where each reply lies is held in memory. As a context manager it closes its file. Raises
    MachineError where another process has that file open.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._locations: dict[str, _Location] = {}
        for path in sorted(folder.glob("*.jsonl")):
            self._locations.update(_read_locations(path))
        self._path = folder / f"{source}.jsonl"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._is_synced = True
        self._lock()
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")  # the line that a kill tore stays alone

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.sync()  # also of a run that ends early: what was kept was paid for
        finally:
            os.close(self._file)

    def missing(self, prompts: Sequence[Prompt]) -> list[Prompt]:
        """The prompts without a reply, each text once."""
        # Reversed twice: of prompts with the same text the first one stays.
        wanted = {prompt_digest(prompt): prompt for prompt in reversed(prompts)}
        return [
            prompt for digest, prompt in reversed(wanted.items()) if digest not in self._locations
        ]

    def keep(self, reply: Reply) -> None:
        """Append a reply: it outlives this process, and after `sync` a loss of power."""
        line = sealed_line(kept_fields(asdict(reply))) + b"\n"
        start = append_whole(self._file, line, self._path)
        self._is_synced = False
        self._locations[reply.prompt] = _Location(self._path, start, start + len(line))

    def sync(self) -> None:
        """Have every reply that was kept on the disk; may run beside `keep`, in another thread."""
        if self._is_synced:
            return
        self._is_synced = True  # before: what is kept meanwhile needs another one
        sync_file(self._file, self._path)

    def _lock(self) -> None:
        """Hold the file until this process ends, however it does."""
        # A lock file would outlive a process that is killed; this lock goes with it.
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise MachineError(
                f"{self._path}: another process is asking for the same completions; wait for it"
            ) from error

    def replies(self, prompts: Sequence[Prompt]) -> Iterator[tuple[Prompt, Reply]]:
        """Every prompt with its reply, in their order; raises KeyError where one is missing."""
        for prompt in prompts:
            at = self._locations[prompt_digest(prompt)]
            with at.path.open("rb") as file:
                file.seek(at.start)
                reply = _read_reply(file.read(at.end - at.start))
            if reply is None:
                raise InputError(f"{at.path}: has changed while it was read; run this again")
            yield prompt, reply


def _read_locations(path: Path) -> Iterator[tuple[str, _Location]]:
    """Where each whole reply of a file lies; a line that was torn or changed is no reply."""
    end = damaged = 0
    with path.open("rb") as file:
        for line in file:
            start, end = end, end + len(line)
            reply = _read_reply(line)
            if reply is not None:
                yield reply.prompt, _Location(path, start, end)
            elif line.strip():
                damaged += 1
    if damaged:
        tell_damaged(path, f"what {damaged} of its lines answered is asked for again")


def _read_reply(line: bytes) -> Reply | None:
    row = read_sealed_line(line, must_have_seal=False)  # what was paid for before there were seals
    try:
        return None if row is None else Reply(**row)
    except TypeError:
        return None
