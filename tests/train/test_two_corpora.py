"""Two corpora in one training, mixed or one after the other."""

import shutil

import pytest
from tests.train.killing import Steps, bytes_of, kill_at, log_into
from tests.train.tiny import BASE, make_params, worked_pairs

from breakeven.core.errors import InputError
from breakeven.core.layout import pairs_path, student_folder
from breakeven.core.records import read_record
from breakeven.rows.pair import Pair, write_pairs
from breakeven.train import stage
from breakeven.train.cell_training import train_cell
from breakeven.train.plan import plan_cell


@pytest.fixture
def two_corpora(study):
    """Thirty pairs, then ten others."""
    others = [
        Pair(**{**vars(pair), "id": f"math-{number}"})
        for number, pair in enumerate(worked_pairs(40)[30:])
    ]
    write_pairs(pairs_path("math"), others)
    return study


def params_with_then(arm, **training):
    return make_params(arms={"both": {"then": "math", **arm}}, corpora=("math",), **training)


@pytest.mark.parametrize("order", ["mixed", "sequential"])
def test_second_corpus_is_learnt_after_the_first_in_the_same_styles(two_corpora, order):
    params = params_with_then({"reasoning_share": 0.5, "order": order}, batch_sequences=8)
    plan = plan_cell(params, "tiny", "both", 0)
    samples = plan.selection.samples
    ids = [plan.examples.ids[sample.pair] for sample in samples]
    assert all(name.startswith("chain") for name in ids[:30])
    assert sorted(ids[30:]) == sorted(f"math-{number}" for number in range(10))
    styles = [sample.style for sample in samples]
    assert styles[:30].count("reasoning") == 15
    assert styles[30:].count("reasoning") == 5
    if order == "sequential":
        assert styles == ["ift"] * 15 + ["reasoning"] * 15 + ["ift"] * 5 + ["reasoning"] * 5
    # What is learnt first is what an arm without `then` learns.
    first = plan_cell(params, "tiny", "mixed", 0)
    if order == "mixed":
        assert plan.steps[:4] == first.steps


def test_record_tells_both_corpora(two_corpora):
    params = params_with_then({"reasoning_share": 0.5}, batch_sequences=8)
    stage.train_and_record(params, "tiny", "both", 0)
    record = read_record("train", "tiny", "both", 0)
    first, second = record.details["corpora"]
    assert (first["corpus"], first["pairs"], first["samples"]) == ("general", 30, 30)
    assert (second["corpus"], second["pairs"], second["samples"]) == ("math", 10, 10)
    assert first["trained_tokens"] + second["trained_tokens"] == record.tokens["trained"]
    flops = first["train_flops"] + second["train_flops"]
    assert flops == pytest.approx(record.flops["train"], rel=1e-12)
    assert record.parameters["then"] == "math"
    assert record.metrics["steps"] == 4 + 2
    assert set(record.inputs) == {
        BASE.as_posix(),
        "data/pairs/general.parquet",
        "data/pairs/math.parquet",
    }


@pytest.mark.parametrize("samples", [20, 40, 60])
def test_budget_is_parted_so_that_both_corpora_are_passed_over_equally_often(two_corpora, samples):
    arm = {"reasoning_share": 0.5, "budget": {"samples": samples}}
    plan = plan_cell(params_with_then(arm), "tiny", "both", 0)
    counts = [len(part.selection.samples) for part in plan.corpora]
    assert counts == [samples * 3 // 4, samples // 4]
    assert plan.selection.passes == pytest.approx(samples / 40)


def test_a_budget_that_leaves_a_corpus_nothing_names_it_and_its_part(two_corpora):
    arm = {"reasoning_share": 1.0, "budget": {"samples": 2}}
    problem = r"arms\.both\.budget: the part of corpus math, 0\.5 does not pay for the first sample"
    with pytest.raises(InputError, match=problem):
        plan_cell(params_with_then(arm), "tiny", "both", 0)


def test_killed_training_of_two_corpora_goes_on(two_corpora):
    params = params_with_then({"reasoning_share": 1.0}, batch_sequences=8, checkpoint_steps=3)
    undisturbed = train_cell(params, "tiny", "both", 0)
    expected = bytes_of(student_folder("tiny", "both", 0))
    shutil.rmtree(".work")
    kill_at(4, params, "both")
    steps = Steps()
    resumed = train_cell(params, "tiny", "both", 0, open_log=log_into(steps))
    assert steps == [3, 4, 5]
    assert resumed.series == undisturbed.series
    assert bytes_of(student_folder("tiny", "both", 0)) == expected
