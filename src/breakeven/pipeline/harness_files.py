"""The files of one's own that a task of lm-evaluation-harness is made of.

Its YAML file, those that it includes, the Python files beside them, and local data that they name.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from breakeven.params import LmEvalTask

# Keys that say where data is: what they name can be a folder or a pattern.
_DATA = frozenset({"dataset_path", "data_files", "data_dir"})


class _AnyTag(yaml.SafeLoader):
    """Reads the harness's own tags (`!function module.name`) as what stands behind them."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:  # noqa: ANN401
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]


_AnyTag.add_multi_constructor("!", _plain)


def harness_files(task: LmEvalTask) -> list[Path]:
    """The files that decide a task's items, sorted; none where no folder is included.

    Where no YAML file of the folder names the task, every file of the folder counts.
    """
    if task.include is None:
        return []
    folder = Path(task.include)
    inside = [file for file in sorted(folder.rglob("*")) if _counts(file)]
    read = {file: _read(file) for file in inside if file.suffix in {".yaml", ".yml"}}
    waiting = [file for file, tree in read.items() if task.task in _names(tree)]
    if not waiting:
        waiting = list(read) + [file for file in inside if file not in read]
    # All of them: a tag `!function module.name` may take any, and they import one another.
    found: set[Path] = {file for file in inside if file.suffix == ".py"}
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        tree = read[file] if file in read else _read(file)
        waiting += [path for key, text in _strings(tree) for path in _local(key, text, file.parent)]
    return sorted(found)


def _counts(file: Path) -> bool:
    hidden = any(part == "__pycache__" or part.startswith(".") for part in file.parts)
    return file.is_file() and not hidden


def _names(tree: Any) -> set[str]:  # noqa: ANN401
    """The tasks that a YAML file defines or lists."""
    task = tree.get("task") if isinstance(tree, dict) else None
    return {name for _, name in _strings(task)}


def _read(file: Path) -> Any:  # noqa: ANN401 - any YAML
    """The tree of a YAML file; None for another file and for one that does not parse."""
    if file.suffix not in {".yaml", ".yml"}:
        return None
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_AnyTag)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None  # the stage says what is wrong with it


def _strings(tree: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Every string of a tree with the key that it stands under."""
    if isinstance(tree, str):
        yield key, tree
    elif isinstance(tree, dict):
        for name, value in tree.items():
            # Splits have names of their own below the key of the data.
            yield from _strings(value, key if key in _DATA else str(name))
    elif isinstance(tree, list):
        for value in tree:
            yield from _strings(value, key)


def _local(key: str, text: str, beside: Path) -> list[Path]:
    """The files that a string of the YAML names: from the project's root, or from beside it."""
    if not text.strip() or "\n" in text:
        return []
    for place in (Path(text), beside / text):
        try:
            if place.is_file():
                return [place]
            if key in _DATA and place.is_dir():
                return [file for file in place.rglob("*") if _counts(file)]
        except OSError:  # too long for a name: a text, not a path
            return []
    if key in _DATA and any(sign in text for sign in "*?["):
        # Path.glob takes no pattern that begins at the root.
        root = Path(Path(text).anchor)
        return [file for file in root.glob(str(Path(text).relative_to(root))) if file.is_file()]
    return []
