"""Who decides a setting: the arm, then the student, then the section `training`."""

import re
from typing import Any

import pytest

from breakeven.core.errors import InputError
from breakeven.params import Answering, Params, Training
from breakeven.params.cells import (
    Cell,
    TrainingSettings,
    cells,
    first_decoding,
    matrix_cells,
    resolve_cell,
)

BASE = {"kind": "folder", "path": "assets/x"}


def params(
    student: dict[str, Any] | None = None,
    arm: dict[str, Any] | None = None,
    corpora: tuple[str, ...] = (),
) -> Params:
    return Params.model_validate(
        {
            "study": "s",
            "sources": {"chain": {"kind": "procedural", "problem": "chain", "prompts": 4}},
            "teacher": {"kind": "solver", "tokenizer": "assets/x"},
            "corpora": {name: {"sources": ["chain"]} for name in ("general", *corpora)},
            "students": {"t1": {"base": BASE, **(student or {})}},
            "arms": {
                "base": {"method": "none", "shots": 3},
                "one": {"corpus": "general", "reasoning_share": 0.5, **(arm or {})},
            },
            "tasks": {
                "t": {
                    "kind": "procedural",
                    "problem": "chain",
                    "format": "open",
                    "family": "math-open",
                }
            },
            "training": {"method": "lora", "learning_rate": 1e-3, "lora": {"rank": 8}},
            "answering": {"max_new_tokens": 4, "decodings": {"greedy": {}}},
        }
    )


def trained(params: Params) -> TrainingSettings:
    found = resolve_cell(params, Cell("t1", "one", 0)).training
    assert found is not None
    return found


RATES = {"ift": 1.0, "mixed": 2.0, "reasoning": 3.0}


@pytest.mark.parametrize(
    ("student", "arm", "name", "value"),
    [
        ({}, {}, "method", "lora"),
        ({"method": "qlora"}, {}, "method", "qlora"),
        ({"method": "qlora"}, {"method": "full"}, "method", "full"),
        ({}, {}, "learning_rate", 1e-3),
        ({"learning_rates": RATES}, {}, "learning_rate", 2.0),
        ({"learning_rates": RATES}, {"reasoning_share": 1.0}, "learning_rate", 3.0),
        ({"learning_rates": {"ift": 1.0}}, {}, "learning_rate", 1e-3),
        ({"learning_rates": RATES}, {"learning_rate": 9.0}, "learning_rate", 9.0),
    ],
)
def test_arm_decides_before_student_before_training(student, arm, name, value):
    settings = trained(params(student, arm))
    assert getattr(settings, name) == value


def test_student_may_have_a_rank_of_its_own():
    settings = trained(params({"lora_rank": 2}))
    assert settings.lora.rank == 2


def test_untrained_arm_has_no_settings_and_learns_nothing():
    found = resolve_cell(params(), Cell("t1", "base", 0))
    assert (found.training, found.method, found.corpora) == (None, "none", ())
    assert (found.style, found.shots) == ("base", 3)


def test_untrained_arm_stays_untrained_whatever_the_student_says():
    assert resolve_cell(params({"method": "full"}), Cell("t1", "base", 0)).method == "none"


def test_cells_come_in_the_order_of_the_tables_and_of_one_student_alone():
    study = params().model_copy(update={"seeds": (3, 1)})
    every = [Cell("t1", arm, seed) for arm in ("base", "one") for seed in (3, 1)]
    assert list(cells(study)) == list(cells(study, student="t1")) == every


def test_an_arm_for_some_students_is_a_cell_of_theirs_alone():
    tree = params().model_dump(mode="json")
    tree["students"]["t2"] = {"base": BASE}
    tree["arms"]["one"]["students"] = ["t2"]
    study = Params.model_validate(tree)
    assert list(cells(study)) == [
        Cell("t1", "base", 0),
        Cell("t2", "base", 0),
        Cell("t2", "one", 0),
    ]
    assert list(matrix_cells(study)) == [
        Cell(student, arm, 0) for student in ("t1", "t2") for arm in ("base", "one")
    ]
    assert resolve_cell(study, Cell("t1", "one", 0)).training is None
    assert resolve_cell(study, Cell("t2", "one", 0)).training is not None


def test_the_first_decoding_is_the_one_that_is_written_first():
    answering = Answering.model_validate(
        {"max_new_tokens": 4, "decodings": {"z": {}, "a": {"temperature": 1.0}}}
    )
    assert first_decoding(params().model_copy(update={"answering": answering})) == "z"


@pytest.mark.parametrize(("student", "arm"), [("t2", "one"), ("t1", "onee")])
def test_unknown_cell_is_refused(student, arm):
    with pytest.raises(InputError, match="is not in it"):
        resolve_cell(params(), Cell(student, arm, 0))


@pytest.mark.parametrize(
    ("arm", "shown", "hidden"),
    [
        ({}, ("epochs", "lora", "batch_tokens", "adam_betas"), ("budget", "checkpoint_steps")),
        ({"method": "full"}, ("epochs",), ("lora", "threads")),
        ({"budget": {"tokens": 5}}, ("budget",), ("epochs",)),
    ],
)
def test_settings_list_what_changes_the_weights_and_nothing_else(arm, shown, hidden):
    settings = trained(params(arm=arm))
    listed = settings.as_dict()
    assert set(shown) <= set(listed)
    assert not set(hidden) & set(listed)


def test_setting_that_is_not_given_is_not_listed():
    settings = trained(params())
    assert not {"then", "batch_sequences", "micro_batch_tokens", "launch"} & set(settings.as_dict())


def test_second_corpus_of_an_arm_is_listed():
    settings = trained(params(arm={"then": "general2"}, corpora=("general2",)))
    assert settings.corpora == ("general", "general2")
    assert settings.as_dict()["then"] == "general2"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"batch_sequences": 32, "batch_tokens": 1024},
            "a step holds 32 sequences or 1024 tokens (batch_tokens), not both; remove one",
        ),
        (
            {"batch_tokens": 1024, "micro_batch_tokens": 1025},
            "micro_batch_tokens: 1025 is more than a whole step holds; use at most 1024",
        ),
        (
            {"batch_sequences": 2, "max_length": 10, "micro_batch_tokens": 21},
            "micro_batch_tokens: 21 is more than a whole step holds; use at most 20",
        ),
    ],
)
def test_sizes_that_do_not_go_together_are_refused(given, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        Training(**given)


def test_arm_whose_second_corpus_is_the_first_is_refused():
    with pytest.raises(ValueError, match="then: 'general' is the corpus itself; remove it"):
        params(arm={"then": "general"})


def test_a_control_is_trained_as_any_arm_and_counted_under_no_style():
    plain, control = params(), params(arm={"control": True})
    assert trained(control).as_dict() == trained(plain).as_dict()
    assert resolve_cell(control, Cell("t1", "one", 0)).control
    assert not resolve_cell(plain, Cell("t1", "one", 0)).control
    styles = [study.arms["one"].result_style for study in (plain, control)]
    assert styles == ["mixed", "control"]
    assert control.arms["one"].style == "mixed"


@pytest.mark.parametrize(
    ("arm", "taught", "rate"),
    [
        ({"reasoning_share": 1.0, "traces": "answer-only"}, "ift", 1.0),
        ({"traces": "answer-only"}, "ift", 1.0),
        ({"reasoning_share": 1.0, "traces": "filler"}, "reasoning", 3.0),
        ({"answer_mode": "ift"}, "mixed", 2.0),
    ],
)
def test_a_control_is_trained_at_the_rate_of_what_it_teaches(arm, taught, rate):
    study = params(student={"learning_rates": RATES}, arm={**arm, "control": True})
    assert study.arms["one"].taught_style == taught
    assert trained(study).learning_rate == rate


def test_what_a_control_learns_is_told_and_what_it_answers_in_is_not():
    plain = trained(params()).as_dict()
    assert not {"traces", "mode_tags"} & plain.keys()
    shuffled = trained(params(arm={"traces": "shuffled", "control": True})).as_dict()
    assert shuffled == {**plain, "traces": "shuffled"}
    modes = [params(arm={"answer_mode": mode, "control": True}) for mode in ("ift", "reasoning")]
    assert [trained(one).as_dict() for one in modes] == [{**plain, "mode_tags": True}] * 2
    found = [resolve_cell(one, Cell("t1", "one", 0)).answer_mode for one in modes]
    assert found == ["ift", "reasoning"]
