"""Test items of kind gym."""

from breakeven.errors import InputError
from breakeven.params import GymTask
from breakeven.tasks.items import Item


def gym_items(name: str, task: GymTask) -> list[Item]:
    """The items of a task of this kind."""
    raise InputError(f"params.yaml: tasks.{name}: {task.dataset}: not available yet")
