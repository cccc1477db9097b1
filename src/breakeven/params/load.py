"""The one place where params.yaml is read; its errors name file, key, value and what is allowed."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from breakeven.core.errors import InputError, did_you_mean
from breakeven.params.names import Digest, Name, PackageName, RepoId, Revision, VariableName
from breakeven.params.reading import read_yaml
from breakeven.params.schema import Params


def _pattern_of(annotated: Any) -> str:  # noqa: ANN401
    (constraints,) = annotated.__metadata__
    return str(constraints.pattern)


# In place of pydantic's words, which speak of types to those who program.
_PATTERN_MESSAGES = {
    _pattern_of(Name): "a name is lower-case letters, digits, - and _, and starts with a letter "
    "or digit",
    _pattern_of(RepoId): "must be owner/name, as the hub writes it",
    _pattern_of(Revision): "must be a commit, or the name of a branch or tag",
    _pattern_of(PackageName): "must be the import name of a package: letters, digits and _",
    _pattern_of(VariableName): "must be the name of an environment variable, such as "
    "OPENAI_API_KEY; never the key itself",
    _pattern_of(Digest): "must be a SHA-256: 64 hexadecimal digits in lower case",
}
_MESSAGES = {
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "missing": "missing",
    "model_type": "must be a table of keys",
    "model_attributes_type": "must be a table of keys",
    "dict_type": "must be a table of keys",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "string_type": "must be text, in quotes",
}


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check a params file.

    Raises:
        InputError: the file is missing, is not YAML, repeats a key, or breaks the schema; the
            message has one line a mistake.
    """
    tree = read_yaml(path)
    if not isinstance(tree, dict):
        raise InputError(f"{path}: must be a table of sections, found {type(tree).__name__}")
    missing = [name for name in Params.model_fields if name not in tree]
    if missing:  # DVC looks every section up, those with defaults too
        raise InputError("\n".join(f"{path}: {name}: missing" for name in missing))
    if foreign := [f"{path}: {line}" for line in _foreign_values(tree)]:
        raise InputError("\n".join(foreign))
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise InputError("\n".join(_lines(path, tree, error))) from error


def _foreign_values(value: Any, where: str = "") -> Iterator[str]:  # noqa: ANN401
    """Values of YAML that DVC stops at with a traceback, wherever they stand."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _foreign_values(inner, f"{where}.{_shown_key(key)}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _foreign_values(inner, f"{where}.{number}")
    elif isinstance(value, set):
        yield f"{where}: is a set; write a list, in brackets"
    elif isinstance(value, date):
        yield f"{where}: {value} is a date; put it in quotes"


def _lines(path: Path, tree: dict[str, Any], error: ValidationError) -> list[str]:
    """A line a mistake; a value that is of none of several types is one mistake."""
    mistakes = [_mistake(tree, dict(problem)) for problem in error.errors(include_url=False)]
    messages: dict[tuple[str, str], list[str]] = {}
    for one in mistakes:
        items_refused = any(other.where.startswith(f"{one.where}.") for other in mistakes)
        if not (one.of_items and items_refused):
            messages.setdefault((one.where, one.shown), []).append(one.message)
    return [
        f"{path}: {f'{where}: ' if where else ''}{shown}{_any_of(several)}"
        for (where, shown), several in messages.items()
    ]


def _any_of(messages: list[str]) -> str:
    first, *others = dict.fromkeys(messages)
    return " or ".join([first, *(other.removeprefix("must be ") for other in others)])


class _Mistake(NamedTuple):
    """Where a person wrote something wrong, the value as shown, and what is asked for instead."""

    where: str
    shown: str
    message: str
    of_items: bool = False  # a list is "too short" once its items were refused


class _Step(NamedTuple):
    """A step of pydantic's way to a value: a key that was written, or the kind of a section."""

    key: Any
    is_kind: bool = False


def _mistake(tree: dict[str, Any], problem: dict[str, Any]) -> _Mistake:
    kind, value, steps = problem["type"], problem["input"], _steps(tree, problem)
    where = ".".join(_shown_key(step.key) for step in steps if not step.is_kind)
    if kind == "extra_forbidden":
        unknown = str(steps[-1].key)
        allowed = {name for model in _models_at(steps[:-1]) for name in model.model_fields}
        return _Mistake(where, "", f"unknown key; {did_you_mean(unknown, allowed)}")
    # Asked by the models there: the same key may take other kinds in sources and in tasks.
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        given = value.get("kind")
        allowed = {name for model in _models_at(steps) for name in _kinds(model)}
        shown = "missing; " if given is None else f"{given!r} is none; "
        return _Mistake(f"{where}.kind", shown, did_you_mean(str(given), allowed))
    if kind == "value_error":
        return _validator_mistake(where, str(problem["ctx"]["error"]))
    if kind == "string_pattern_mismatch":
        return _Mistake(where, f"{_short(value)}: ", _PATTERN_MESSAGES[problem["ctx"]["pattern"]])
    shown = "" if kind == "missing" else f"{_short(value)}: "
    of_items = kind == "too_short" and bool(value)
    return _Mistake(where, shown, _MESSAGES.get(kind, problem["msg"]), of_items)


def _shown_key(key: Any) -> str:  # noqa: ANN401 - a key of YAML is of any type
    """A key as a part of one line, whatever was written."""
    text = str(key)
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= 80 else f"{text[:80]}…"


def _short(value: Any) -> str:  # noqa: ANN401 - whatever was written
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _validator_mistake(where: str, message: str) -> _Mistake:
    """What a check of the schema says; a section's check starts with the key that it is about."""
    # A check of a whole section has the section's place; its message begins with the key within.
    below = re.match(r"([\w-]+(?:\.[\w-]+)*): ", message) if where else None
    if below is None:
        return _Mistake(where, "", message)
    return _Mistake(f"{where}.{below[1]}", "", message[below.end() :])


def _steps(tree: dict[str, Any], problem: dict[str, Any]) -> list[_Step]:
    """The way to a value through what was written, and the kinds that it passes.

    Pydantic also names the type that it tried, and whether a key was refused; both are left out.
    """
    steps: list[_Step] = []
    location = problem["loc"]
    missing = location[-1:] if problem["type"] == "missing" else ()
    here: Any = tree
    # What pydantic tried is in the location but not in the tree, where each step is looked up.
    for key in location[: len(location) - len(missing)]:
        if isinstance(here, dict) and here.get("kind") == key and not (steps and steps[-1].is_kind):
            steps.append(_Step(key, is_kind=True))
        elif key in here if isinstance(here, dict) else isinstance(key, int):
            steps.append(_Step(key))
            here = here[key]
    return steps + [_Step(key) for key in missing]


def _models_at(steps: list[_Step]) -> list[type[BaseModel]]:
    """The sections of the schema that what stands there can be."""
    models: list[type[BaseModel]] = [Params]
    for key, is_kind in steps:
        if is_kind:
            models = [model for model in models if key in _kinds(model)]
        else:
            models = [found for model in models for found in _step(model, key)]
    return models


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()


def _step(model: type[BaseModel], key: Any) -> list[type[BaseModel]]:  # noqa: ANN401
    field = model.model_fields.get(str(key))
    return _models_in(field.annotation) if field else [model]


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    # A section may be within a union, a table, a list or an Annotated, and these in one another.
    inner = [*getattr(annotation, "__args__", ()), getattr(annotation, "__origin__", None)]
    return [model for part in inner if part is not None for model in _models_in(part)]
