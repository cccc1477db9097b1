"""YAML as DVC reads it: version 1.2, by the same parser, so that both see one study.

`1e6` is a number, `1:30`, `yes` and `no` are text, merge keys are merged. What DVC would take long
to read, or fall over, is refused before it is built, and so is `010`: ten there, eight elsewhere.
"""

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import InputError
from breakeven.core.files import refuse_pipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml import YAML
    from ruamel.yaml.events import NodeEvent
    from ruamel.yaml.nodes import Node

# Values that a file may come to once each alias stands for a copy; the largest profile has 400. The
# parser takes half a second for so many, and none is so long that it would take more for its text.
MOST_VALUES = 20_000
MOST_BYTES = 256 * 1024
# Levels within one another; the parser's time grows with their square.
MOST_LEVELS = 100


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """What a YAML file holds.

    Raises:
        InputError: it cannot be read, is not YAML, repeats a key, or holds more than `MOST_BYTES`
            or, with what its aliases stand for, `MOST_VALUES`; the message names the line.
    """
    refuse_pipe(path)
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"{path}: is longer than {MOST_BYTES:,} bytes; use fewer rows")
        text = content.decode()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run this from the project's root") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; give a params file") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: line {line}: is not UTF-8; save it as UTF-8") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """What a YAML text holds; `name` is the file in messages. Raises InputError as `read_yaml`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe")
    try:
        _refuse_many(yaml, text, name)
        node = yaml.compose(text)
        if node is None:
            return None
        _count_values(node, name, {}, set())
        _refuse_leading_zeros(node, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numbers under a directive %YAML 1.1
            return _constructed(yaml, node, name)
    except MarkedYAMLError as error:
        raise InputError(f"{name}: not valid YAML: {_parser_message(error)}") from error
    except YAMLError as error:
        raise InputError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise InputError(f"{name}: is nested too deeply; use fewer levels") from error


def _refuse_many(yaml: "YAML", text: str, name: str) -> None:
    """Refuse more values and levels than there may be as soon as so many are read."""
    from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, NodeEvent

    values = levels = 0
    for event in yaml.parse(text):
        values += isinstance(event, NodeEvent)
        levels += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if levels > MOST_LEVELS:
            raise InputError(
                f"{name}: line {_line(event)}: is nested too deeply; use fewer levels than "
                f"{MOST_LEVELS}"
            )
        if values > MOST_VALUES:
            raise InputError(
                f"{name}: line {_line(event)}: comes to more than {MOST_VALUES:,} values; use fewer"
            )


def _constructed(yaml: "YAML", node: "Node", name: str) -> Any:  # noqa: ANN401
    try:
        return yaml.constructor.construct_document(node)
    except (ValueError, KeyError, OverflowError) as error:
        # ruamel lets through what int(), date() and the like say of a value, without its place.
        yaml.constructor.recursive_objects.clear()  # what was begun when it failed
        for scalar in _scalars(node):
            try:
                yaml.constructor.construct_object(scalar)
            except (ValueError, KeyError, OverflowError):
                raise InputError(
                    f"{name}: line {_line(scalar)}: {_short(scalar.value)!r} looks "
                    f"like {_kind(scalar)} and is none; put it in quotes"
                ) from error
        raise


def _refuse_leading_zeros(node: "Node", name: str) -> None:
    """Refuse `010`, which is ten to DVC and eight to readers of YAML 1.1."""
    for scalar in _scalars(node):
        if str(scalar.tag).endswith(":int") and re.fullmatch(r"[-+]?0[0-9_]+", scalar.value):
            raise InputError(
                f"{name}: line {_line(scalar)}: {_short(scalar.value)} starts with a zero, which "
                f"is another number to older readers of YAML; write {int(scalar.value)}, "
                "or quotes around a name"
            )


def _count_values(node: "Node", name: str, counts: dict[int, int], above: set[int]) -> int:
    """How many values a node comes to; each node is looked at once."""
    if id(node) in above:
        raise InputError(f"{name}: line {_line(node)}: an alias holds itself; remove it")
    if id(node) not in counts:
        above.add(id(node))
        total = 1 + sum(_count_values(child, name, counts, above) for child in _children(node))
        above.remove(id(node))
        if total > MOST_VALUES:
            raise InputError(
                f"{name}: line {_line(node)}: comes to more than {MOST_VALUES:,} values with its "
                "aliases; use fewer"
            )
        counts[id(node)] = total
    return counts[id(node)]


def _children(node: "Node") -> "Iterator[Node]":
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def _scalars(node: "Node") -> "Iterator[Node]":
    children = list(_children(node))
    if not children and isinstance(node.value, str):
        yield node
    for child in children:
        yield from _scalars(child)


def _line(node: "Node | NodeEvent") -> int:
    return int(node.start_mark.line) + 1


def _kind(scalar: "Node") -> str:
    tag = str(scalar.tag).rpartition(":")[2]
    return {"int": "a number", "float": "a number", "timestamp": "a date"}.get(tag, f"a {tag}")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _parser_message(error: Any) -> str:  # noqa: ANN401 - a MarkedYAMLError, imported late
    """The line, and what is wrong there, without the parser's advice to those who program it."""
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context).split())
    if problem.startswith("but found another document"):
        problem = "another document begins; a study is one, remove the rest"
    if problem.startswith("found duplicate key"):
        key = problem.removeprefix("found duplicate key ").partition(" with value")[0].strip('"')
        problem = f"key {key!r} is given twice; remove one"
    return f"line {mark.line + 1}: {problem}" if mark else problem
