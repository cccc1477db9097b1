"""Which cells are as `dvc.lock` has them, by what DVC has noted of files.

DVC makes objects of all cells and files before it compares any, which is half of `breakeven status`
where 400 cells are done. A cell is as locked where `dvc.yaml` and `dvc.lock` name the same command
and files, and DVC's notes (of time, size and inode) have the lock's digests for them. Whatever else
is the case, or in doubt, is left for DVC to tell.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage.loader import StageLoader

# Metrics and plots are outputs that DVC also shows; in the lock they are among them.
_OUTPUTS = ("outs", "metrics", "plots")
_CELL = {"cmd", "deps", *_OUTPUTS}
_FILE = {"path", "hash", "md5", "size", "nfiles", "isexec"}


def cells_as_locked(repo: "Repo", stages: "StageLoader") -> set[str]:
    """Names of the cells of which DVC would tell nothing; it is asked about the others."""
    notes = _Notes(repo)
    return {
        name
        for name in stages
        if (entry := stages.lockfile_data.get(name))
        and notes.are_of(stages.resolver.resolve_one(name)[name], entry)
    }


class _Notes:
    """DVC's notes of files, each looked up once."""

    def __init__(self, repo: "Repo") -> None:
        self._fs, self._state, self._cache = repo.fs, repo.state, repo.cache.local
        self._root, self._ignore = repo.root_dir, repo.dvcignore
        self._digests: dict[str, str | None] = {}
        # Many are asked for twice: a student's weights are made by one cell and read by another.
        self._of_files: dict[str, str | None] = {}

    def are_of(self, cell: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
        """Whether a cell of `dvc.yaml` is as its entry in `dvc.lock`; in doubt it is not."""
        read = cell.get("deps", ())
        made = [one for kind in _OUTPUTS for one in cell.get(kind, ())]
        return (
            not (cell.keys() | entry.keys()) - _CELL
            and bool(read or made)  # without either DVC runs it always
            and cell["cmd"] == entry["cmd"]
            and self._agree(read, entry.get("deps", ()), self._is_there)
            and self._agree(made, entry.get("outs", ()), self._is_kept)
        )

    def _agree(
        self, named: Sequence[Any], locked: Sequence[Any], holds: Callable[[str, str], bool]
    ) -> bool:
        digests = {
            one["path"]: one.get("md5")
            for one in locked
            if not one.keys() - _FILE and one.get("hash") == "md5"
        }
        return (
            # A file with options is a table here, of which none is a path.
            sorted(map(str, named)) == sorted(digests)
            and len(locked) == len(digests)
            and all(digest and holds(path, digest) for path, digest in digests.items())
        )

    def _is_there(self, path: str, digest: str) -> bool:
        """Whether a file or folder has this digest, as far as is noted."""
        if path not in self._digests:
            self._digests[path] = self._digest(f"{self._root}/{path}")
        return self._digests[path] == digest

    def _digest(self, place: str) -> str | None:
        """What DVC calls a file or folder; None where it has not noted all of it."""
        from dvc_data.hashfile.tree import Tree

        if not self._fs.isdir(place):
            return self._noted(place)
        held = {file: self._noted(file) for file in self._files(place)}
        if None in held.values():
            return None
        tree = Tree.from_list(
            [{"relpath": file[len(place) + 1 :], "md5": md5} for file, md5 in held.items()], "md5"
        )
        tree.digest()
        return tree.hash_info.value

    def _files(self, folder: str) -> list[str]:
        walk = self._ignore.walk(self._fs, folder)
        return [f"{place}/{name}" for place, _, names in walk for name in names]

    def _noted(self, file: str) -> str | None:
        if file not in self._of_files:
            try:
                _, noted = self._state.get(file, self._fs)
            except OSError:  # DVC expects that it is gone, not that a folder of its name is a file
                noted = None
            self._of_files[file] = noted.value if noted and noted.name == "md5" else None
        return self._of_files[file]

    def _is_kept(self, path: str, digest: str) -> bool:
        """Whether an output is there, and in DVC's cache with all that DVC says is in it."""
        from dvc_data.hashfile import check, load
        from dvc_data.hashfile.hash_info import HashInfo
        from dvc_objects.errors import ObjectFormatError

        if self._ignore.is_ignored(self._fs, f"{self._root}/{path}", ignore_subrepos=False):
            return False
        try:
            held = load(self._cache, HashInfo("md5", digest))
            check(self._cache, held)
        except (OSError, ObjectFormatError):
            return False
        # An empty folder is to DVC as one whose list is spoilt.
        return bool(held) and self._is_there(path, digest)
