"""Reports and records of other results leave alone what the study here has made."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError

COMMANDS = (["replay"], ["import", "results.csv"], ["export"])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with a report, and results of somebody else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").write_text("measured")
    (tmp_path / "results.csv").write_text(
        "student,size_b,arm,style,family,accuracy\n"
        "a,1,ift,ift,math-open,0.5\na,1,r,reasoning,math-open,0.6\n"
    )
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("folder", ["report", "./report/replay", "answers"])
def test_no_command_writes_over_what_a_stage_writes(
    project: Path, command: list[str], folder: str
) -> None:
    ended = CliRunner().invoke(app, [*command, "--folder", folder])
    assert isinstance(ended.exception, InputError)
    stage = "answer" if folder == "answers" else "report"
    assert f"which the stage {stage} of this study writes; name another" in str(ended.exception)
    assert (project / "report/index.html").read_text() == "measured"
    assert not (project / "answers").exists()


def test_outside_a_project_a_report_may_have_any_name(project: Path) -> None:
    (project / "dvc.yaml").unlink()
    ended = CliRunner().invoke(app, ["import", "results.csv", "--folder", "report"])
    assert ended.exit_code == 0, ended.output
    assert (project / "report/index.html").read_text() != "measured"
