"""`models/base/<student>/pointer.json`: where a student's base weights are, and their digest.

A folder of the project is told by its path. A hub model is told by its repository, its commit and
the SHA-256 of its files, never by a folder: the pointer is read on other machines, where the cache
is elsewhere.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from breakeven.core.digests import cached_digest
from breakeven.core.errors import InputError
from breakeven.core.files import damaged, digest_path, read_json, write_json
from breakeven.core.layout import base_folder


@dataclass(frozen=True)
class BasePointer:
    """A base model: its folder on this machine, and the digest of what is in it.

    `repo`, `commit` and `sha256` (by file) are those of a hub model.
    """

    kind: str
    path: str
    digest: str
    repo: str | None = None
    commit: str | None = None
    sha256: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        """What records call the base: the same on every machine."""
        return f"{self.repo}@{self.commit}" if self.repo else self.path


def write_pointer(student: str, pointer: BasePointer) -> None:
    """Say where the base of a student is."""
    fields = {name: value for name, value in asdict(pointer).items() if value is not None}
    # Another machine has its cache elsewhere, and the digest of this file decides what runs again.
    if pointer.repo:
        del fields["path"]
    write_json(base_folder(student) / "pointer.json", fields)


def read_pointer(student: str) -> BasePointer:
    """Where the base of a student is; a hub model that this machine lacks is downloaded.

    Raises:
        InputError: the `base` stage has not run, or the weights are no longer there.
        MachineError: a hub model is not in the local cache and the hub cannot be reached.
    """
    file = base_folder(student) / "pointer.json"
    if not file.is_file():
        raise InputError(f"{file}: no such file; run `dvc repro base@{student}`")
    fields = read_json(file)
    try:
        # Where a hub's model is, is found below: it is elsewhere on another machine.
        pointer = BasePointer(**({"path": ""} | fields))
    except TypeError as error:
        raise damaged(file, error) from error
    if pointer.repo and pointer.commit and pointer.sha256:
        from breakeven.models.hub import snapshot_folder

        key = f"params.yaml: students.{student}.base"
        folder = snapshot_folder(pointer.repo, pointer.commit, pointer.sha256, key)
        return replace(pointer, path=folder.as_posix())
    if not pointer.path or not Path(pointer.path).is_dir():
        raise InputError(f"{file}: path: no folder {pointer.path}; run `dvc repro base@{student}`")
    return pointer


def read_verified_pointer(student: str) -> BasePointer:
    """As `read_pointer`, for whoever reads the weights: they are those that `base` has seen.

    Raises:
        InputError: as `read_pointer`, or the weights have changed since.
        MachineError: as `read_pointer`.
    """
    pointer = read_pointer(student)
    # Files of the hub were compared when they came, and a commit does not change.
    if pointer.repo is None and digest_path(Path(pointer.path), cached_digest) != pointer.digest:
        raise InputError(
            f"{pointer.path}: has changed since base@{student} ran; run `dvc repro` again"
        )
    return pointer


def base_weights_folder(student: str) -> Path:
    """Where the weights of a base are that this project trained or converted."""
    return base_folder(student) / "weights"


def base_config_path(student: str) -> Path:
    """The `config.json` of a student's base, without its weights: for counting costs.

    Raises:
        InputError: the `base` stage has not run, or the weights are no longer there.
    """
    # The stage leaves one there for a model of the hub; the weights of others are in the project.
    beside = base_folder(student) / "config.json"
    return beside if beside.is_file() else Path(read_pointer(student).path) / "config.json"
