"""Controls in a real DVC repository: adding one trains and answers nothing else again."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import TINY, Study, make_finished_study

from breakeven.core.records import read_record

pytestmark = pytest.mark.study

CONTROL = {"corpus": "general", "reasoning_share": 1.0, "control": True}
TAGGED = {**CONTROL, "reasoning_share": 0.5}
CONTROLS = {
    "answer-only": {**CONTROL, "traces": "answer-only"},
    "wrong-trace": {**CONTROL, "traces": "wrong-trace"},
    "asked-plain": {**TAGGED, "answer_mode": "ift"},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, preloaded: Path) -> Iterator[Study]:
    folder = tmp_path_factory.mktemp("controls") / "study"
    yield make_finished_study(folder, TINY, preloaded)
    shutil.rmtree(folder, ignore_errors=True)


def add(study: Study, arms: dict[str, Any]) -> set[str]:
    """Add arms and run the study; what ran."""
    params = study.params()
    params["arms"] |= arms
    study.write_params(params)
    return study.repro()


def kept(study: Study) -> dict[Path, int]:
    """When each training and each batch of answers in scratch was made."""
    work = study.folder / ".work"
    files = [*work.glob("training/**/result.json"), *work.glob("answers/**/batch-*.jsonl")]
    return {file: file.stat().st_mtime_ns for file in files}


def test_controls_are_trained_answered_and_shown_and_nothing_else_again(study: Study) -> None:
    before = kept(study)
    ran = add(study, CONTROLS)
    assert {cell for cell in ran if cell.startswith(("train", "answer", "pairs", "distill"))} == {
        *(f"train@t30k-{name}-0" for name in CONTROLS),
        "answer@t30k",
    }
    after = kept(study)
    assert {file: after[file] for file in before} == before
    assert set(study.metrics()["controls"]["t30k"]) == set(CONTROLS)


def test_a_second_mode_of_an_arm_trains_no_step(study: Study) -> None:
    before = kept(study)
    ran = add(study, {"asked-traced": {**TAGGED, "answer_mode": "reasoning"}})
    assert {cell for cell in ran if cell.startswith("train")} == {"train@t30k-asked-traced-0"}
    after = kept(study)
    assert {file: after[file] for file in before} == before
    assert not [file for file in set(after) - set(before) if file.name == "result.json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study.folder)
        keys = [
            read_record("train", "t30k", arm, 0).details["training"]
            for arm in ("asked-plain", "asked-traced")
        ]
    assert keys[0] == keys[1]
