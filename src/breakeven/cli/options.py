"""Options that several commands have, and what a shell offers behind Tab."""

from collections.abc import Callable
from typing import Annotated

import typer

from breakeven.core.errors import InputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def row_names(table: str) -> Callable[[str], list[str]]:
    """What a shell offers behind Tab: rows of a table of params.yaml, none where it is no study."""

    def names(incomplete: str) -> list[str]:
        from breakeven.params import load_params

        try:
            rows = getattr(load_params(), table)
        except InputError:
            return []
        return [name for name in rows if name.startswith(incomplete)]

    return names


def profile_names(incomplete: str) -> list[str]:
    """What a shell offers for a profile."""
    from breakeven.params.profiles import profile_names

    return [name for name in profile_names() if name.startswith(incomplete)]
