"""Rows through the hub's own client, from a small server on loopback that speaks its endpoints."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.hubdata.folders import published_folder
from tests.hubdata.hub import COMMIT, Hub, serve

CASES: dict[str, dict[str, Any]] = {
    "all": {"repo": "org/pairs", "split": "reasoning_ift_pairs"},
    "commit": {"repo": "org/pairs", "revision": COMMIT, "split": "ift", "count": 4, "seed": 5},
    "no data set": {"repo": "org/pears"},
    "no revision": {"repo": "org/pairs", "revision": "v9"},
    "no config": {"repo": "org/pairs", "config": "maths"},
    "no split": {"repo": "org/pairs", "split": "test"},
    "no field": {"repo": "org/pairs", "split": "ift", "fields": ["answer"]},
    "gated": {"repo": "org/gated"},
}
_CLIENT = """
import json, sys
from breakeven.core.errors import BreakevenError
from breakeven.hubdata import stream_rows

for name, case in json.load(sys.stdin).items():
    case = {"revision": "main", **case}
    try:
        rows = stream_rows(case.pop("repo"), case.pop("revision"), key="k", **case)
        found = [[number, row] for number, row in rows.numbered]
        result = {"commit": rows.commit, "total": rows.total, "rows": found}
    except BreakevenError as error:
        result = {"code": error.exit_code, "error": str(error)}
    print(json.dumps({"name": name, **result}))
"""


def ask(url: str, home: Path, cases: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a process finds whose hub is at `url`; libraries read the address once, at import."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": url,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(home),
        "HF_TOKEN_PATH": str(home / "none"),
    }
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT],
        input=json.dumps(cases),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {result.pop("name"): result for result in results}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: Any) -> dict[str, Any]:
    folder = published_folder(tmp_path_factory.mktemp("set"), 10)
    hub = Hub({"org/pairs": folder, "org/gated": folder}, gated={"org/gated"})
    with serve(hub):
        found = ask(hub.url, tmp_path_factory.mktemp("home"), CASES)
    return {**found, "requests": hub.requests}


def test_a_branch_is_resolved_once_and_its_commit_is_read(answers: dict[str, Any]) -> None:
    found = answers["all"]
    assert found["commit"] == COMMIT
    assert found["total"] == 10
    assert [number for number, _ in found["rows"]] == list(range(10))
    assert found["rows"][3][1]["ift"] == "It is 4."
    files = [one for one in answers["requests"] if one.endswith(".parquet")]
    assert files
    assert all(f"/resolve/{COMMIT}/" in one for one in files)


def test_a_sample_of_the_hub_is_that_of_the_same_files_in_a_folder(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    from breakeven.hubdata import stream_rows

    folder = published_folder(tmp_path / "set", 10)
    rows = stream_rows(folder, key="k", split="ift", count=4, seed=5)
    assert answers["commit"]["rows"] == [[number, row] for number, row in rows.numbered]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("no data set", "data set org/pears: not on the hub, or private; check the name"),
        ("no revision", "data set org/pairs: no revision 'v9'; use a commit or main"),
        ("no config", "no config 'maths'; allowed: default"),
        ("no split", "no split 'test'; allowed: ift, reasoning, reasoning_ift_pairs"),
        ("no field", "split ift: field 'answer': no 'answer'; allowed: ift, prompt"),
        ("gated", "access is gated; accept its terms on the hub and set HF_TOKEN"),
    ],
)
def test_what_the_hub_lacks_is_the_user_s_to_mend(
    answers: dict[str, Any], case: str, message: str
) -> None:
    assert answers[case]["code"] == 2
    assert message in answers[case]["error"]
    assert "\n" not in answers[case]["error"]


def test_a_hub_that_does_not_answer_is_the_machine_s_fault(tmp_path: Path) -> None:
    with serve(Hub({})) as hub:
        url = hub.url
    found = ask(url, tmp_path, {"all": CASES["all"]})["all"]
    assert found["code"] == 3
    assert "data set org/pairs: the hub cannot be reached" in found["error"]
