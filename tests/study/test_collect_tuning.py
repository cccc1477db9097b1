"""What the search for learning rates took, from the trials that were left of it."""

from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.core.layout import tuning_curves_path
from breakeven.costs.bill import NO_COST
from breakeven.params import Params, load_params
from breakeven.pipeline.reads import report
from breakeven.study.collect_tuning import cost_of_trials, tuning_cost, tuning_trials

ROOT = Path(__file__).parents[2]
HEAD = "student,arm,learning_rate,share,trained_tokens,train_flops\n"


@pytest.fixture(scope="module")
def params() -> Params:
    return load_params(ROOT / "tests/study.yaml")


def write(params: Params, *lines: str) -> None:
    path = tuning_curves_path(params.study)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines))


def test_trials_of_a_student_and_arm_are_added_up(params: Params, project: Path) -> None:
    write(
        params,
        "t30k,ift,1e-3,1.0,1000,5e9",
        "t30k,ift,2e-3,1.0,1000,5e9",
        "t30k,ift,2e-3,0.5,500,2.5e9",
        "t30k,reasoning,2e-3,1.0,1000,6e9",
        "other,ift,2e-3,1.0,1000,6e9",
    )
    trials = tuning_trials(params)
    assert trials is not None
    found = tuning_cost(trials, "t30k", "ift")
    assert (found.read_tokens.value, found.flops.value) == (2500.0, 12.5e9)
    assert found.device_seconds.reason == "tuning: its seconds are not recorded"
    # What the study does not have is no part of its bill.
    assert cost_of_trials(trials).flops.value == 18.5e9
    own = tuning_cost(trials, "t120k", "ift").flops.reason
    assert own == "tuning: the rate of t120k ift was not chosen by trials of its own"
    # The report runs again where the trials have changed.
    assert tuning_curves_path(params.study).as_posix() in report(params).files


def test_a_study_that_nobody_tuned_took_none(params: Params, project: Path) -> None:
    assert tuning_trials(params) is None
    assert tuning_cost(None, "t30k", "ift") == NO_COST


def test_flops_that_a_trial_does_not_know_are_absent(params: Params, project: Path) -> None:
    write(params, "t30k,ift,1e-3,1.0,1000,", "t30k,ift,2e-3,1.0,1000,5e9")
    found = tuning_cost(tuning_trials(params), "t30k", "ift")
    assert found.read_tokens.value == 2000.0
    assert found.flops.reason == "tuning: FLOPs are not counted"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("t30k,ift,1e-3,1.0,1000,many", "curves.csv:2: train_flops: value is 'many'"),
        ("t30k,ift,1e-3,1.0,-5,1e9", "curves.csv:2: trained_tokens: value is '-5'"),
        ("t30k,ift,1e-3", "curves.csv:2: trained_tokens is missing"),
    ],
)
def test_a_file_that_tune_did_not_write_is_refused(
    params: Params, project: Path, line: str, words: str
) -> None:
    write(params, line)
    with pytest.raises(InputError, match=r"curves\.csv:2") as error:
        tuning_trials(params)
    assert words in str(error.value)
