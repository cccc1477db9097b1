"""What `dvc repro` would run, and why: `breakeven status`.

DVC is asked after the files under `inputs/` have been brought up to date, and the reason is what
differs in them from what the cell last ran with, which DVC's cache still holds.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.cycles import not_looked_for
from breakeven.core.errors import InputError, MachineError
from breakeven.params import Params
from breakeven.pipeline.as_locked import cells_as_locked
from breakeven.pipeline.inputs import ALWAYS_RUN, CODE, INPUTS, write_inputs
from breakeven.pipeline.lock import AT_WORK, quickly_read, require_idle
from breakeven.pipeline.named_files import MISSING

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

_SHOWN = 3
_NEW = "new"
# Nothing that it made is left, as in a fresh clone: reason enough, whatever it reads has become.
_LOST = "its outputs are not in cache"


class DueCell(NamedTuple):
    """A cell that would run, and why."""

    cell: str
    why: tuple[str, ...]


class Status(NamedTuple):
    """Cells that would run, and those that then run where what they read has become another.

    `cells` are all that the study has, but for those that always run.
    """

    due: tuple[DueCell, ...]
    after: tuple[str, ...]
    cells: int

    @property
    def to_run(self) -> frozenset[str]:
        """All that would or may run; what always runs is never due, and can fail all the same."""
        return frozenset({*ALWAYS_RUN, *self.after, *(one.cell for one in self.due)})

    def as_dict(self) -> dict[str, Any]:
        """As JSON: the cells with their reasons, what may follow, and how many there are."""
        due = [one._asdict() for one in self.due]
        return {"due": due, "after": list(self.after), "cells": self.cells}


def pipeline_status(params: Params) -> Status:
    """Bring `inputs/` up to date and ask DVC what is due; raises as `told_repository`."""
    # In a large study looking for cycles is a fifth of the command.
    with not_looked_for(), told_repository(params) as repo:
        return repository_status(repo)


@contextmanager
def told_repository(params: Params) -> Iterator["Repo"]:
    """DVC's view of the project, with `inputs/` up to date.

    Raises:
        MachineError: DVC is at work: what is due changes, and asking could stop it at its locks.
        InputError: this is not the project's root, or DVC cannot read `dvc.yaml`.
    """
    from dvc.exceptions import DvcException
    from dvc.lock import LockError
    from dvc.repo import Repo

    for name in ("dvc.yaml", ".dvc"):
        if not Path(name).exists():
            raise InputError(f"{name} is not here; run this from the project's root")
    # First: writing `inputs/` under a running DVC would have its stages refuse what it was told.
    require_idle()
    write_inputs(params)
    logging.getLogger("dvc").setLevel(logging.ERROR)
    try:
        with quickly_read(), Repo() as repo:
            yield repo
    except LockError as error:
        raise MachineError(AT_WORK) from error
    except DvcException as error:
        raise InputError(f"DVC: {' '.join(str(error).split())}") from error


def repository_status(repo: "Repo") -> Status:
    """What DVC says is due, with `inputs/` as it stands."""
    from dvc.dvcfile import load_file
    from dvc.repo import lock_repo

    with lock_repo(repo):
        own = str(Path(repo.root_dir, "dvc.yaml"))
        cells = load_file(repo, own).stages
        others = {stage.addressing: stage for stage in _stages_beside(repo, own)}
        as_locked = cells_as_locked(repo, cells)
        doubtful = {name: cells[name] for name in cells if name not in as_locked} | others
        stages = {
            name: stage
            for name, stage in doubtful.items()
            if name.partition("@")[0] not in ALWAYS_RUN
        }
        asked: dict[Any, dict[str, str]] = {}
        changes = {name: [*changes_of(stage, asked)] for name, stage in stages.items()}
    due = tuple(
        DueCell(name, tuple(_reasons(repo, stages[name], found)))
        for name, found in changes.items()
        if found
    )
    # Followed only where somebody is due.
    known = {name: cells[name] for name in cells if due and name not in doubtful} | doubtful
    readers = readers_of(known) if due else {}
    after: set[str] = set()
    waiting = [one.cell for one in due]
    while waiting:
        found = readers[waiting.pop()] - after
        after |= found
        waiting += found
    names = after - {one.cell for one in due} - ALWAYS_RUN
    every = [name for name in (*cells, *others) if name not in ALWAYS_RUN]
    return Status(due, tuple(name for name in every if name in names), len(every))


def _stages_beside(repo: "Repo", own: str) -> Iterator["PipelineStage"]:
    """Stages of `.dvc` files and of other `dvc.yaml`: what they make may be read by cells."""
    from dvc.dvcfile import is_valid_filename, load_file

    for where, folders, names in repo.dvcignore.walk(repo.fs, repo.root_dir, followlinks=False):
        for file in (f"{where}/{name}" for name in names if is_valid_filename(name)):
            if file != own and not repo.scm.is_ignored(file):
                yield from load_file(repo, file).stages.values()
        folders[:] = [one for one in folders if not repo.scm.is_ignored(f"{where}/{one}/")]


def readers_of(stages: Mapping[str, "PipelineStage"]) -> dict[str, set[str]]:
    """Who reads what each stage writes: its outputs, something in them, or a folder around them.

    The arrows of DVC's own graph, turned; it also looks for circles and for outputs of two stages,
    which takes a third of the time of a study where everything is due.
    """
    makers: dict[str, str] = {}
    makers_within: dict[str, set[str]] = defaultdict(set)
    for name, stage in stages.items():
        for out in stage.outs:
            makers[out.fs_path] = name
            for folder in _folders_of(out.fs_path):
                makers_within[folder].add(name)
    readers: dict[str, set[str]] = {name: set() for name in stages}
    for name, stage in stages.items():
        for dep in stage.deps:
            around = (makers.get(place) for place in (dep.fs_path, *_folders_of(dep.fs_path)))
            for maker in {*filter(None, around), *makers_within.get(dep.fs_path, ())}:
                readers[maker].add(name)
    return readers


@cache
def _folders_of(path: str) -> tuple[str, ...]:
    return tuple(str(folder) for folder in Path(path).parents)


def changes_of(
    stage: "PipelineStage", asked: dict[Any, dict[str, str]]
) -> Iterator[str | dict[str, dict[str, str]]]:
    """What `stage.status` tells; it would write its file of locks four times for every stage.

    `asked` keeps what has been found of files: the same ones are read by many stages.
    """
    both = {"changed deps": () if stage.frozen else stage.deps, "changed outs": stage.outs}
    for what, files in both.items():
        found: dict[str, str] = {}
        for file in files:
            key = (what, file.fs_path, file.hash_info.value)
            if key not in asked:
                asked[key] = file.status()
            found |= asked[key]
        if found:
            yield {what: found}
    if stage.is_callback or stage.always_changed:
        yield "always changed"
    if stage.changed_stage():
        yield "changed command"


def _reasons(repo: "Repo", stage: "PipelineStage", changes: list[Any]) -> Iterator[str]:
    """Why a stage is due, the same reason once."""
    # A stage that never ran has no digests of its outputs, and all of its inputs would be reasons.
    if stage.outs and not any(out.hash_info for out in stage.outs):
        yield _NEW
        return
    outputs = [
        reason
        for change in changes
        if isinstance(change, Mapping)
        for reason in _output_reasons(len(stage.outs), change.get("changed outs", {}))
    ]
    if outputs == [_LOST]:
        yield _LOST
        return
    for change in changes:
        if not isinstance(change, Mapping):
            yield str(change)  # another command, for one
            continue
        changed = change.get("changed deps", {})
        # What a person edits before code, of which there may be much.
        for path in sorted(changed, key=lambda path: path.startswith(CODE.as_posix())):
            yield from _dependency_reasons(repo, stage, path, changed[path])
    yield from outputs


def _output_reasons(outputs: int, changed: Mapping[str, str]) -> Iterator[str]:
    """What is the matter with outputs; where it is the same with all, no line for every cell."""
    matters = set(changed.values())
    if len(changed) == outputs and len(matters) == 1:
        yield f"its outputs are {matters.pop()}"
        return
    for path, what in changed.items():
        yield f"{path} is {what}"


def _dependency_reasons(
    repo: "Repo", stage: "PipelineStage", path: str, what: str
) -> Iterator[str]:
    """What has changed in a file of `inputs/`, else that a file or folder has."""
    before = next((dep.hash_info.value for dep in stage.deps if str(dep) == path), None)
    if Path(path).parts[0] == INPUTS.name and before and Path(path).is_file():
        cached = Path(repo.cache.local.oid_to_path(before))
        if cached.is_file():
            yield from differences(
                json.loads(cached.read_text()), json.loads(Path(path).read_text())
            )
            return
    yield f"{path} is {what}"


def differences(before: Any, now: Any, where: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """What differs between two files of `inputs/`: paths of code and files, keys of params."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in {**before, **now}:
            old, new = before.get(key), now.get(key)
            # Keys of these tables, and keys of digests, are paths: they speak for themselves.
            whole = where in {"", "params", "files"} or _is_digest(old) or _is_digest(new)
            if old != new:
                yield from differences(old, new, key if whole else f"{where}.{key}")
    elif _are_names(before) and _are_names(now) and (moved := set(before) ^ set(now)):
        for name in [name for name in [*now, *before] if name in moved]:
            yield f"{where}.{name} is {'new' if name in now else 'gone'}"
    elif any(_is_digest(one) or isinstance(one, dict) for one in (before, now)):
        came, went = (one in (None, MISSING) for one in (before, now))
        yield f"{where} is {'new' if came else 'gone' if went else 'changed'}"
    else:
        yield f"{where}: {_shortened(before)} -> {_shortened(now)}"


def _are_names(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether this is a list of names: of it, what came and what went is told, not the whole."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_digest(value: Any) -> bool:  # noqa: ANN401 - JSON
    return (
        isinstance(value, str)
        and len(value) in {16, 64}
        and not set(value) - set("0123456789abcdef")
    )


def _shortened(value: Any) -> str:  # noqa: ANN401 - JSON
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def status_lines(status: Status) -> list[str]:
    """A line for all cells of a stage that are due for the same reason."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for cell, why in status.due:
        alike[cell.partition("@")[0], why].append(cell)
    lines = [f"{first_few(cells)}: {first_few(why, '; ')}" for (_, why), cells in alike.items()]
    if status.after:
        lines.append(f"then, where what they read has become another: {first_few(status.after)}")
    if not status.due:
        return [f"nothing is due but track, which always runs; cells done: {status.cells:,}"]
    done = status.cells - len(status.due) - len(status.after)
    return [*lines, f"done: {done:,} of {status.cells:,} cells"]


def first_few(texts: Sequence[str], between: str = ", ") -> str:
    """The first few of some texts, and how many more there are."""
    more = len(texts) - _SHOWN
    return between.join(texts) if more <= 1 else f"{between.join(texts[:_SHOWN])} and {more} more"
