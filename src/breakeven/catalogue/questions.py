"""A row of a benchmark's data set as the questions that it asks."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from breakeven.catalogue.benchmark import Benchmark
from breakeven.catalogue.item_text import LETTERS
from breakeven.core.errors import InputError
from breakeven.hubdata import field_of

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One question of a row. `answers` are all that are right: the reference first.

    `part` is its place in the row, None where the row is one question.
    """

    text: str
    context: str | None = None
    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    unit: str | None = None
    cluster: str | None = None
    part: int | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


def is_kept(row: Row, benchmark: Benchmark, where: str) -> bool:
    """Whether the benchmark's `keep` holds for a row."""
    return all(str(field_of(row, path, where)) in values for path, values in benchmark.keep.items())


def questions_of(row: Row, benchmark: Benchmark, where: str) -> Iterator[Question]:
    """The questions of a row; `where` names it in messages.

    Raises:
        InputError: a mapped field does not exist or does not hold what the catalogue says.
    """
    return _LAYOUTS[benchmark.layout](row, benchmark, where)


def _row_question(row: Row, benchmark: Benchmark, where: str) -> Iterator[Question]:
    fields = benchmark.fields
    choices = _choices(row, benchmark, where)
    unit = field_of(row, fields.unit, where) if fields.unit else None
    yield Question(
        text=_text(row, fields.question, where),
        context=_text(row, fields.context, where) if fields.context else None,
        choices=choices,
        answers=_answers(row, benchmark, choices, where),
        unit=str(unit).strip() or None if unit else None,
        cluster=_text(row, fields.cluster, where) if fields.cluster else None,
        meta={name: _plain(field_of(row, path, where)) for name, path in fields.meta.items()},
    )


def _conversation_questions(row: Row, benchmark: Benchmark, where: str) -> Iterator[Question]:
    """Each question after those before it with their given answers, and the passage."""
    fields = benchmark.fields
    asked = _texts(row, fields.question, where)
    given = _texts(row, str(fields.answer), where)
    others = [_texts(row, path, where) for path in fields.more_answers]
    for path, answers in zip((fields.answer, *fields.more_answers), (given, *others), strict=True):
        if len(answers) != len(asked):
            raise InputError(f"{where}: {path}: {len(answers)} answers to {len(asked)} questions")
    history: list[str] = []
    for part, question in enumerate(asked):
        yield Question(
            text="\n".join([*history, f"Q: {question}"]),
            context=_text(row, fields.context, where) if fields.context else None,
            answers=_distinct([given[part], *(other[part] for other in others)]),
            cluster=_text(row, fields.cluster, where) if fields.cluster else None,
            part=part,
        )
        # The given answers, not the student's own: one mistake must not spoil all later questions.
        history += [f"Q: {question}", f"A: {given[part]}"]


_LAYOUTS: Mapping[str, Callable[[Row, Benchmark, str], Iterator[Question]]] = MappingProxyType(
    {"row": _row_question, "conversation": _conversation_questions}
)


def _choices(row: Row, benchmark: Benchmark, where: str) -> tuple[str, ...]:
    paths = benchmark.fields.choices
    if paths is None:
        return ()
    if isinstance(paths, str):
        found = _texts(row, paths, where)
    else:
        found = [_text(row, path, where) for path in paths]
    if not 2 <= len(found) <= len(LETTERS):
        raise InputError(f"{where}: {paths}: {len(found)} choices; use 2 to {len(LETTERS)}")
    # AQuA writes "A)21" into the choice itself, which would then be lettered twice.
    prefix = re.compile(benchmark.choice_prefix or "")
    return tuple(prefix.sub("", choice, count=1).strip() for choice in found)


def _answers(row: Row, benchmark: Benchmark, choices: Sequence[str], where: str) -> tuple[str, ...]:
    """All right answers as a grader reads them: a letter for multiple choice."""
    path = benchmark.fields.answer
    if path is None:
        return ()
    if benchmark.answer == "texts":
        paths = (path, *benchmark.fields.more_answers)
        found = _distinct([text for one in paths for text in _texts(row, one, where)])
        if not found:
            raise InputError(f"{where}: {path}: no answer")
        return found
    if benchmark.answer == "text":
        return (_cut(_text(row, path, where), benchmark.answer_pattern, f"{where}: {path}"),)
    return (_letter(field_of(row, path, where), benchmark.answer, choices, f"{where}: {path}"),)


def _letter(value: Any, kind: str, choices: Sequence[str], where: str) -> str:  # noqa: ANN401
    letters = LETTERS[: len(choices)]
    said = str(value).strip()
    if kind == "letter" and len(said) == 1 and said.upper() in letters:
        return said.upper()
    if kind != "letter" and said.isdecimal():
        index = int(said) - (kind == "number")  # numbers count from 1
        if 0 <= index < len(choices):
            return letters[index]
    raise InputError(f"{where}: {value!r} is not the {kind} of one of {len(choices)} choices")


def _cut(text: str, pattern: str | None, where: str) -> str:
    if pattern is None:
        return text
    found = re.search(pattern, text)
    if found is None:
        raise InputError(f"{where}: nothing in it matches {pattern!r}")
    return found[1]


def _text(row: Row, path: str, where: str) -> str:
    """A field that must hold text, or a number as text."""
    value = field_of(row, path, where)
    # Parquet may hold "18" as a number; True is an int to Python and no text to anybody.
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InputError(f"{where}: {path}: {type(value).__name__} where text is needed")
    if not value.strip():
        raise InputError(f"{where}: {path}: empty")
    return value.strip()


def _texts(row: Row, path: str, where: str) -> list[str]:
    value = field_of(row, path, where)
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{where}: {path}: {type(value).__name__} where a list of texts is needed")
    return [one.strip() for one in value]


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _plain(value: Any) -> Any:  # noqa: ANN401 - as stored
    """A value without the keys that hold nothing: a table's columns are those of all its rows."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
