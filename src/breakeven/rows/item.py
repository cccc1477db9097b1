"""A test item: what a row of a task's pinned file holds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """One test item: `prompt` is all that the student sees, choices and instruction included.

    `content` identifies what is asked apart from its format, so that the same problem as multiple
    choice and as an open question has one content. `reference` is the right answer as the grader
    reads it: a letter for multiple choice. `depth` counts serial steps, None where a task has none.
    `cluster` names what items share (a passage, a template), None where they are independent.
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
