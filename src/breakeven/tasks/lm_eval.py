"""Test items of kind lm_eval."""

from breakeven.errors import InputError
from breakeven.params import LmEvalTask
from breakeven.tasks.items import Item


def lm_eval_items(name: str, task: LmEvalTask) -> list[Item]:
    """The items of a task of this kind."""
    raise InputError(f"params.yaml: tasks.{name}: {task.task}: not available yet")
