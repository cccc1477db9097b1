"""Which of the values of params.yaml are paths in the project."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from breakeven.params.names import ProjectPath

_PATH_MARK = get_args(ProjectPath)[1]


def sections(value: Any) -> Iterator[BaseModel]:  # noqa: ANN401 - any value of params
    """A section and those within it."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from sections(getattr(value, name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from sections(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from sections(one)


def named_paths(section: BaseModel) -> Iterator[tuple[str, str]]:
    """The paths that a section itself names, by key; what is left out is none."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if value is not None and is_path(field):
            yield name, value


def is_path(field: FieldInfo) -> bool:
    """Whether what a key holds is a path in the project."""
    # pydantic moves the mark of a plain field into its metadata, and leaves that of an optional one
    # in the annotation.
    parts = [field.annotation, *get_args(field.annotation)]
    return _PATH_MARK in field.metadata or any(
        _PATH_MARK in getattr(part, "__metadata__", ()) for part in parts
    )
