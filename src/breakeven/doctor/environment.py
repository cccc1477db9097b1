"""The environment: libraries as the project asks for them and as the records have them."""

import importlib.metadata
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from breakeven.core.records import Record, versions
from breakeven.doctor.finding import Finding
from breakeven.pipeline.status import first_few

# The project's own code is digested module by module.
_OWN = "breakeven"
_ACCELERATORS = ("/dev/nvidia0", "/dev/kfd")


def look_at_requirements() -> Iterator[Finding]:
    """Libraries that are missing, or in a version that the project does not work with."""
    from packaging.requirements import Requirement

    try:
        asked = importlib.metadata.requires(_OWN) or []
    except importlib.metadata.PackageNotFoundError:  # run from a checkout
        return
    for text in asked:
        one = Requirement(text)
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            found = None
        if found is None or not one.specifier.contains(found, prereleases=True):
            have = "is not installed" if found is None else f"is {found}"
            yield Finding("environment", f"{one.name}: {have}; needed is {one}", _pip(str(one)))
    for program in ("git", "dvc"):
        if shutil.which(program) is None:
            yield Finding("environment", f"{program}: no such program on PATH", "make setup")


def look_at_versions(records: Iterable[Record]) -> Iterator[Finding]:
    """Libraries that have changed since something was made: the rest would be made with others."""
    here = versions()
    made: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for name, version in record.versions.items():
            if (
                name in here
                and name != _OWN
                and _release(name, version) != _release(name, here[name])
            ):
                made.setdefault((name, version), []).append(record.path.as_posix())
    for (name, version), paths in made.items():
        mend = (
            f"make clean setup PYTHON=python{_release(name, version)}"
            if name == "python"
            else _pip(f"{name}=={version}")
        )
        yield Finding(
            "environment",
            f"{name}: is {here[name]}, and made with {version} are {first_few(paths)}",
            mend,
        )


def look_at_accelerator(places: Iterable[str] = _ACCELERATORS) -> Iterator[Finding]:
    """An accelerator of this machine that PyTorch, built for the processor alone, does not use."""
    found = next((place for place in places if Path(place).exists()), None)
    torch = _installed().get("torch", "")
    if found and torch.endswith("+cpu"):
        yield Finding(
            "devices",
            f"torch: is {torch}, built for the processor alone, and {found} is an accelerator",
            _pip("--force-reinstall", f"torch=={torch.removesuffix('+cpu')}"),
        )


def _installed() -> Mapping[str, str]:
    return versions()


def _release(name: str, version: str) -> str:
    """What of a version decides results: of Python not the third number."""
    return ".".join(version.split(".")[:2]) if name == "python" else version


def _pip(*words: str) -> str:
    # Of an extra that nobody asked for, and a marker that holds, nothing need be said.
    return shlex.join(["pip", "install", *(re.sub(r"\s*;.*", "", word) for word in words)])
