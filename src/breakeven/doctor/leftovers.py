"""What lies in a study and belongs to nothing: cells of former rows, what kills have left."""

import shlex
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from breakeven.core.layout import made_by
from breakeven.core.scratch import SCRATCH
from breakeven.doctor.finding import Finding, removed
from breakeven.doctor.study_cells import StudyCell, unknown_row
from breakeven.models.disk_space import folder_bytes, gigabytes
from breakeven.params import Params

FOLDERS = tuple(map(Path, ("data", "models", "answers", "records", "scores", "report")))
# What is written whole as well, and belongs to no cell.
_OTHERS = (Path("inputs"), Path("tuning"))
# As `.dvcignore` has them.
_LEFT = (".*.tmp", ".*.old")
# A younger one may be at work: no file is written for longer.
_AT_WORK_SECONDS = 60.0


def look_for_orphans(params: Params, cells: Sequence[StudyCell]) -> Iterator[Finding]:
    """Outputs and records of cells that params.yaml has no longer, a line a row that is gone.

    Folders that several cells read, such as `data/pairs`, are a part of what DVC digests: what
    lies there runs their readers again when it goes.
    """
    known = set(cells)
    files: dict[str, set[Path]] = defaultdict(set)
    every = {file for folder in FOLDERS for file in folder.rglob("*") if file.is_file()}
    for file in every - set(_left_files(every)):
        made = made_by(file)
        if made is not None and made not in known and (row := unknown_row(params, made)):
            files[row].add(file)
    for row, orphans in sorted(files.items()):
        whole = _whole_folders(orphans, every)
        yield Finding(
            "orphans",
            f"{row} is no longer in params.yaml, and {len(orphans)} of its files are here "
            f"({gigabytes(sum(file.stat().st_size for file in orphans))}); they are found again "
            "where it comes back, and nothing reads them till then",
            removed(whole),
        )


def look_for_temporary() -> Iterator[Finding]:
    """Files and folders that a kill left in the middle of being written or replaced."""
    for path in _left_paths():
        if time.time() - path.lstat().st_mtime < _AT_WORK_SECONDS:
            continue
        original = path.with_name(path.name.removeprefix(".").removesuffix(".old"))
        if path.suffix == ".old" and not original.exists():
            yield Finding(
                "temporary",
                f"{path}: is {original}, which a kill left on its way to be replaced",
                shlex.join(["mv", "--", path.as_posix(), original.as_posix()]),
            )
        else:
            yield Finding("temporary", f"{path}: was left by a kill", removed([path]))


def look_at_scratch() -> Iterator[Finding]:
    """Scratch that takes more than the disk has left."""
    size, free = scratch_bytes(), shutil.disk_usage(Path()).free
    if size > free:
        yield Finding(
            "scratch",
            f"{SCRATCH}: has {gigabytes(size)} where {gigabytes(free)} are free; what is done stays"
            " without it, what was begun begins anew",
            removed([SCRATCH]),
        )


def scratch_bytes() -> int:
    """Size of what scratch keeps."""
    return folder_bytes(SCRATCH)


def _left_paths() -> list[Path]:
    """Left files and folders, without what lies in another one."""
    found = {
        path
        for folder in (*FOLDERS, *_OTHERS, SCRATCH)
        for form in _LEFT
        for path in folder.rglob(form)
    }
    return sorted(path for path in found if not found & set(path.parents))


def _left_files(files: Iterable[Path]) -> Iterator[Path]:
    left = set(_left_paths())
    return (file for file in files if left & {file, *file.parents})


def _whole_folders(orphans: set[Path], every: set[Path]) -> list[Path]:
    """The fewest paths that hold the orphans and nothing else."""
    others = {parent for file in every - orphans for parent in file.parents}
    found = set()
    for file in orphans:
        path = file
        # Not the folders of a stage themselves.
        while path.parent not in others and len(path.parent.parts) > 2:
            path = path.parent
        found.add(path)
    return sorted(found)
