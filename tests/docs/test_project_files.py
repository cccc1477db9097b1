"""Files that say what stands elsewhere too say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_a_citation_names_this_version_and_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["abstract"].startswith(PROJECT["description"])
    # What the format asks for.
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()


def test_hooks_check_what_make_lint_checks() -> None:
    (recipe,) = re.findall(
        r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [hook["entry"].removeprefix(".venv/bin/") for hook in repo["hooks"]]
    assert hooks == [line.strip() for line in recipe.splitlines()]


@pytest.mark.parametrize("form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")))
def test_a_form_asks_something(form: Path) -> None:
    tree = yaml.safe_load(form.read_text())
    if form.stem == "config":
        assert tree == {"blank_issues_enabled": True}
        return
    assert tree.keys() == {"name", "description", "labels", "body"}
    asked = [part["id"] for part in tree["body"] if part["type"] != "markdown"]
    assert asked
    assert len(asked) == len(set(asked))


def test_what_security_names_as_shown_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", (ROOT / "SECURITY.md").read_text()))
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_no_change_is_told_twice_and_no_area_stands_twice_in_a_release() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    changes = re.findall(r"^- .*$", text, re.MULTILINE)
    assert {line for line in changes if changes.count(line) > 1} == set()
    for release in re.split(r"^## ", text, flags=re.MULTILINE):
        areas = re.findall(r"^### .*$", release, re.MULTILINE)
        assert len(areas) == len(set(areas)), release[:20]
