"""`breakeven decide` on a project folder and on tables."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.decide import simulated
from tests.decide.packed import unpacked

from breakeven.core.errors import InputError
from breakeven.core.records import read_record
from breakeven.decide.by_law import law_request
from breakeven.decide.calculator import _family, embedded_json
from breakeven.decide.decide_command import DecisionData, OnDevice, decide_command, decision_of
from breakeven.decide.decision_text import decision_lines
from breakeven.decide.family_options import family_options
from breakeven.decide.options import MOST, DecisionRequest
from breakeven.findings.scored_results import scored_results
from breakeven.params import load_params
from breakeven.report.view import view_of
from breakeven.report.write import _calculator
from breakeven.results.replay import replay_results
from breakeven.study.collect import collect

CSV = """student,size_b,style,family,accuracy,train_device_seconds,device_seconds
small,0.5,ift,math-open,0.30,1000,0.001
small,0.5,reasoning,math-open,0.62,4000,0.01
large,3,ift,math-open,0.60,20000,0.004
"""


@pytest.fixture
def study(project):
    simulated.write_project(project, "costs: {price_per_device_hour: 3.6, currency: EUR}\n")
    return project


@pytest.fixture
def table(project):
    path = project / "results.csv"
    path.write_text(CSV)
    return path


def test_the_study_in_the_folder_is_decided_with_its_own_price(study):
    result = decide_command("math-open", 1e6, with_teacher=False)
    assert result["request"]["unit"] == "money"
    assert result["request"]["currency"] == "EUR"
    # m reasoning trains for 4e6·12·1e-5 = 480 s and takes 0.048 s an answer.
    row = next(row for row in result["options"] if row["name"] == "m reasoning")
    assert row["lifetime_cost"]["device_seconds"] == pytest.approx(480 + 48_000)
    assert row["lifetime_cost"]["money"] == pytest.approx(48.48)
    assert row["lifetime_cost"]["flops"] == pytest.approx(4e6 * 12 * (6e4 + 200e6))
    assert row["seconds_per_answer"] == pytest.approx(0.048)


def test_a_size_that_was_not_measured_is_asked_of_the_law(study):
    result = decide_command("math-open", 1e6, law=law_request(3e9, None, None, None))
    assert result["choice"] == decide_command("math-open", 1e6)["choice"]
    # This study has one seed, so there is no law, and the decision says so on its last line.
    assert result["law"]["standing"] == "undecided"
    assert "by the law of the gain: undecided, " in decision_lines(result)[-1]


def test_a_close_call_is_less_sure_than_a_clear_one(study):
    close = decide_command("math-open", 1e6, with_teacher=False)
    budget = close["ladder"][1]["cost"] * 0.99
    clear = decide_command("math-open", 1e6, with_teacher=False, budget=budget)
    assert 0 < close["probability"] < 0.95
    assert close["probability"] + close["runner_up"]["probability"] <= 1
    assert {close["choice"]["student"], close["runner_up"]["student"]} <= {"l", "m"}
    assert clear["probability"] > close["probability"]


@pytest.mark.parametrize("others", [[], CSV.splitlines()[1:]])
def test_a_family_of_controls_has_no_option(table, others):
    control = "small,0.5,control,general-open,0.5,1000,0.001"
    table.write_text("\n".join([CSV.splitlines()[0], *others, control]) + "\n")
    with pytest.raises(InputError, match="'general-open', which has no option: its arms are cont"):
        decide_command("general-open", 100, results_file=table)


def test_the_same_question_gets_the_same_answer(study):
    first = decide_command("math-open", 1e6, budget=30.0)
    assert json.dumps(first, allow_nan=False) == json.dumps(
        decide_command("math-open", 1e6, budget=30.0), allow_nan=False
    )


def lifetime_row(name, **options):
    result = decide_command("math-open", 0, unit="device-seconds", **options)
    return next(row for row in result["options"] if row["name"] == name)


@pytest.mark.parametrize(
    ("arm", "teacher_seconds"), [("base", 0), ("ift", 3.5), ("reasoning", 4.5)]
)
def test_an_arm_pays_for_the_completions_that_it_learns_from(study, arm, teacher_seconds):
    assert taught_seconds(f"s {arm}") == pytest.approx(teacher_seconds)


def test_what_keeps_options_out_is_told_once_and_to_its_end(study):
    found = decide_command("math-open", 1e6)
    [one, other] = found["options"][:2]
    reasons = {
        one["name"]: f"its cost is not known: {one['name']}: samples wait for one another",
        other["name"]: f"its cost is not known: {other['name']}: samples wait for one another",
    }
    options = [{**row, "why_not": reasons.get(row["name"])} for row in found["options"]]
    told = decision_lines({**found, "options": options})
    assert (
        f"left out: {one['name']}, {other['name']}: its cost is not known: samples wait for one "
        "another" in told
    )


def test_the_teacher_is_counted_by_default_and_a_line_says_so(study):
    found = decide_command("math-open", 1e6)
    assert found["teacher"] == {"counted": True, "reason": None, "not_known_of": []}
    assert "  with the teacher's work" in decision_lines(found)
    in_flops = decide_command("math-open", 1e6, unit="flops")
    assert in_flops["teacher"]["counted"] is False
    reason = in_flops["request"]["teacher_left_out"]["flops"]
    assert f"  without the teacher: {reason}" in decision_lines(in_flops)
    without = decide_command("math-open", 1e6, with_teacher=False)
    assert without["teacher"]["reason"] == "left out, as asked"


def test_an_arm_of_both_styles_pays_its_share_of_each(study):
    # Half of the ten prompts in each style, of 3.5 seconds and of 4.5.
    assert taught_seconds("s mixed-50") == pytest.approx(0.5 * 3.5 + 0.5 * 4.5)


def test_an_arm_that_learns_a_part_of_its_pairs_pays_its_share_of_the_tokens(project):
    simulated.write_project(project, pairs=simulated.PROMPTS - 1)
    assert taught_seconds("s ift") == pytest.approx(0.9 * 3.5)
    assert taught_seconds("s reasoning") == pytest.approx(0.9 * 4.5)


def taught_seconds(name):
    paid, without = (
        lifetime_row(name, with_teacher=teacher)["lifetime_cost"]["device_seconds"]
        for teacher in (True, False)
    )
    return paid - without


def test_a_teacher_whose_record_is_missing_is_in_nobodys_seconds(study):
    (study / "records/distill/chain/ift.json").unlink()
    found = decide_command("math-open", 0, unit="device-seconds")
    assert found["teacher"]["reason"] == "teacher: distill@chain-ift has no record"


def test_page_and_command_read_the_same_options_of_a_study(study, monkeypatch):
    # The page's data, as the report of this folder builds it.
    results, summary = collect(load_params(study / "params.yaml"))
    page = unpacked(_calculator(view_of(results, summary)).json)
    seen = {}

    def keep(scored, family, **settings):
        seen[family] = family_options(scored, family, **settings)
        return seen[family]

    monkeypatch.setattr("breakeven.decide.decide_command.family_options", keep)
    for family in simulated.FAMILIES:
        result = decide_command(family, 1e6)
        shown = page["families"][family]
        assert np.array_equal(shown.pop("draws"), seen[family].draws)
        assert shown == json.loads(embedded_json(_family(seen[family])))
        assert page["currency"] == result["request"]["currency"] == "EUR"
        assert page["price_per_device_hour"] == result["request"]["price_per_device_hour"] == 3.6
        assert page["study"] == result["study"]
        assert page["notes"] == result["notes"]
    assert set(page["families"]) == set(seen)


def test_every_decoding_has_its_own_seconds(study):
    text = (study / "params.yaml").read_text()
    two = "{greedy: {}, sampled: {temperature: 0.6, top_p: 0.95, samples: 1}}"
    (study / "params.yaml").write_text(text.replace("{greedy: {}}", two))
    rows = simulated.items()
    both = pd.concat([rows, rows.assign(decoding="sampled")], ignore_index=True)
    both.to_parquet(study / "scores/items.parquet")
    record = read_record("answer", "m")
    first = record.details["cells"]
    slower = [
        {**row, "decoding": "sampled", "device_seconds": 3 * row["device_seconds"]} for row in first
    ]
    replace(record, details={**record.details, "cells": [*first, *slower]}).write()
    result = decide_command("math-open", 1e6)
    seconds = {row["name"]: row["seconds_per_answer"] for row in result["options"]}
    assert seconds["m reasoning (greedy)"] == pytest.approx(0.048)
    assert seconds["m reasoning (sampled)"] == pytest.approx(3 * 0.048)
    assert seconds["s reasoning (greedy)"] == pytest.approx(0.012)
    assert seconds["s reasoning (sampled)"] is None


def test_a_missing_record_leaves_a_cost_absent_with_its_reason(study):
    (study / "records/train/m/reasoning/0.json").unlink()
    result = decide_command("math-open", 1e6)
    row = next(row for row in result["options"] if row["name"] == "m reasoning")
    assert row["lifetime_cost"]["money"] is None
    assert row["absent"]["money"] == "m reasoning: device-seconds of training not known"
    assert not row["fits"]
    assert "m reasoning" in "\n".join(decision_lines(result))


def test_a_folder_without_scores_says_what_to_run(study):
    (study / "scores/items.parquet").unlink()
    with pytest.raises(
        InputError, match=r"scores/items\.parquet: no such file; run `dvc repro"
    ) as e:
        decide_command("math-open", 1e6)
    assert "--results" in str(e.value)


def test_a_table_of_cells_is_decided_without_a_probability(table):
    result = decide_command(
        "math-open", 1e6, budget=20, price_per_device_hour=3.6, results_file=table
    )
    assert result["choice"]["name"] == "small reasoning"
    assert result["choice"]["lifetime_cost"]["money"] == pytest.approx(14)
    assert result["probability"] is None
    assert result["probability_reason"] == "no item-level answers, so nothing to resample"
    pair = next(p for p in result["break_evens"] if p["first"] == "large ift")
    assert pair["second"] == "small reasoning"
    assert pair["queries"]["money"] == pytest.approx(16e3 / 6e-3)
    assert pair["queries"]["flops"] is None
    assert "not known" in pair["absent"]["flops"]


def test_the_lines_say_the_choice_the_break_even_and_what_it_rests_on(table):
    result = decide_command(
        "math-open", 1e6, budget=20, price_per_device_hour=3.6, results_file=table
    )
    text = "\n".join(decision_lines(result))
    for words in (
        "math-open, 1.000e+06 queries: small reasoning",
        "62.0% right, 14 over its life",
        "large ift and small reasoning: 2.667e+06 (30.67); small reasoning is cheaper below, "
        "large ift above",
        "rests on extrapolation: no",
        "probability that this is best: not known",
    ):
        assert words in text


def test_costs_are_counted_in_what_was_measured_where_no_unit_is_given(table):
    assert decide_command("math-open", 1, results_file=table)["request"]["unit"] == "device_seconds"
    published = decision_of(DecisionData(replay_results(), {}), "math-open", DecisionRequest(1e6))
    assert published["request"]["unit"] == "flops"
    assert any("derived" in note for note in published["notes"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"family": "math-opn"}, "--family: value is 'math-opn'; did you mean 'math-open'"),
        ({"queries": -5}, "--queries: value is -5; use a number of at least 0"),
        ({"queries": float("inf")}, "--queries: value is inf"),
        ({"queries": 1e308, "unit": "device-seconds"}, "--queries: value is 1e+308; use a number"),
        ({"price_per_device_hour": 1e308}, "--price-per-device-hour: value is 1e+308"),
        ({"price_per_device_hour": -1}, "--price-per-device-hour: value is -1"),
        ({"max_seconds_per_answer": -1}, "--max-device-seconds: value is -1"),
        *(
            (
                {"max_latency_seconds": value, "device": OnDevice("H100")},
                f"--max-latency-seconds: value is {value:g}; use a number of seconds above 0, or",
            )
            for value in (float("inf"), float("nan"), -2.0, 0.0)
        ),
        ({"device": OnDevice("H100", 0)}, "--batch: value is 0; use a whole number of at least 1"),
        (
            {"price_per_device_hour": 0, "unit": "money"},
            "--unit: is in money, and the price is 0; give --price-per-device-hour above 0",
        ),
        ({"price_per_device_hour": 0, "budget": 5}, "--budget: is in money, and the price is 0"),
        (
            {"unit": "dollars"},
            "--unit: value is 'dollars'; allowed: device-seconds, flops, joules, money",
        ),
        ({"budget": 5}, "--budget: is in money, and there is no price; give --price-per-device"),
        ({"value_per_correct": 5, "unit": "flops"}, "--value-per-correct: is compared with costs"),
        ({"budget": 1, "price_per_device_hour": 3.6}, "no option fits: the budget binds: the chea"),
        ({"max_seconds_per_answer": 1e-4}, "no option fits: the limit on seconds per answer binds"),
        ({"unit": "joules"}, "joules of training not known"),
        ({"unit": "flops"}, "no option fits: no option's cost is known: small ift: training FLOP"),
    ],
)
def test_bad_input_is_an_error_that_names_the_option(table, options, words):
    with pytest.raises(InputError) as error:
        decide_command(**{"family": "math-open", "queries": 1e6, "results_file": table, **options})
    assert words in str(error.value)


def test_numbers_as_large_as_may_be_asked_for_are_reckoned_with(table):
    asked = {"price_per_device_hour": MOST, "value_per_correct": MOST}
    found = decide_command("math-open", MOST, results_file=table, **asked)
    assert found["choice"]["name"] == "small reasoning"
    json.dumps(found, allow_nan=False)


def test_another_unit_is_proposed_only_where_it_has_a_cost(table, study):
    with pytest.raises(InputError) as error:
        decide_command("math-open", 1e6, results_file=table, unit="joules")
    assert str(error.value).endswith("--unit device-seconds counts device-seconds instead")
    with pytest.raises(InputError, match="inference FLOPs are not known; --unit device-seconds"):
        decide_command("math-open", 1e6, results_file=table, unit="flops")
    with pytest.raises(InputError, match="--unit device-seconds counts device-seconds instead"):
        decide_command("math-open", 1e6, unit="joules")


def test_a_price_of_zero_makes_money_absent_and_leaves_the_rest(study):
    asked = decide_command("math-open", 1e6, price_per_device_hour=0.0)
    assert asked["request"]["unit"] == "device_seconds"
    for row in asked["options"]:
        assert row["lifetime_cost"]["money"] is None
        assert row["absent"]["money"] == "costs.price_per_device_hour is 0: nobody pays"
        assert row["ownership"]["total"] is None
    assert "everything counted" not in "\n".join(decision_lines(asked))
    unpriced = decide_command("math-open", 1e6, unit="device-seconds")
    assert asked["choice"]["name"] == unpriced["choice"]["name"]


def test_everything_counted_is_the_bill_in_money(study):
    result = decide_command("math-open", 1e6)
    row = next(row for row in result["options"] if row["name"] == "m reasoning")
    # Seconds at 3.6 an hour: the teacher's 4.5, 480 of training, 48,000 of answers.
    owned = {"teacher": 4.5e-3, "tuning": 0.0, "training": 0.48, "answering": 48.0, "judging": 0.0}
    found = {name: row["ownership"][name] for name in owned}
    assert found == pytest.approx(owned)
    assert row["ownership"]["total"] == pytest.approx(sum(owned.values()))
    # Half of its completions in each style: 1.75 seconds and 2.25.
    mixed = next(row for row in result["options"] if row["name"] == "m mixed-50")["ownership"]
    assert mixed["teacher"] == pytest.approx(4e-3)
    assert mixed["total"] == mixed["at_least"] == pytest.approx(0.32 + 32.0 + 4e-3)
    text = "\n".join(decision_lines(result))
    assert "with everything counted: " in text


def test_resampled_accuracies_centre_on_the_measured_ones():
    choices = family_options(scored_results(simulated.results()), "math-open", draws=200)
    assert choices.draws is not None
    assert choices.draws.shape == (200, 12)
    means = choices.draws.mean(axis=0) / 65535
    for option, mean in zip(choices.options, means, strict=True):
        assert mean == pytest.approx(option.accuracy, abs=0.01)


def test_seeds_are_averaged_and_not_options_of_their_own(project):
    path = project / "seeds.csv"
    rows = [
        f"a,1,{style},math-open,{seed},{accuracy},{seconds},1"
        for style, seed, accuracy, seconds in (
            ("ift", 0, 0.2, 100),
            ("ift", 1, 0.4, 300),
            ("reasoning", 0, 0.5, 700),
            ("reasoning", 1, 0.7, 900),
        )
    ]
    header = "student,size_b,style,family,seed,accuracy,train_device_seconds,device_seconds"
    path.write_text("\n".join([header, *rows]) + "\n")
    result = decide_command("math-open", 10, results_file=path)
    found = {
        row["name"]: (row["accuracy"], row["lifetime_cost"]["device_seconds"])
        for row in result["options"]
    }
    assert found == {"a ift": (0.3, 210.0), "a reasoning": (0.6, 810.0)}


def test_where_nothing_breaks_even_the_lines_say_so(project):
    path = project / "one.csv"
    path.write_text(CSV.splitlines()[0] + "\n" + CSV.splitlines()[1] + "\n")
    lines = decision_lines(decide_command("math-open", 1e6, results_file=path))
    assert "break-even queries: none, as no two options are worth comparing" in lines
    assert "break-even queries:" not in lines


def test_an_option_that_is_never_right_is_named_for_its_cost_alone(project):
    path = project / "none.csv"
    path.write_text(CSV + "tiny,0.1,ift,math-open,0.0,10,0.0001\n")
    lines = decision_lines(decide_command("math-open", 10, results_file=path))
    place = next(n for n, line in enumerate(lines) if line.startswith("on the frontier"))
    assert lines[place + 1] == (
        "  tiny ift: 0.0%, 10 device-seconds; gets no answer right, no better than not answering: "
        "named as the cheapest"
    )
    assert not [line for line in lines if "worth having" in line]
    assert not [line for line in lines if line.startswith("note: tiny ift")]
