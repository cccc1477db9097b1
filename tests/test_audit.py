"""Keys in tracked files are found, and an index that knows nothing is no all-clear."""

import json
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
AUDIT: Any = SimpleNamespace(**runpy.run_path(str(ROOT / "scripts/audit.py")))

# In pieces, so that none of them stands in this file.
KEYS = {
    "Hugging Face": ["hf_", "abcdefghijklmnopq" * 2],
    "OpenAI or Anthropic": ["sk-", "ant-api03-", "aB3_" * 12],
    "Weights & Biases": ["wandb_v1_", "aB3" * 22],
    "GitHub": ["ghp_", "aB3" * 12],
    "GitLab": ["glpat-", "aB3-" * 5],
    "PyPI": ["pypi-", "AgEIcHlwaS5vcmc", "aB3" * 20],
    "Amazon": ["AKIA", "ABCDEFGHIJKLMNO2"],
    "Google": ["AIza", "aB3-x" * 7],
    "Google service account": ['{"private_key', '_id": "', "0123456789" * 4, '"}'],
    "Slack": ["xoxb-", "123456789012-", "aB3" * 8],
    "JSON web token": ["eyJ", "hbGciOiJIUzI1NiJ9", ".eyJ", "zdWIiOiIxMjM0NTY3", ".", "aB3_" * 8],
    "a private key": ["-----BEGIN OPENSSH ", "PRIVATE KEY-----"],
}


def found_in(folder: Path, text: str) -> list[str]:
    (folder / "settings.txt").write_text(text)
    (folder / "untracked.txt").write_text("".join(KEYS["GitHub"]))
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "settings.txt"], cwd=folder, check=True)
    return list(AUDIT.keys_in(folder))


def test_no_file_of_the_project_holds_a_key() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files are tracked is not known")
    assert list(AUDIT.keys_in(ROOT)) == []


@pytest.mark.parametrize("of", KEYS)
def test_a_key_is_found_and_not_shown(tmp_path: Path, of: str) -> None:
    key = "".join(KEYS[of])
    assert found_in(tmp_path, f"first\nkey = {key}\n") == [
        f"settings.txt:2: looks like a key: {of}"
    ]


def test_what_only_resembles_a_key_is_let_be(tmp_path: Path) -> None:
    text = "task-" + "a1" * 40 + " sk-learn hf_hub_download " + "0123456789abcdef" * 4
    assert found_in(tmp_path, text) == []


def told_by(folder: Path, printed: str, *, error: str = "") -> tuple[list[str], str]:
    """What is made of what pip-audit 2.10 prints."""
    (folder / "out").write_text(printed)
    (folder / "err").write_text(error)
    program = folder / "pip-audit"
    program.write_text(f"#!/bin/sh\ncat {folder}/out; cat {folder}/err >&2\n")
    program.chmod(0o755)
    holes, said = AUDIT.holes_in(ROOT / "constraints.txt", program)
    return holes, said


def unknown(name: str) -> dict[str, str]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI: {name} (1.0)"}


def printed(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_an_index_without_answers_is_no_all_clear(tmp_path: Path) -> None:
    holes, said = told_by(tmp_path, printed(unknown("torch"), unknown("dvc")))
    assert holes == []
    assert said == "known holes: not looked for; the index that was asked knows of none"


def test_without_a_network_the_reason_is_said(tmp_path: Path) -> None:
    error = "Traceback\nrequests.exceptions.ConnectionError: no route to pypi.org\n"
    holes, said = told_by(tmp_path, "", error=error)
    assert holes == []
    assert said.endswith("not looked for; pip-audit: requests.exceptions.ConnectionError: "
                         "no route to pypi.org")  # fmt: skip


def test_a_known_hole_is_named_with_the_version_that_mends_it(tmp_path: Path) -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["3.1.7"], "aliases": [], "description": "…"}
    holes, said = told_by(
        tmp_path,
        printed(
            {"name": "jinja2", "version": "3.1.6", "vulns": [hole]},
            {"name": "dvc", "version": "3.67.1", "vulns": []},
            unknown("mine"),
        ),
    )
    assert holes == ["jinja2 3.1.6: PYSEC-2026-1; mended in 3.1.7"]
    assert said == "known holes in 2 packages: 1; not told of: mine"


def test_without_pip_audit_it_says_how_to_install_it(tmp_path: Path) -> None:
    holes, said = AUDIT.holes_in(ROOT / "constraints.txt", tmp_path / "none")
    assert holes == []
    assert "make audit" in said
