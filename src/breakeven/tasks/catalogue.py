"""Test items of kind catalogue."""

from breakeven.errors import InputError
from breakeven.params import CatalogueTask
from breakeven.tasks.items import Item


def catalogue_items(name: str, task: CatalogueTask) -> list[Item]:
    """The items of a task of this kind."""
    raise InputError(f"params.yaml: tasks.{name}: {task.benchmark}: not available yet")
