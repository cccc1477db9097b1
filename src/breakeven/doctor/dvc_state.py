"""What DVC holds of a study: a lock that it can read, outputs as they stand there, its cache."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from breakeven.core.errors import InputError
from breakeven.core.layout import made_by, record_path
from breakeven.doctor.file_digests import FileDigests
from breakeven.doctor.finding import Finding, dvc, removed
from breakeven.doctor.outputs import Told
from breakeven.doctor.study_cells import StudyCell
from breakeven.pipeline.lock import (
    IN_USE,
    LOCK,
    committed_text,
    in_use_is_torn,
    locked_entries,
    why_unreadable,
)
from breakeven.pipeline.status import first_few

_DVC = Path(".dvc")
_CONFIG = _DVC / "config"
_PIPELINE = Path("dvc.yaml")
# Stages without a record.
_OTHERS = ("texts", "lessons")


def look_at_dvc(cells: Sequence[StudyCell], told: Told, digests: FileDigests) -> Iterator[Finding]:
    """What DVC could not read, does not know, has not here or has lost."""
    if not _DVC.is_dir():
        start = "dvc init" if Path(".git").exists() else "git init && dvc init"
        yield Finding("dvc", f"{_DVC}: is not here; nothing of the study is kept", start)
    if why := _why_no_pipeline():
        yield Finding(
            "dvc", f"{_PIPELINE}: {why}; DVC runs nothing", f"git checkout HEAD -- {_PIPELINE}"
        )
    if in_use_is_torn():
        yield Finding("dvc", f"{IN_USE}: cannot be read; DVC runs nothing", "breakeven check")
    if not LOCK.is_file():
        if told.records:
            yield Finding(
                "dvc",
                f"{LOCK}: is not here, and {len(told.records)} cells have run",
                # What is committed by force counts as made from what its inputs are now.
                f"git checkout HEAD -- {LOCK}" if committed_text() else "dvc commit --force",
            )
        return
    why = why_unreadable()
    if why is not None:
        yield Finding("dvc", f"{LOCK}: cannot be read; {why}", "breakeven check")
        return
    entries = locked_entries()
    names = set(map(_cell_name, cells))
    try:
        cache = cache_folder() if _DVC.is_dir() else None
    except InputError as error:
        yield Finding("dvc", f"{error}; DVC runs nothing", f"git checkout HEAD -- {_CONFIG}")
        cache = None
    unknown = [cell for cell in told.records if _cell_name(cell) not in entries]
    if unknown:
        yield Finding(
            "dvc",
            f"{first_few([record_path(*cell).as_posix() for cell in unknown])}: "
            f"{LOCK} has nothing of it, as when a stage is run by hand",
            dvc("repro", *map(_cell_name, unknown)),
        )
    known = {name: entry for name, entry in entries.items() if name in {*names, *_OTHERS}}
    for name, entry in known.items():
        yield from _of_entry(name, entry.get("outs", []), told, digests)
    if cache is not None:
        yield from _of_cache(cache, known, entries, told, digests)


def _of_cache(
    cache: Path,
    known: Mapping[str, Mapping[str, Any]],
    entries: Mapping[str, Mapping[str, Any]],
    told: Told,
    digests: FileDigests,
) -> Iterator[Finding]:
    """What the cache lacks, or has damaged, of the outputs that are as they were locked."""
    lost: dict[str, list[str]] = {}
    damaged: list[Path] = []
    for name, entry in known.items():
        for out in (one for one in entry.get("outs", []) if _is_as_locked(one, told, digests)):
            not_whole = list(_not_whole(cache, str(out["md5"]), digests))
            if not_whole:
                lost.setdefault(name, []).append(out["path"])
                damaged += [file for file in not_whole if file.exists()]
    if lost:
        paths = [path for of_cell in lost.values() for path in of_cell]
        # Not by force: where a file of theirs has changed after all, DVC says so and asks.
        commit = dvc("commit", *_targets(list(lost), entries))
        yield Finding(
            "dvc",
            f"{first_few(paths)}: not whole in DVC's cache ({cache})",
            # DVC would leave what stands there as it is.
            f"{removed(dict.fromkeys(damaged))} && {commit}" if damaged else commit,
        )


def _targets(names: Sequence[str], entries: Mapping[str, Any]) -> Iterator[str]:
    """What DVC takes for some cells: the stage's name where they are all of it."""
    chosen = set(names)
    stages = dict.fromkeys(name.partition("@")[0] for name in names)
    for stage in stages:
        cells = [name for name in entries if name.partition("@")[0] == stage]
        if len(cells) > 1 and chosen.issuperset(cells):
            yield stage
        else:
            yield from (name for name in cells if name in chosen)


def _of_entry(
    name: str, outs: Sequence[Any], told: Told, digests: FileDigests
) -> Iterator[Finding]:
    """A line for all outputs of a cell of which the same is true."""
    gone: list[str] = []
    by_hand: list[str] = []
    other: list[str] = []
    for out in outs:
        path, md5 = Path(out["path"]), str(out["md5"])
        if not path.exists():
            gone.append(out["path"])
        elif _is_told(path, told):
            continue
        elif digests.md5(path) != md5:
            # What agrees with its record was made, only not by DVC.
            (by_hand if _is_recorded(path, told) else other).append(out["path"])
    if gone and not all(_is_told(Path(path), told) for path in gone):
        yield Finding("dvc", f"{first_few(gone)}: not here, and {LOCK} has it", dvc("repro", name))
    if other:
        yield Finding("dvc", f"{first_few(other)}: not what {LOCK} has", dvc("repro", name))
    if by_hand:
        yield Finding(
            "dvc",
            f"{first_few(by_hand)}: agrees with its record and not with {LOCK}, as when a stage is "
            "run by hand",
            # It would be committed as made from what its inputs are now; run, scratch has the work.
            dvc("repro", name),
        )


def _is_as_locked(out: Mapping[str, Any], told: Told, digests: FileDigests) -> bool:
    path = Path(out["path"])
    return path.exists() and not _is_told(path, told) and digests.md5(path) == str(out["md5"])


def _is_told(path: Path, told: Told) -> bool:
    """Whether a finding is about the path, something in it or what it is in."""
    return bool({path, *path.parents} & told.wrong) or any(
        path in one.parents for one in told.wrong
    )


def _is_recorded(path: Path, told: Told) -> bool:
    made = made_by(path)
    return path in told.agree or (path.suffix == ".json" and made in told.records)


def _cell_name(cell: StudyCell) -> str:
    """What DVC calls a cell."""
    stage, *names = cell
    return f"{stage}@{'-'.join(names)}" if names else stage


def _why_no_pipeline() -> str | None:
    """Why DVC could not read the pipeline, None where it can."""
    try:
        tree = yaml.safe_load(_PIPELINE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "is not here"
    except (OSError, ValueError, yaml.YAMLError) as error:
        return f"cannot be read ({' '.join(str(error).split())[:100]})"
    return None if isinstance(tree, dict) and "stages" in tree else "has no stages"


def cache_folder() -> Path:
    """Where DVC keeps content, by its configuration.

    Raises:
        InputError: the configuration cannot be read.
    """
    from dvc.config import Config, ConfigError

    try:
        place = Config(dvc_dir=_DVC.as_posix()).get("cache", {}).get("dir")
    except (ConfigError, ValueError) as error:
        reason = " ".join(str(error).split())[:100]
        raise InputError(f"{_CONFIG}: cannot be read ({reason})") from error
    return Path(place) if place else _DVC / "cache"


def _not_whole(cache: Path, md5: str, digests: FileDigests) -> Iterator[Path]:
    """What the cache lacks of a file, or of a folder's list and all that it names, or has damaged.

    A damaged file is as long as it was and read-only: its bytes alone tell.
    """
    file = cache / "files/md5" / md5[:2] / md5[2:]
    if not file.is_file() or digests.md5(file) != md5.removesuffix(".dir"):
        yield file
    elif md5.endswith(".dir"):
        for row in json.loads(file.read_text(encoding="utf-8")):
            yield from _not_whole(cache, row["md5"], digests)
