"""The one place where params.yaml is read; its errors name file, key, value and what is allowed."""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from breakeven.errors import InputError, did_you_mean
from breakeven.params.schema import Params

_REPLACED = {
    "string_pattern_mismatch": "a name is lower-case letters, digits, - and _, and starts with "
    "a letter or digit",
    "too_short": "must not be empty",
    "missing": "missing",
}


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check a params file.

    Raises:
        InputError: the file is missing, is not YAML, repeats a key, or breaks the schema; the
            message has one line a mistake.
    """
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run this from the project's root") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict):
        raise InputError(f"{path}: must be a table of sections, found {type(tree).__name__}")
    missing = [name for name in Params.model_fields if name not in tree]
    if missing:  # DVC looks every section up, those with defaults too
        raise InputError("\n".join(f"{path}: {name}: missing" for name in missing))
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise InputError("\n".join(_lines(path, error))) from error


class _UniqueKeys(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(self.construct_object(key_node, deep=True))
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _lines(path: Path, error: ValidationError) -> list[str]:
    return [_line(path, dict(problem)) for problem in error.errors(include_url=False)]


def _line(path: Path, problem: dict[str, Any]) -> str:
    keys, kind = _without_tags(problem["loc"]), problem["type"]
    where = ".".join(str(key) for key in keys)
    prefix = f"{path}: {where}" if where else f"{path}"
    if kind == "extra_forbidden":
        *parents, unknown = keys
        return f"{prefix}: unknown key; {did_you_mean(str(unknown), _keys_beside(parents))}"
    if kind == "value_error":
        message = str(problem["msg"]).removeprefix("Value error, ")
        names_a_key_below = where and re.match(r"\w+: ", message)
        return f"{prefix}{'.' if names_a_key_below else ': '}{message}"
    message = _REPLACED.get(kind, problem["msg"])
    shown = "" if kind == "missing" else f" {problem['input']!r}:"
    return f"{prefix}:{shown} {message}"


_TAGS = {
    "procedural", "jsonl", "reasoning-gym", "dataset", "published-pairs",
    "solver", "openai", "vllm", "transformers",
    "folder", "hub", "gguf", "scratch",
    "catalogue", "lm-eval",
}  # fmt: skip


def _without_tags(location: tuple[Any, ...]) -> list[Any]:
    """The path a person wrote: without the tags that pydantic adds for kinds and keys."""
    kept: list[Any] = []
    for index, key in enumerate(location):
        of_a_table = index == 2 and location[0] in ("sources", "tasks")
        of_a_section = index > 0 and location[index - 1] in ("teacher", "base", "model")
        tag = key in _TAGS and (of_a_table or of_a_section)
        if not (tag or key == "[key]"):
            kept.append(key)
    return kept


def _keys_beside(parents: list[Any]) -> list[str]:
    """Keys that the schema allows where an unknown one was found."""
    models: list[type[BaseModel]] = [Params]
    for key in parents:
        models = [found for model in models for found in _step(model, key)]
    return sorted({name for model in models for name in model.model_fields})


def _step(model: type[BaseModel], key: Any) -> list[type[BaseModel]]:  # noqa: ANN401
    field = model.model_fields.get(str(key))
    return _models_in(field.annotation) if field else [model]


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = [*getattr(annotation, "__args__", ()), getattr(annotation, "__origin__", None)]
    return [model for part in inner if part is not None for model in _models_in(part)]
