"""The shape of a model that somebody names: bundled, or told by a `config.json`.

- `load_architecture(model)`: from a bundled name, a hub id in the bundled table, or a path to a
  `config.json` or to the folder that holds one.
- `known_architecture(folder)`: the same of a folder, or why the FLOPs of its model are not known.
"""

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import read_json
from breakeven.costs.architecture import Architecture
from breakeven.costs.families import UnknownArchitectureError, architecture_from_config

_TABLE = Path(__file__).with_name("bundled.csv")
# What an empty cell is not: the family's default.
_CELLS = {"true": True, "false": False, "none": None}


def load_architecture(model: str) -> Architecture:
    """The shape of a bundled model, or of the `config.json` at (or in the folder) `model`.

    Bundled models go by their name or their hub id, in any case of letters.

    Raises:
        UnknownArchitectureError: the configuration is of a family whose FLOPs are not known.
        InputError: `model` is neither, or its configuration is none.
    """
    bundled = bundled_architectures()
    # First: a folder of that name beside it would give another answer on another machine.
    if model.lower() in bundled:
        return bundled[model.lower()]
    file = Path(model) / "config.json" if Path(model).is_dir() else Path(model)
    if not file.is_file():
        raise InputError(
            f"model: value is {model!r}; use a path to a config.json or a name; {_near(model)}"
        )
    config = read_json(file)
    if not isinstance(config, dict):
        raise InputError(f"{file}: value is {type(config).__name__}; use a config.json object")
    return architecture_from_config(config, str(file))


def known_architecture(folder: Path | str) -> Architecture | str:
    """The shape of a model's folder (or config.json), or why its FLOPs are not known.

    Raises InputError where the configuration is missing or impossible.
    """
    try:
        return load_architecture(str(folder))
    except UnknownArchitectureError as error:
        return str(error)


@functools.cache
def bundled_architectures() -> Mapping[str, Architecture]:
    """The bundled shapes by lower-case name and by lower-case hub id; sources are in the table."""
    shapes = {}
    with _TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            name, hub_id = row.pop("name"), row.pop("hub_id")
            config = {key: _cell(text) for key, text in row.items() if text}
            # Rows are read as configurations are, so that one reader decides for both.
            shape = architecture_from_config(config, f"{_TABLE.name} ({name})", name)
            shapes[name.lower()] = shapes[hub_id.lower()] = shape
    return MappingProxyType(shapes)


def _near(model: str) -> str:
    """Every bundled name, the closest first where it is of the same family: Qwen3.5 is no Qwen3."""
    names = sorted({shape.name for shape in bundled_architectures().values()})
    hint, _, allowed = did_you_mean(model, names).rpartition("allowed: ")
    same = [name for name in names if repr(name) in hint and _family(name) == _family(model)]
    return f"{hint if same else ''}allowed: {allowed}"


def _family(name: str) -> str:
    return name.lower().rpartition("/")[2].partition("-")[0]


def _cell(text: str) -> int | bool | str | None:
    if text in _CELLS:
        return _CELLS[text]
    return int(text) if text.isdigit() else text
