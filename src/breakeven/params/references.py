"""Names of rows: those that a command asks for, and those in one table that point into another."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from breakeven.core.errors import InputError, did_you_mean

Value = TypeVar("Value")


def check_references(
    sources: Iterable[str],
    corpora: Mapping[str, Iterable[str]],
    arms: Mapping[tuple[str, str], str | None],
) -> None:
    """Raise ValueError for a corpus without its source, or an arm without its corpora.

    `arms` maps an arm and one of its keys to the corpus that the key names.
    """
    # ValueError, which pydantic tells beside the schema's other mistakes; InputError would hide
    # them.
    for corpus, names in corpora.items():
        for name in names:
            if name not in sources:
                raise ValueError(
                    f"corpora.{corpus}.sources: {name!r} is no source; "
                    f"{did_you_mean(name, sources)}"
                )
    for (arm, key), wanted in arms.items():
        if wanted is not None and wanted not in corpora:
            raise ValueError(
                f"arms.{arm}.{key}: {wanted!r} is no corpus; {did_you_mean(wanted, corpora)}"
            )


def pick_row(table: Mapping[str, Value], key: str, name: str) -> Value:
    """The row `name` of the table `key` of params.yaml; raises InputError where there is none."""
    if name not in table:
        raise InputError(f"params.yaml: {key}: {name!r} is not in it; {did_you_mean(name, table)}")
    return table[name]
