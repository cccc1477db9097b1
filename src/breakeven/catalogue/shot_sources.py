"""Which sources give a task its worked examples: those that ask what it asks."""

from breakeven.catalogue.benchmark import catalogue
from breakeven.params import (
    CatalogueSource,
    CatalogueTask,
    GymSource,
    GymTask,
    Params,
    ProceduralSource,
    ProceduralTask,
    Source,
    Task,
)


def shot_sources(params: Params, task: str) -> list[str]:
    """The sources of a task's examples: those that ask what it asks, all where none does."""
    asked = _asked(params.tasks[task])
    # Own kinds of problem teach the form of their answers; any example beats none at all.
    alike = [name for name, source in params.sources.items() if asked and _asked(source) == asked]
    return alike or list(params.sources)


def _asked(row: Task | Source) -> tuple[str, str] | None:
    """What a row asks for, by the same name in sources and tasks; None for the rest."""
    if isinstance(row, ProceduralTask | ProceduralSource):
        return row.kind, row.problem
    if isinstance(row, GymTask | GymSource):
        return row.kind, row.dataset
    if isinstance(row, CatalogueTask | CatalogueSource):
        shown = catalogue().shown(row.benchmark)
        return None if shown is None else (row.kind, shown)
    return None
