"""A stage is run again when, and only when, code that it can run computes something else."""

from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.pipeline import code
from breakeven.pipeline.code import parse, stage_code

FILE = Path("src/breakeven/some/module.py")
TEXT = '''"""What it is."""

LIMIT = 3


def double(x: int) -> int:
    """Twice as much."""
    return 2 * x  # exact
'''


@pytest.fixture(autouse=True)
def modules_of_this_project() -> None:
    """Forget the modules of a study that another test of this process stood in."""
    code.look_again()


def digest(text: str) -> str:
    return parse(FILE, text.encode()).digest


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace("What it is.", "What it is, said better."),
        TEXT.replace('    """Twice as much."""\n', ""),
        TEXT.replace("  # exact", "  # exact for whole numbers"),
        TEXT.replace("2 * x", "(2 * x)"),
        TEXT.replace("\n\n\n", "\n\n\n\n"),
    ],
)
def test_documentation_and_layout_are_not_code(edited: str) -> None:
    assert edited != TEXT
    assert digest(edited) == digest(TEXT)


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace("3", "4"),
        TEXT.replace("3", "3.0"),
        TEXT.replace("3", "'3'"),
        TEXT.replace("2 * x", "x * 2"),
        TEXT.replace("LIMIT", "MOST"),
        TEXT.replace("x: int", "x: int = 0"),
        TEXT.replace("return 2", "'no docstring here'; return 2"),
        TEXT + "\n\ndouble = str\n",
    ],
)
def test_whatever_computes_is_code(edited: str) -> None:
    assert digest(edited) != digest(TEXT)


@pytest.mark.parametrize(
    ("text", "found", "left"),
    [
        ("import breakeven.a.b", {"breakeven.a.b"}, set()),
        ("from breakeven.a import b", {"breakeven.a", "breakeven.a.b"}, set()),
        ("def f():\n    from breakeven.late import g", {"breakeven.late"}, set()),
        ("from . import near", {"breakeven.some.near"}, set()),
        ("from ..other import far", {"breakeven.other.far"}, set()),
        ("RUN = ['-m', 'breakeven.worker']", {"breakeven.worker"}, set()),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import breakeven.types\n"
            "else:\n    import breakeven.real",
            {"breakeven.real"},
            {"breakeven.types"},
        ),
        ("'''See breakeven.docs.'''\nX = 'breakeven.b c'", set(), {"breakeven.docs"}),
    ],
)
def test_imports_are_found_wherever_they_run(text: str, found: set[str], left: set[str]) -> None:
    imports = set(parse(FILE, text.encode()).imports)
    assert found <= imports
    assert not left & imports


def test_what_is_no_python_is_told_with_its_line() -> None:
    with pytest.raises(InputError, match=r"src/breakeven/some/module.py: line 2: not valid Python"):
        parse(FILE, b"x = 1\ny = (")


@pytest.mark.parametrize(
    ("stage", "runs"),
    [
        ("tasks", "src/breakeven/catalogue/catalogue.yaml"),
        ("answer", "src/breakeven/answer/vllm_engine.py"),
        ("train", "src/breakeven/train/packing.py"),
        ("train", "src/breakeven/tracking/live_writer.py"),  # started as a process of its own
        ("score", "src/breakeven/bounded/worker.py"),
        ("score", "src/breakeven/gym/scorers.py"),
        ("score", "src/breakeven/costs/bundled.csv"),
        ("report", "src/breakeven/report/templates/page.css"),
        ("report", "src/breakeven/decide/decide_core.js"),
        ("report", "stages/report.py"),
        ("texts", "src/breakeven/pipeline/inputs.py"),
    ],
)
def test_modules_workers_and_data_files_of_a_stage_are_found(stage: str, runs: str) -> None:
    assert runs in stage_code(stage)


def test_what_an_editor_leaves_beside_a_module_is_no_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = project / "src/breakeven"
    (package / "train").mkdir(parents=True)
    for name in ("__init__.py", "train/__init__.py", "train/rates.csv", "train/rates.py"):
        (package / name).write_text("x = 1\n")
    for name in ("train/#rates.py#", "train/rates.py~", "train/rates.py.orig", ".cache/v/last.csv"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x = 2\n")
    monkeypatch.setattr(code, "_PACKAGE_ROOT", project / "src")
    read = {file.name for file in (*code._modules(), *code._assets())}
    assert read == {"__init__.py", "rates.csv", "rates.py"}


def test_every_file_of_the_package_is_code_or_named_otherwise() -> None:
    kinds = {file.suffix for file in code._files()} - {".py", ".md", ".typed", ""}  # "": licences
    assert kinds == code._ASSETS


@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_a_damaged_cache_of_parsed_modules_is_made_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Of a project of two modules: all of ours are four seconds of the processor."""
    package = project / "src/breakeven"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "sums.py").write_text("x = 1\n")
    (project / "stages").mkdir()
    (project / "stages/tasks.py").write_text("import breakeven.sums\n")
    monkeypatch.setattr(code, "_PACKAGE_ROOT", project / "src")
    whole = stage_code("tasks")
    assert set(whole) == {
        "stages/tasks.py",
        "src/breakeven/__init__.py",
        "src/breakeven/sums.py",
    }
    kept = code._CACHE.read_bytes()
    code._CACHE.write_text(text)
    code._modules.cache_clear()
    assert stage_code("tasks") == whole
    assert code._CACHE.read_bytes() == kept


def test_a_stage_script_imports_nothing_beside_the_package() -> None:
    for script in sorted(code.STAGES.glob("*.py")):
        imports = parse(script, script.read_bytes()).imports
        assert all(name.startswith("breakeven.") for name in imports), script


@pytest.mark.parametrize(
    "stage", ["tasks", "prompts", "distill", "pairs", "base", "train", "answer"]
)
def test_figures_and_the_pipeline_itself_are_no_code_of_what_comes_before(stage: str) -> None:
    apart = ("src/breakeven/report/", "src/breakeven/findings/", "src/breakeven/pipeline/")
    assert not [file for file in stage_code(stage) if file.startswith(apart)]
