"""Trainings of controls, whose traces are other ones."""

import pytest
from tests.train.tiny import make_params, worked_pairs

from breakeven.core.errors import InputError
from breakeven.core.layout import pairs_path
from breakeven.core.records import read_record
from breakeven.rows.pair import Pair, write_pairs
from breakeven.train import stage
from breakeven.train.plan import plan_cell

CONTROL = {"reasoning_share": 1.0, "control": True}


def test_record_of_a_control_tells_its_traces_and_how_many_are_other_ones(study):
    pairs = worked_pairs()
    single = Pair(**{**vars(pairs[0]), "reasoning": "<think>\nSo 6.\n</think>\n\n6"})
    write_pairs(pairs_path("general"), [single, *pairs[1:]])
    params = make_params(arms={"shuffled": {**CONTROL, "traces": "shuffled"}})
    stage.train_and_record(params, "tiny", "shuffled", 0)
    record = read_record("train", "tiny", "shuffled", 0)
    assert record.parameters["traces"] == "shuffled"
    assert record.metrics["traces_changed_share"] == pytest.approx(29 / 30)
    told = record.details["corpora"][0]
    assert (told["traces"], told["traces_learnt"], told["traces_changed"]) == ("shuffled", 30, 29)


def test_only_the_traces_that_are_learnt_are_counted(study):
    arm = {"reasoning_share": 0.5, "control": True, "traces": "truncated-50"}
    stage.train_and_record(make_params(arms={"half": arm}), "tiny", "half", 0)
    told = read_record("train", "tiny", "half", 0).details["corpora"][0]
    assert (told["traces_learnt"], told["traces_changed"]) == (15, 15)


def test_a_budget_is_counted_on_what_a_control_learns(study):
    plans = {}
    for traces in ("as-written", "filler", "truncated-50", "answer-only"):
        arm = {**CONTROL, "traces": traces, "budget": {"tokens": 600}}
        plans[traces] = plan_cell(make_params(arms={"other": arm}), "tiny", "other", 0)
    samples = {name: len(plan.selection.samples) for name, plan in plans.items()}
    assert samples["filler"] == samples["as-written"] < samples["truncated-50"]
    assert samples["truncated-50"] < samples["answer-only"]
    tokens = {
        name: sum(len(one.input_ids) for one in p.learnt_examples()) for name, p in plans.items()
    }
    assert all(500 < count <= 600 for count in tokens.values())


def test_a_control_that_would_change_too_little_is_refused(study):
    pairs = worked_pairs()
    single = [
        Pair(**{**vars(pair), "reasoning": "<think>\nSo 6.\n</think>\n\n6"}) for pair in pairs[:16]
    ]
    write_pairs(pairs_path("general"), [*single, *pairs[16:]])
    params = make_params(arms={"other": {**CONTROL, "traces": "shuffled"}})
    with pytest.raises(
        InputError, match=r"arms\.other\.traces: value is 'shuffled'; 16 of 30 trace"
    ):
        plan_cell(params, "tiny", "other", 0)
