"""A test item: what a row of a task's pinned file holds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """One test item.

    Attributes:
        id: Its name, the same in every run.
        task: The task that it is of.
        family: The family of the task.
        prompt: All that the student sees, choices and instruction included.
        reference: The right answer as the grader reads it: a letter for multiple choice.
        content: Identifies what is asked apart from its format, so that the same problem as
            multiple choice and as an open question has one content.
        grader: How an answer is compared with the reference.
        choices: The texts to choose among; none for an open question.
        depth: Serial steps; None where a task has none.
        cluster: What items share (a passage, a template); None where they are independent.
        meta: What the grader of this item needs besides, and where the item comes from.
    """

    id: str
    task: str
    family: str
    prompt: str
    reference: str
    content: str
    grader: str
    choices: tuple[str, ...] = ()
    depth: int | None = None
    cluster: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    # Asked of every item, not of the task: the number of choices may differ from item to item.
    @property
    def chance(self) -> float | None:
        """Accuracy of a guess among the choices; None for an open question."""
        return 1 / len(self.choices) if self.choices else None
