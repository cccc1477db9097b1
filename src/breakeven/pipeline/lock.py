"""Mends a `dvc.lock` that DVC cannot read: its writing was stopped, or git left it in conflict.

DVC writes the whole file after every stage, in place. What is whole in it is kept, what is missing
comes from git's version; of what neither has, DVC's run cache restores the results. Its list of
files in use is written in place as well, and nothing is lost with that.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from breakeven.core.errors import MachineError
from breakeven.core.files import write_text

if TYPE_CHECKING:
    from dvc.dvcfile import Lockfile

LOCK = Path("dvc.lock")
_DVC = Path(".dvc/tmp")
AT_WORK = "DVC or `breakeven run` is at work here; ask again when it has ended"
# What DVC's processes read and write just now; written in place as well.
IN_USE = _DVC / "rwlock"
_SET_ASIDE = Path(".work/dvc.lock.unreadable")
_SCHEMA = "2.0"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_ENTRY = re.compile(r"^  (?=\S)", re.MULTILINE)
_LISTS = ("deps", "outs")
_IN_CONFLICT, _TORN = "git left it in conflict", "its writing was stopped"
# By libyaml where it is there: a lock has thousands of lines, and every `check` and `status` reads
# it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Entries = dict[str, Any]


class Repaired(NamedTuple):
    """How many entries of a mended lock came from where."""

    why: str
    kept: int
    from_git: int

    def __str__(self) -> str:
        git = f", {self.from_git} come from git" if self.from_git else ""
        return (
            f"{LOCK}: {self.why}; {self.kept} of its entries are whole and kept{git}; "
            f"`dvc repro` restores the rest from its cache (the old file: {_SET_ASIDE})"
        )


def repair_lock() -> Repaired | None:
    """Mend `dvc.lock` where DVC could not read it; None where there is nothing to mend.

    Raises:
        MachineError: DVC is at work and may be writing it just now.
    """
    if not LOCK.is_file() or _readable(_text()):
        return None
    with _dvc_lock(f"{LOCK}: cannot be read, and {AT_WORK}"):  # it may just be written
        text = _text()
        if _readable(text):  # it was just being written
            return None
        # Of a conflict our side counts, and what only theirs has is added; so with git's version
        # below.
        ours, theirs = _conflict_sides(text)
        in_conflict = theirs is not None
        found = {
            **(_whole_entries(theirs) if theirs else {}),
            **_whole_entries(ours, torn=not in_conflict),
        }
        committed = _whole_entries(committed_text())
        write_text(_SET_ASIDE, text)
        write_text(LOCK, _lock_text({**committed, **found}))
    why = _IN_CONFLICT if in_conflict else _TORN
    return Repaired(why, len(found), len(committed.keys() - found.keys()))


def why_unreadable() -> str | None:
    """Why DVC could not read `dvc.lock`, None where it can; nothing is written."""
    text = _text()
    if _readable(text):
        return None
    return _IN_CONFLICT if _conflict_sides(text)[1] is not None else _TORN


def repair_in_use() -> str | None:
    """Remove DVC's list of files in use where its writing was stopped: DVC would run nothing more.

    The processes that it named end with a new one as they do with the old. Returns what was done.

    Raises:
        MachineError: DVC is at work and may be writing it just now.
    """
    if not in_use_is_torn():
        return None
    with _dvc_lock(f"{IN_USE}: cannot be read, and {AT_WORK}", IN_USE.with_suffix(".lock")):
        if not in_use_is_torn():
            return None
        IN_USE.unlink()
    return f"{IN_USE}: {_TORN}; removed, DVC begins a new one"


def in_use_is_torn() -> bool:
    """Whether DVC's list of files in use is there and cannot be read."""
    try:
        json.loads(IN_USE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except ValueError:
        return True
    return False


def locked_entries() -> Entries:
    """The entries of a `dvc.lock` that DVC can read, by the names of their cells."""
    return dict(_tree(_text())["stages"])


@contextmanager
def quickly_read() -> Iterator[None]:
    """Have DVC read `dvc.lock` by libyaml within the block.

    DVC's own parser is written in Python, and of a study of 400 cells takes longer than all else
    that DVC does to tell what is due. DVC checks what was read as ever; where libyaml cannot read
    the file, DVC's parser does, or says what is wrong.
    """
    from dvc.dvcfile import Lockfile
    from dvc.utils.strictyaml import validate

    slowly = Lockfile._load_yaml

    def load(self: "Lockfile", *, round_trip: bool = False) -> tuple[Any, str]:
        text = LOCK.read_text(encoding="utf-8") if not round_trip and _is_ours(self) else ""
        tree = _tree(text)
        if not isinstance(tree, dict):
            return slowly(self, round_trip=round_trip)
        validate(tree, self.SCHEMA, text=text, path=LOCK.as_posix())
        return tree, text

    Lockfile._load_yaml = load
    try:
        yield
    finally:
        Lockfile._load_yaml = slowly


def _is_ours(lock: "Lockfile") -> bool:
    return LOCK.is_file() and Path(lock.path).samefile(LOCK)


def require_idle() -> None:
    """Refuse to go on while another process of DVC runs stages here.

    DVC holds its lock but while a command runs, and keeps a list of files being written meanwhile.

    Raises:
        MachineError: one does.
    """
    with _dvc_lock(AT_WORK):
        _require_nothing_written()


def _require_nothing_written() -> None:
    import psutil

    try:
        busy = json.loads(IN_USE.read_text(encoding="utf-8"))["write"].values()
        running = next((one for one in busy if psutil.pid_exists(one["pid"])), None)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return  # no such list, or not one of DVC's making
    # A list that a killed DVC has left names processes that are gone.
    if running:
        raise MachineError(f"{AT_WORK} (process {running['pid']}: {running['cmd']})")


@contextmanager
def _dvc_lock(otherwise: str, lock: Path = _DVC / "lock") -> Iterator[None]:
    """Hold a lock that DVC writes under, or raise MachineError with these words."""
    from dvc.lock import LockError, make_lock

    _DVC.mkdir(parents=True, exist_ok=True)
    try:
        with make_lock(str(lock), tmp_dir=str(_DVC)):
            yield
    except LockError as error:
        raise MachineError(otherwise) from error


def _text() -> str:
    return LOCK.read_text(encoding="utf-8", errors="replace")


def _readable(text: str) -> bool:
    tree = _tree(text) if text.endswith("\n") else None  # DVC ends its last line
    return (
        isinstance(tree, dict)
        and tree.get("schema") == _SCHEMA
        and isinstance(tree.get("stages"), dict)
        and all(_is_entry(entry) for entry in tree["stages"].values())
    )


@lru_cache(maxsize=1)  # a command asks whether DVC can read the lock before DVC reads it
def _tree(text: str) -> Any:  # noqa: ANN401 - any YAML
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return None


def _is_entry(entry: Any) -> bool:  # noqa: ANN401 - any YAML
    """Whether DVC can read an entry: a command, and files with whole digests."""
    if not isinstance(entry, dict) or not isinstance(entry.get("cmd"), str | list):
        return False
    lists = [entry[name] for name in _LISTS if name in entry]
    return all(isinstance(files, list) and all(map(_is_file, files)) for files in lists)


def _is_file(file: Any) -> bool:  # noqa: ANN401 - any YAML
    return (
        isinstance(file, dict)
        and isinstance(file.get("path"), str)
        and _MD5.fullmatch(str(file.get("md5"))) is not None
        and isinstance(file.get("size"), int)
    )


def _whole_entries(text: str, *, torn: bool = False) -> Entries:
    """The entries of a lock that are whole; of a torn one the last is not trusted."""
    _, _, stages = text.partition("stages:\n")
    blocks = _ENTRY.split(stages)[1:]
    found: Entries = {}
    for block in blocks[:-1] if torn else blocks:
        tree = _tree(f"  {block}")
        if isinstance(tree, dict):
            found |= {name: entry for name, entry in tree.items() if _is_entry(entry)}
    return found


def _conflict_sides(text: str) -> tuple[str, str | None]:
    """Both sides of a file that git left in conflict; None for the other where it did not."""
    ours, theirs, side = [], [], "both"
    marks = {"<<<<<<<": "ours", "|||||||": "neither", "=======": "theirs", ">>>>>>>": "both"}
    in_conflict = False
    for line in text.splitlines(keepends=True):
        if (mark := line.rstrip("\n").split(" ")[0]) in marks:
            side, in_conflict = marks[mark], True
            continue
        if side in {"both", "ours"}:
            ours.append(line)
        if side in {"both", "theirs"}:
            theirs.append(line)
    return "".join(ours), "".join(theirs) if in_conflict else None


def committed_text() -> str:
    """The lock as git last committed it, empty where it did not."""
    shown = subprocess.run(  # noqa: S603
        ["git", "show", f"HEAD:./{LOCK}"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout if shown.returncode == 0 else ""


def _lock_text(entries: Mapping[str, Any]) -> str:
    return yaml.safe_dump({"schema": _SCHEMA, "stages": dict(entries)}, sort_keys=False, width=1000)
