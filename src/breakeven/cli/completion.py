"""What a shell offers behind Tab: names of the study here, none where there is no study."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

from breakeven.core.errors import InputError

if TYPE_CHECKING:
    from breakeven.params import Params

Completion = Callable[[str], list[str]]


def row_names(table: str) -> Completion:
    """Rows of a table of params.yaml; `a.b` is a table b in the section a."""
    return _of_study(lambda params: _table(params, table))


def trained_arms() -> Completion:
    """Arms that something is learnt by."""
    return _of_study(lambda params: [name for name, arm in params.arms.items() if arm.trained])


def family_names() -> Completion:
    """Families of the study's tasks."""
    return _of_study(_families)


def task_and_family_names() -> Completion:
    """Tasks, then families, then the word for all of them."""
    return _of_study(lambda params: [*params.tasks, *_families(params), "all"])


def one_of(names: Iterable[str]) -> Completion:
    """Names that are the same for every study."""
    allowed = tuple(names)
    return lambda incomplete: _beginning(allowed, incomplete)


def profile_names(incomplete: str) -> list[str]:
    """Profiles of this project."""
    from breakeven.params.profiles import profile_names

    return _beginning(profile_names(), incomplete)


def kind_names(incomplete: str) -> list[str]:
    """Kinds of rows that `breakeven new` adds."""
    from breakeven.params.new_row import KINDS

    return _beginning(KINDS, incomplete)


def outcome_names(incomplete: str) -> list[str]:
    """What an answer can have come to."""
    from breakeven.rows.outcomes import OUTCOMES

    return _beginning(OUTCOMES, incomplete)


def rows_of_kind(context: typer.Context, incomplete: str) -> list[str]:
    """Rows of the table that the kind on the line stands for."""
    from breakeven.params.new_row import TABLES

    # Behind an option that waits for its value, what stands before it is not parsed yet.
    kind = context.params.get("kind") or next(iter(context.args), None)
    table = next((keys for name, keys in TABLES.items() if name == kind), ())
    return row_names(".".join(table))(incomplete) if table else []


def _of_study(names: "Callable[[Params], Iterable[str]]") -> Completion:
    def offered(incomplete: str) -> list[str]:
        from breakeven.params import load_params

        try:
            return _beginning(names(load_params()), incomplete)
        except InputError:
            return []

    return offered


def _table(params: "Params", keys: str) -> Iterable[str]:
    found = params
    for key in keys.split("."):
        found = getattr(found, key)
    return found  # type: ignore[return-value]  # a mapping, whose names it holds


def _families(params: "Params") -> Iterable[str]:
    from breakeven.planning.expected_texts import family_of

    return dict.fromkeys(family_of(name, task) for name, task in params.tasks.items())


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
