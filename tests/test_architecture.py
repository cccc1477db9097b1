"""The house stands as docs/architecture.md draws it, and a new circle or upward arrow is caught."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_FLOORS = 11


@pytest.fixture(scope="module")
def script() -> dict:
    return runpy.run_path(str(ROOT / "scripts/architecture.py"))


def lint(root: Path) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        [*command, "--config", str(ROOT / "pyproject.toml")],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": ""},
        capture_output=True,
        text=True,
    )


def test_imports_go_down_and_never_in_a_circle() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/errors.py", "from breakeven.params import names", "Packages import only"),
        ("train/plan.py", "from breakeven.answer import engine", "Packages import only"),
        (
            "decide/options.py",
            "from breakeven.decide import calculator",
            "No files and no packages",
        ),
    ],
)
def test_a_wrong_import_is_caught(tmp_path: Path, module: str, line: str, contract: str) -> None:
    package = tmp_path / "src/breakeven"
    shutil.copytree(ROOT / "src/breakeven", package, ignore=shutil.ignore_patterns("__pycache__"))
    with (package / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert any(row.startswith(contract) and "BROKEN" in row for row in done.stdout.splitlines())


def test_every_folder_of_modules_is_a_package_that_the_contracts_see() -> None:
    folders = {file.parent for file in (ROOT / "src/breakeven").rglob("*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_the_floors_are_few(script: dict) -> None:
    assert len(script["floors"]()) <= MOST_FLOORS


def test_packages_make_no_circle(script: dict) -> None:
    assert nx.is_directed_acyclic_graph(script["package_imports"]())


def test_the_picture_is_that_of_the_code(script: dict) -> None:
    text = script["DOCUMENT"].read_text(encoding="utf-8")
    assert script["drawn"](text) == text, "run python scripts/architecture.py --write"
