"""Arms that are for some of the students, in a real DVC repository."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pipeline.repository import TINY, Study, make_finished_study

pytestmark = pytest.mark.study

BASE = TINY["students"]["t30k"]
# Twice the same base: what is trained for one student can be told from the other by its name only.
PARAMS = {
    **TINY,
    "students": {"t30k": BASE, "other": BASE},
    "arms": {
        **TINY["arms"],
        "mixed": {"corpus": "general", "reasoning_share": 0.5, "students": ["t30k"]},
    },
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, preloaded: Path) -> Iterator[Study]:
    folder = tmp_path_factory.mktemp("some") / "study"
    yield make_finished_study(folder, PARAMS, preloaded)
    shutil.rmtree(folder, ignore_errors=True)


def answered(study: Study, student: str) -> set[str]:
    return {path.name for path in (study.folder / "answers" / student).iterdir()}


def cells(study: Study) -> set[tuple[str, str]]:
    accuracy = study.metrics()["accuracy"]
    return {(student, arm) for student, arms in accuracy.items() for arm in arms}


def page(study: Study) -> str:
    return (study.folder / "report/index.html").read_text()


def test_an_arm_is_trained_answered_and_told_of_for_its_students_alone(study: Study) -> None:
    assert answered(study, "t30k") == {"ift", "reasoning", "mixed"}
    assert answered(study, "other") == {"ift", "reasoning"}
    weights = Path("models/students/{}/mixed/0/adapter_model.safetensors")
    assert (study.folder / str(weights).format("t30k")).is_file()
    assert not (study.folder / str(weights).format("other")).exists()
    assert "5 cells of 2 students × 3 arms × 1 seed" in page(study)
    assert cells(study) == {
        ("t30k", "ift"),
        ("t30k", "reasoning"),
        ("t30k", "mixed"),
        ("other", "ift"),
        ("other", "reasoning"),
    }


def test_giving_an_arm_to_another_student_trains_that_cell_alone(study: Study) -> None:
    params = study.params()
    params["arms"]["mixed"]["students"] = ["t30k", "other"]
    study.write_params(params)
    ran = study.repro()
    assert {cell for cell in ran if cell.startswith(("train", "answer"))} == {
        "train@other-mixed-0",
        "answer@other",
    }
    assert answered(study, "other") == {"ift", "reasoning", "mixed"}
    assert "2 students × 3 arms × 1 seed = 6 cells" in page(study)


def test_taking_it_away_leaves_nothing_of_it_on_the_page(study: Study) -> None:
    params = study.params()
    params["arms"]["mixed"]["students"] = ["other"]
    study.write_params(params)
    study.repro()
    assert answered(study, "t30k") == {"ift", "reasoning"}
    assert ("t30k", "mixed") not in cells(study)
