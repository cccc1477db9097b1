"""A training prompt, and the file of them that a source is pinned to."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from breakeven.errors import InputError
from breakeven.files import read_jsonl, write_jsonl


@dataclass(frozen=True)
class Prompt:
    """One training prompt. `content` identifies what is asked apart from its format.

    `solution` is the worked solution of a procedural prompt, which the solver teacher puts into
    the two styles; None where only a model can answer.
    """

    id: str
    source: str
    prompt: str
    content: str
    reference: str | None = None
    solution: str | None = None
    depth: int | None = None


def write_prompts(path: Path, prompts: Iterable[Prompt]) -> None:
    """Pin prompts to a file."""
    write_jsonl(path, (asdict(prompt) for prompt in prompts))


def read_prompts(path: Path) -> list[Prompt]:
    """Read pinned prompts; raises InputError naming the line of a row that is no prompt."""
    prompts = []
    for number, row in enumerate(read_jsonl(path), start=1):
        try:
            prompts.append(Prompt(**row))
        except TypeError as error:
            raise InputError(f"{path}: line {number}: not a prompt: {error}") from error
    return prompts
