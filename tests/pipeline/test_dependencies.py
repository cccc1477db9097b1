"""A stage is run again when, and only when, code that it runs has changed."""

import ast
import functools
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
# A stage that always runs needs no list of its modules.
STAGES = {name: stage for name, stage in PIPELINE.items() if not stage.get("always_changed")}


def module_file(name: str) -> Path | None:
    """The project file of a dotted name, None where it is not the project's."""
    base = ROOT / "src" / name.replace(".", "/")
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None


@functools.cache
def imported(file: Path) -> set[Path]:
    """Project files that a file imports, at its top or in its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {
        found for name in names if name.startswith("breakeven") and (found := module_file(name))
    }


def closure(file: Path) -> set[Path]:
    """Every project file that running `file` can import, itself included."""
    seen: set[Path] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += imported(current)
    return seen


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_every_module_a_stage_can_import_is_among_its_dependencies(stage: str) -> None:
    listed = [ROOT / dependency for dependency in STAGES[stage]["deps"] if "$" not in dependency]
    ran = closure(ROOT / "stages" / f"{stage}.py") - {ROOT / "src/breakeven/__init__.py"}
    missing = sorted(
        file.relative_to(ROOT).as_posix()
        for file in ran
        if not any(file == one or one in file.parents for one in listed)
    )
    assert missing == []


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_no_stage_depends_on_code_it_cannot_run(stage: str) -> None:
    ran = closure(ROOT / "stages" / f"{stage}.py")
    code = [
        ROOT / dependency
        for dependency in STAGES[stage]["deps"]
        if dependency.startswith(("src/", "stages/"))
    ]
    unused = [
        one.relative_to(ROOT).as_posix()
        for one in code
        if one not in ran and not any(one in file.parents for file in ran)
    ]
    assert unused == []


@pytest.mark.parametrize("stage", ["train", "answer", "base"])
def test_an_edit_to_a_figure_does_not_train_or_answer_again(stage: str) -> None:
    ran = closure(ROOT / "stages" / f"{stage}.py")
    assert not [file for file in ran if "report" in file.parts]
