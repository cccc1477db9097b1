"""Which files a row of params.yaml names, and the digests of what is in them.

What is on the hub is named by its revision, which is in the row itself.
"""

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from breakeven.core.digests import cached_digest
from breakeven.core.files import digest_json, digest_path
from breakeven.params import GgufBase, LmEvalTask
from breakeven.params.named_paths import named_paths, sections
from breakeven.pipeline.harness_files import harness_files

# A field that holds the name of a bundled model, or the path of a config.json or its folder.
_NAME_OR_PATH_FIELD = "architecture"
# Of a folder that is read for its tokenizer, the weights do not count.
_TOKENIZER, _WEIGHTS = "tokenizer", ".safetensors"
MISSING = "no such file"


def named_files(row: BaseModel) -> dict[str, str]:
    """Digests of the files and folders that a row names, by path; `MISSING` where there is none."""
    found: dict[str, str] = {}
    for section in sections(row):
        if isinstance(section, LmEvalTask):
            found |= {str(file): _digest(file) for file in harness_files(section)}
        elif isinstance(section, GgufBase):
            found[f"package {section.package}"] = _package(section.package)
        else:
            for name, path in _paths(section):
                found[path] = _digest(Path(path), tokenizer=name == _TOKENIZER)
    return dict(sorted(found.items()))


def _paths(section: BaseModel) -> Iterator[tuple[str, str]]:
    yield from named_paths(section)
    place = getattr(section, _NAME_OR_PATH_FIELD, None)
    if place and Path(place).exists():
        yield _NAME_OR_PATH_FIELD, place


def _digest(path: Path, *, tokenizer: bool = False) -> str:
    if not path.exists():
        return MISSING
    if tokenizer and path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        read = [file for file in files if file.suffix != _WEIGHTS]
        return digest_json([[str(file.relative_to(path)), cached_digest(file)] for file in read])
    return digest_path(path, cached_digest)


def _package(name: str) -> str:
    """The version of a package by its import name, as pip knows it."""
    try:
        return importlib.metadata.version(name.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:
        return MISSING
