"""The version and its day are the same wherever they stand."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.version import Version
from typer.testing import CliRunner

from breakeven.cli import app

ROOT = Path(__file__).resolve().parents[1]
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)$", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_the_same_wherever_it_stands() -> None:
    version, day = RELEASE.findall(text("CHANGELOG.md"))[0]
    assert tomllib.loads(text("pyproject.toml"))["project"]["version"] == version
    cited = yaml.safe_load(text("CITATION.cff"))
    assert (cited["version"], str(cited["date-released"])) == (version, day)
    told = CliRunner().invoke(app, ["--version"])
    assert told.stdout == f"{version}\n", "make setup brings the installed version up to date"


def test_the_changelog_goes_from_what_is_unreleased_to_older_releases() -> None:
    headings = re.findall(r"^## .*$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "## Unreleased"
    releases = [RELEASE.fullmatch(one) for one in headings[1:]]
    assert all(releases), headings
    order = [(Version(one[1]), one[2]) for one in releases if one]
    assert order == sorted(order, reverse=True)


def test_no_area_of_the_changelog_is_empty() -> None:
    assert re.findall(r"^### .*\n+(?=#|\Z)", text("CHANGELOG.md"), re.MULTILINE) == []
