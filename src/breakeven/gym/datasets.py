"""Data sets of reasoning-gym by name, with the configuration that params give them."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from breakeven.core.errors import InputError, did_you_mean

_GRIDS = "its scorer does not accept its own reference once that has been written to a file"
_NO_REFERENCE = "it has no reference answers, so nothing can be compared"
_HASH_ORDER = "its items differ from one process to the next, with Python's hash seed"

# What cannot be a source or a task, and why. A scorer that a configuration makes untrustworthy is
# refused where an entry shows it (generation.py).
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "arc_agi": _GRIDS,
        "rearc": _GRIDS,
        **dict.fromkeys(
            ("boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour"),
            _NO_REFERENCE,
        ),
        "composite": "it is made of other data sets; use a source or task for each of them",
        "game_of_life_halting": "its scorer accepts any text as an answer",
        "isomorphic_strings": _HASH_ORDER,
        "knight_swap": _HASH_ORDER,
        "polynomial_multiplication": _HASH_ORDER,
        "ransom_note": _HASH_ORDER,
        "word_ladder": _HASH_ORDER,
        "time_intervals": "its items hold the day on which they are made",
    }
)

# Ours to choose: the seed is the row's, and the size is as many as it takes.
_RESERVED = ("seed", "size")


def check_dataset(where: str, name: str, config: Mapping[str, Any]) -> None:
    """Refuse an unknown data set, one that cannot be used, or a configuration that it has not.

    Raises:
        InputError: names `where` (a row of params), the key, the value and what is allowed.
    """
    from reasoning_gym.factory import DATASETS

    if name not in DATASETS:
        usable = [known for known in DATASETS if known not in REFUSED]
        raise InputError(
            f"{where}.dataset: value is {name!r}; reasoning-gym has no such data set; "
            f"{did_you_mean(name, usable)}"
        )
    if name in REFUSED:
        raise InputError(f"{where}.dataset: {name} cannot be used: {REFUSED[name]}")
    fields = [field.name for field in dataclasses.fields(DATASETS[name][1])]
    for key in config:
        if key in _RESERVED:
            instead = "seed" if key == "seed" else "prompts or items"
            raise InputError(f"{where}.config.{key}: not a setting here; use {where}.{instead}")
        if key not in fields:
            allowed = [field for field in fields if field not in _RESERVED]
            raise InputError(f"{where}.config.{key}: unknown key; {did_you_mean(key, allowed)}")
    open_dataset(where, name, config, seed=0, size=1)  # its own checks of the values


def open_dataset(
    where: str,
    name: str,
    config: Mapping[str, Any],
    *,
    seed: int,
    size: int,
) -> Any:  # noqa: ANN401 - reasoning-gym is not typed
    """The data set of that name; raises InputError where it refuses a value of `config`."""
    import reasoning_gym

    # params.yaml has lists only, and configurations of the library want tuples.
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in config.items()}
    try:
        return reasoning_gym.create_dataset(name, seed=seed, size=size, **given)
    except (AssertionError, TypeError, ValueError) as error:
        shown = ", ".join(f"{key}: {value!r}" for key, value in config.items())
        why = str(error) or "it does not say why"
        raise InputError(f"{where}.config: {name} does not take {{{shown}}}: {why}") from error
