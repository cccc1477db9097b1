"""Test items from reasoning-gym."""

from breakeven.gym import GymEntry, entries
from breakeven.params import GymTask
from breakeven.rows.item import Item


def task_entries(name: str, task: GymTask) -> list[GymEntry]:
    """The entries of a data set that a task takes, in its test partition.

    Raises:
        InputError: the data set or its configuration cannot be used.
    """
    return entries(
        f"params.yaml: tasks.{name}",
        task.dataset,
        task.config,
        count=task.items,
        seed=task.seed,
        partition="test",
    )


def gym_items(name: str, task: GymTask) -> list[Item]:
    """The items of a data set; raises as `task_entries`."""
    return [
        Item(
            id=f"{number:05d}",
            task=name,
            family=task.family,
            prompt=entry.prompt,
            reference=entry.answer,
            content=entry.content,
            grader=entry.grader,
            depth=entry.worked.depth if entry.worked else None,
            cluster=entry.cluster,
            meta=entry.meta(task.dataset, task.config),
        )
        for number, entry in enumerate(task_entries(name, task))
    ]
