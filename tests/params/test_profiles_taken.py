"""`breakeven use`: a profile becomes the study, and nothing of somebody's own is lost."""

import subprocess
from pathlib import Path

import pytest
from tests.conftest import ROOT
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.params.profiles import use_profile


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "profiles").mkdir()
    for name in ("smoke", "tabletop"):
        text = (ROOT / f"profiles/{name}.yaml").read_text()
        (tmp_path / f"profiles/{name}.yaml").write_text(text)
    (tmp_path / "params.yaml").write_text((ROOT / "profiles/tabletop.yaml").read_text())
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *author, "commit", "-qm", "x"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_profile_is_taken_as_it_is(project: Path) -> None:
    told = CliRunner().invoke(app, ["use", "smoke"])
    assert told.exit_code == 0, told.output
    assert "study 'smoke'" in told.output
    text = (project / "profiles/smoke.yaml").read_text()
    assert (project / "params.yaml").read_text() == text


def test_changes_that_nobody_else_holds_are_kept(project: Path) -> None:
    own = (project / "params.yaml").read_text() + "# mine\n"
    (project / "params.yaml").write_text(own)
    with pytest.raises(InputError, match=r"params\.yaml: has changes .* use --force"):
        use_profile("smoke")
    assert (project / "params.yaml").read_text() == own
    assert use_profile("smoke", force=True).study == "smoke"


def test_what_is_committed_may_be_replaced(project: Path) -> None:
    path = project / "params.yaml"
    path.write_text(path.read_text() + "# mine, and kept\n")
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *author, "commit", "-qam", "x"], cwd=project, check=True)
    assert use_profile("smoke").study == "smoke"


def test_a_name_that_is_none_names_those_there_are(project: Path) -> None:
    for name in ("smokee", "../params", "/etc/passwd"):
        with pytest.raises(InputError, match=r"no such profile; .*smoke"):
            use_profile(name)


def test_a_profile_with_a_mistake_replaces_nothing(project: Path) -> None:
    before = (project / "params.yaml").read_text()
    (project / "profiles/smoke.yaml").write_text("study: smoke\n")
    with pytest.raises(InputError):
        use_profile("smoke")
    assert (project / "params.yaml").read_text() == before


def test_elsewhere_than_in_a_project_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="run this in a project"):
        use_profile("smoke")
