"""Prompts that leave an answer too little room are refused before anything is trained."""

from pathlib import Path

import pytest
from tests.answer.conftest import STUDENT, lay_data, study
from tests.answer.tiny import save_base

from breakeven.answer.prompt_fit import base_here, check_prompts_fit
from breakeven.core.errors import InputError
from breakeven.core.layout import student_folder
from breakeven.params import Params

ON_THE_HUB = {"far": {"base": {"kind": "hub", "repo": "nobody/has-this", "revision": "main"}}}


@pytest.fixture
def untrained(project: Path) -> Path:
    """A project before any cell is trained, its base of a short context."""
    save_base(project / "assets/tiny", context=150)
    lay_data(study())
    return project


def test_examples_count_against_the_context(untrained: Path) -> None:
    check_prompts_fit(study())
    long = {"max_new_tokens": 100}
    with pytest.raises(InputError, match=r"max_new_tokens: value is 100; .* with 2 shots has "):
        check_prompts_fit(study(answering=long))
    check_prompts_fit(study(answering=long, arms={"base": {"method": "none"}}))
    assert not student_folder(STUDENT, "ift", 0).exists()


def test_a_trace_that_a_budget_closes_leaves_an_answer_its_room(untrained: Path) -> None:
    def within(tokens: int) -> Params:
        decodings = {"greedy": {}, "brief": {"thinking_tokens": tokens}}
        return study(answering={"max_new_tokens": 30, "decodings": decodings})

    check_prompts_fit(within(27))
    with pytest.raises(InputError, match=r"thinking_tokens: value is 28; .* use at most 27"):
        check_prompts_fit(within(28))


def test_a_base_that_is_not_here_is_left_to_its_stage(
    untrained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(untrained / "hub"))
    params = study(students=ON_THE_HUB)
    assert base_here(params, "far") is None
    check_prompts_fit(params)
