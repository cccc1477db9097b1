"""A teacher's completion of a prompt in one style."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from breakeven.errors import InputError
from breakeven.files import read_jsonl, write_jsonl

STYLES = ("ift", "reasoning")


@dataclass(frozen=True)
class Completion:
    """One completion. `thinking` is empty in the plain style; token counts are the engine's own.

    `stop` is "stop" where the teacher ended by itself and "length" where the limit cut it;
    `closed` is False where a trace was begun and not ended.
    """

    id: str
    style: str
    thinking: str
    answer: str
    prompt_tokens: int
    thinking_tokens: int
    answer_tokens: int
    stop: str = "stop"
    closed: bool = True


def write_completions(path: Path, completions: Iterable[Completion]) -> None:
    """Write completions, one a line."""
    write_jsonl(path, (asdict(completion) for completion in completions))


def read_completions(path: Path) -> list[Completion]:
    """Read completions; raises InputError naming the line of a row that is none."""
    completions = []
    for number, row in enumerate(read_jsonl(path), start=1):
        try:
            completions.append(Completion(**row))
        except TypeError as error:
            raise InputError(f"{path}: line {number}: not a completion: {error}") from error
    return completions
