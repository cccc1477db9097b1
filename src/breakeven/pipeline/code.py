"""Which code a stage can run, from the import graph, and a digest of what each module computes.

A digest is of the syntax tree without docstrings, so that comments, formatting and documentation
run nothing again. Late imports count, imports for type checkers do not.
"""

import ast
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_file, digest_json
from breakeven.core.sealed import read_sealed, write_sealed

STAGES = Path("stages")
# Modules go by their names in the project; they are read where this one was imported from.
_SOURCE, _PACKAGE = Path("src"), "breakeven"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_THIS_PACKAGE = _SOURCE / _PACKAGE / "pipeline"
# The stages that this package is the body of.
_STAGES_OF_THIS_PACKAGE = frozenset(STAGES / name for name in ("texts.py", "lessons.py"))
_CACHE = Path(".work/code.json")
# A string that is a module's name, such as one started with -m, counts as an import of it; one that
# could be a file's name, as naming it. Longer ones are texts.
_MODULE_NAME = re.compile(rf"{_PACKAGE}(\.\w+)+")
_FILE_NAME = re.compile(r"[\w-][\w.-]{2,60}")
# What the package ships beside modules; anything else there is an editor's, or nobody's.
_ASSETS = {".csv", ".css", ".html", ".js", ".yaml"}


class Module(NamedTuple):
    """What a module computes, and the modules and files that it names."""

    digest: str
    imports: tuple[str, ...]
    words: tuple[str, ...]


def stage_code(stage: str) -> dict[str, str]:
    """Digests of all that a stage can run or read of the project's code, by path.

    Data files of a package count where a module that can be imported names them, or is beside the
    folder that they are in and names that; one that no module names counts for its whole package.

    Raises:
        InputError: there is no such stage, or a module is not valid Python.
    """
    return code_below([STAGES / f"{stage}.py"])


def look_again() -> None:
    """Forget what was parsed: a process that lives on must see what was edited meanwhile."""
    for cached in (_modules, _reached, _assets, _readers):
        cached.cache_clear()


def code_digest(roots: Iterable[str], parts: Iterable[str]) -> str:
    """One digest of what `roots` compute, and of what they reach of `parts` of the package.

    For keys of scratch: what other code has computed is not found again. Both are paths within the
    package, such as "train/trainer.py" and "models/".
    """
    inside = f"{_SOURCE}/{_PACKAGE}/"
    code = code_below(Path(inside, root) for root in roots)
    computing = tuple(f"{inside}{part}" for part in parts)
    return digest_json({name: one for name, one in code.items() if name.startswith(computing)})


def code_below(roots: Iterable[Path]) -> dict[str, str]:
    """Digests of some modules and all that they can import or read, by path."""
    modules = _modules()
    seen: set[Path] = set()
    waiting = list(roots)
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            if file not in modules:
                raise InputError(f"{file}: no such module of the project")
            waiting += _reached(file)
    # Data files come after all modules: one counts as soon as any module that is reached reads it.
    read = {asset for asset in _assets() if _readers(asset) & seen}
    digests = {file: modules[file].digest for file in seen}
    digests |= {asset: digest_file(_on_disk(asset))[:16] for asset in read}
    return {file.as_posix(): digests[file] for file in sorted(digests)}


def _on_disk(file: Path) -> Path:
    return _PACKAGE_ROOT.joinpath(*file.parts[1:]) if file.parts[0] == _SOURCE.name else file


def _files() -> Iterator[Path]:
    """Every file of the package and every stage, by its name in the project."""
    yield from sorted(STAGES.glob("*.py"))
    for file in sorted((_PACKAGE_ROOT / _PACKAGE).rglob("*")):
        inside = file.relative_to(_PACKAGE_ROOT)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        if file.is_file() and not hidden:
            yield _SOURCE / inside


@functools.cache
def _modules() -> dict[Path, Module]:
    """Every module of the project; what was parsed before is kept by the digest of its text."""
    # What another version of this module has parsed may be digested in another way.
    revision = digest_file(Path(__file__))
    before = _parsed_before(revision)
    rows, found = {}, {}
    for file in (file for file in _files() if file.suffix == ".py"):
        text = _on_disk(file).read_bytes()
        key = f"{file.as_posix()} {hashlib.sha256(text).hexdigest()}"
        rows[key] = before.get(key) or parse(file, text)
        digest, imports, words = rows[key]
        found[file] = Module(digest, tuple(imports), tuple(words))
    if rows.keys() != before.keys():
        write_sealed(_CACHE, {"revision": revision, "modules": rows})
    return found


def _parsed_before(revision: str) -> dict[str, Any]:
    """What this revision has parsed; nothing where the cache is damaged, which costs a second."""
    cache = read_sealed(_CACHE)
    return dict(cache["modules"]) if cache and cache["revision"] == revision else {}


def parse(file: Path, text: bytes) -> Module:
    """What a module's text computes and names; raises InputError where it is not Python."""
    try:
        tree = ast.parse(text, filename=str(file))
    except SyntaxError as error:
        raise InputError(f"{file}: line {error.lineno}: not valid Python: {error.msg}") from error
    _remove_docstrings(tree)
    words = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {word for word in words if _MODULE_NAME.fullmatch(word)}
    return Module(
        hashlib.sha256(_text_of(tree).encode()).hexdigest()[:16],
        tuple(sorted({*_imports(tree, file), *named})),
        tuple(sorted(word for word in words if _FILE_NAME.fullmatch(word))),
    )


def _remove_docstrings(tree: ast.Module) -> None:
    """Take out docstrings, and the empty texts that some versions of Python put into f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [one for one in node.values if getattr(one, "value", None) != ""]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                del node.body[0]


def _text_of(node: Any) -> str:  # noqa: ANN401 - nodes, lists and constants of a syntax tree
    """A tree as text, the same in every version of Python: empty fields are left out.

    As Python writes tuples of names and fields, which as data would take most of the time.
    """
    if isinstance(node, ast.AST):
        fields = [(name, getattr(node, name, None)) for name in node._fields]
        filled = ", ".join(
            f"({name!r}, {_text_of(value)})"
            for name, value in fields
            if value not in (None, []) and name != "type_comment"
        )
        return f"({type(node).__name__!r}, [{filled}])"
    if isinstance(node, list):
        return f"[{', '.join(map(_text_of, node))}]"
    return f"({type(node).__name__!r}, {repr(node)!r})"


def _imports(tree: ast.Module, file: Path) -> Iterator[str]:
    """Dotted names that a module imports when it runs, at its top or in its functions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_for_checkers(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _imported_package(node, file)
            # What is imported from a package may be a module of it or a name in it.
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def _is_for_checkers(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _imported_package(node: ast.ImportFrom, file: Path) -> str:
    if not node.level:
        return node.module or ""
    package = file.relative_to(_SOURCE).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


@functools.cache
def _reached(file: Path) -> tuple[Path, ...]:
    """The files of the project that a module names or imports: most are asked by every stage."""
    module = _modules()[file]
    return (*_imported_files(file, module), *_named_scripts(file, module))


def _imported_files(file: Path, module: Module) -> Iterator[Path]:
    """Files that importing a module's imports runs: the modules and the packages they are in.

    What other stages ask of this package decides no result.
    """
    skips_this_package = file not in _STAGES_OF_THIS_PACKAGE and _THIS_PACKAGE not in file.parents
    for name in module.imports:
        parts = name.split(".")
        if parts[0] == _PACKAGE and (found := _module_file(parts)):
            if skips_this_package and _THIS_PACKAGE in found.parents:
                continue
            yield found
            # Importing a module runs the `__init__` of every package that it is in.
            around = (_module_file(parts[:depth]) for depth in range(1, len(parts)))
            yield from (package for package in around if package)


def _module_file(parts: list[str]) -> Path | None:
    base = _SOURCE.joinpath(*parts)
    files = (base.with_suffix(".py"), base / "__init__.py")
    return next((file for file in files if file in _modules()), None)


def _named_scripts(file: Path, module: Module) -> Iterator[Path]:
    """Scripts beside a module that it names as files, such as a worker that it starts."""
    for word in module.words:
        if word.endswith(".py") and (beside := file.with_name(word)) in _modules():
            yield beside


@functools.cache
def _assets() -> tuple[Path, ...]:
    """Files of the package that are no modules: tables, templates, scripts of pages."""
    return tuple(file for file in _files() if file.suffix in _ASSETS)


@functools.cache
def _readers(asset: Path) -> frozenset[Path]:
    """The modules that read a data file: those that name it, else all of its package."""
    modules = _modules()
    # The nearest package: its folder of data has no `__init__`.
    package = next(folder for folder in asset.parents if folder / "__init__.py" in modules)
    beside = {module for module in modules if module.parent == package}
    folders = set(asset.parent.relative_to(package).parts)
    naming = {module for module in modules if asset.name in modules[module].words}
    # Templates and tables are often found by their folder, whose name is all that a module spells.
    naming |= {module for module in beside if folders & set(modules[module].words)}
    return frozenset(naming or beside)
