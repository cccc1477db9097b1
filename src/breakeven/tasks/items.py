"""A test item, and the file of them that a task is pinned to."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from breakeven.errors import InputError
from breakeven.files import read_jsonl, write_jsonl


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

    @property
    def chance(self) -> float | None:
        """Accuracy of a guess among the choices; None for an open question."""
        return 1 / len(self.choices) if self.choices else None


def write_items(path: Path, items: Iterable[Item]) -> None:
    """Pin items to a file."""
    write_jsonl(path, (asdict(item) for item in items))


def read_items(path: Path) -> list[Item]:
    """Read pinned items; raises InputError naming the line of a row that is no item."""
    items = []
    for number, row in enumerate(read_jsonl(path), start=1):
        try:
            items.append(Item(**{**row, "choices": tuple(row["choices"])}))
        except (TypeError, KeyError) as error:
            raise InputError(f"{path}: line {number}: not an item: {error}") from error
    return items
