"""One sample of one item, as the engine gave it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from breakeven.errors import InputError
from breakeven.files import read_jsonl, write_jsonl


@dataclass(frozen=True)
class Answer:
    """One sample. `text` is all that was generated, special tokens of the trace included.

    Counts come from the engine's token ids: `prompt_tokens + thinking_tokens + answer_tokens` is
    all that was processed; the end token counts as an answer token. `thinking_tokens` holds the
    trace with its marks; an unclosed trace is all thinking. `stop` is "stop" where the student
    ended by itself and "length" where the limit cut it.
    """

    item: str
    sample: int
    text: str
    stop: str
    prompt_tokens: int
    thinking_tokens: int
    answer_tokens: int


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Write answers, one a line."""
    write_jsonl(path, (asdict(answer) for answer in answers))


def read_answers(path: Path) -> list[Answer]:
    """Read answers; raises InputError naming the line of a row that is none."""
    answers = []
    for number, row in enumerate(read_jsonl(path), start=1):
        try:
            answers.append(Answer(**row))
        except TypeError as error:
            raise InputError(f"{path}: line {number}: not an answer: {error}") from error
    return answers
