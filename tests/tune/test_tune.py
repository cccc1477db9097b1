"""Rates chosen on the tune side: what is learnt, held out and tested; resumed; refused."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tests.tune.study import study_params
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, read_rows, write_rows
from breakeven.core.layout import (
    distilled_path,
    pairs_path,
    prompts_path,
    record_path,
    task_path,
)
from breakeven.core.records import read_record
from breakeven.core.sides import side_of
from breakeven.pairs import stage as pairs_stage
from breakeven.pairs.decontaminate import normalise
from breakeven.params import Params
from breakeven.pipeline import code
from breakeven.rows.budget_trial import BudgetTrial
from breakeven.rows.completion import Completion
from breakeven.rows.content import content_of
from breakeven.rows.item import Item
from breakeven.rows.pair import read_pairs, write_pairs
from breakeven.rows.prompt import Prompt
from breakeven.train.plan import plan_cell
from breakeven.tune import trial
from breakeven.tune.chosen_rates import Choice, as_good_as_best, best_of, choice_lines, chosen_of
from breakeven.tune.grid import Grid, Trial, checked_grid, params_of_trial, rate_trials
from breakeven.tune.held_out import held_out
from breakeven.tune.trial import Outcome
from breakeven.tune.tune_command import tune

SMALL = Grid(arms=("ift",), rates=(1e-3, 1e-2), shares=())


def made(**changes) -> Outcome:
    return Outcome(
        **{
            **{"student": "tiny", "arm": "ift", "learning_rate": 1e-3, "share": 1.0, "steps": 2},
            **{"trained_tokens": 9, "supervised_tokens": 3, "train_flops": 1.0, "items": 10},
            **{"right": tuple("abcde"), "loss": 1.0},
            **changes,
        }
    )


@pytest.fixture
def trained(monkeypatch):
    """The labels of what is trained."""
    labels = []
    train_plan = trial.train_plan

    def watched(*arguments, label, **more):
        labels.append(label)
        return train_plan(*arguments, label=label, **more)

    monkeypatch.setattr(trial, "train_plan", watched)
    return labels


def test_tuning_training_and_test_contents_are_disjoint(study):
    held = {pair.content for pair in held_out(study, ("general",), 1000).pairs}
    tested = {item.content for item in read_rows(task_path("chain-open"), Item)}
    by_id = {pair.id: pair.content for pair in read_pairs(pairs_path("general"))}
    learnt_by = {
        "the study": plan_cell(study, "tiny", "ift", 0),
        "a trial": plan_cell(
            params_of_trial(study, Trial("tiny", "ift", 1e-3), 0), "tiny", "ift", 0
        ),
    }
    for plan in learnt_by.values():
        learnt = {by_id[name] for name in plan.examples.ids}
        assert held and learnt and tested
        assert not held & learnt
        assert not held & tested
        assert not learnt & tested
        assert held | learnt == set(by_id.values())


def test_what_is_learnt_held_out_and_tested_is_disjoint_whatever_its_case(study):
    """Each prompt is there twice, once in capitals: half of them on another side than the other."""
    prompts = read_rows(prompts_path("chain"), Prompt)
    capitals = [
        replace(
            one, id=f"{one.id}-c", prompt=one.prompt.upper(), content=content_of(one.prompt.upper())
        )
        for one in prompts
    ]
    write_rows(prompts_path("chain"), [*prompts, *capitals])
    for style in ("ift", "reasoning"):
        path = distilled_path("chain", style)
        written = read_rows(path, Completion)
        write_rows(path, [*written, *(replace(one, id=f"{one.id}-c") for one in written)])
    for made in (record_path("prompts", "chain"), *map(distill_record, ("ift", "reasoning"))):
        made.unlink()  # they tell of other bytes
    pairs_stage.run(study, "general")
    asked = {pair.id: normalise(pair.prompt) for pair in read_pairs(pairs_path("general"))}
    held = {normalise(pair.prompt) for pair in held_out(study, ("general",), 1000).pairs}
    learnt = {asked[name] for name in plan_cell(study, "tiny", "ift", 0).examples.ids}
    tested = {normalise(item.prompt) for item in read_rows(task_path("chain-open"), Item)}
    assert held and learnt and tested
    assert not held & learnt
    assert not held & tested
    assert not learnt & tested
    why = "same prompt as one of the tune side"
    assert read_record("pairs", "general").details["dropped_by_reason"][why] > 8


def distill_record(style):
    return record_path("distill", "chain", style)


def test_every_trial_is_scored_and_the_best_rate_written(study, trained):
    choices = tune(study, SMALL._replace(shares=(0.5,)), items=400, folder=Path("tuning/tiny"))
    assert trained == [f"tune tiny ift {what}" for what in ("0.001 × 1", "0.01 × 1", "0.01 × 0.5")]

    rows = list(csv.DictReader(Path("tuning/tiny/curves.csv").read_text().splitlines()))
    assert [(row["learning_rate"], row["share"]) for row in rows] == [
        *(("0.001", "1.0"), ("0.01", "1.0"), ("0.01", "0.5"))
    ]
    whole, half = (int(rows[place]["trained_tokens"]) for place in (1, 2))
    assert 0.4 < half / whole < 0.6
    assert len({row["items"] for row in rows}) == 1

    (choice,) = choices
    assert choice.chosen.learning_rate == 1e-2
    assert choice.chosen.loss < float(rows[0]["loss"])
    assert choice.at_edge
    written = json.loads(Path("tuning/tiny/choice.json").read_text())
    told = written["students"]["tiny"]["ift"]
    assert (told["style"], told["learning_rate"], told["at_edge"]) == ("ift", 1e-2, True)
    assert set(told["accuracy_by_share"]) == {"0.5", "1"}

    half, whole = read_rows(Path("tuning/tiny/budgets.jsonl"), BudgetTrial)
    assert (half.share, whole.share) == (0.5, 1.0)
    for trial_row, row in ((half, rows[2]), (whole, rows[1])):
        assert len(trial_row.right) == int(row["correct"])
        assert trial_row.trained_tokens == int(row["trained_tokens"])
    # The same items, each right or wrong: what is compared is paired.
    asked = {item.id for item in held_out(study, ("general",), 400).items}
    assert {*half.right, *half.wrong} == {*whole.right, *whole.wrong} == asked
    assert len(half.right) + len(half.wrong) == len(asked)


def test_a_second_run_trains_nothing_and_writes_the_same_bytes(study, trained):
    folder = Path("tuning/tiny")
    tune(study, SMALL, items=400, folder=folder)
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert len(trained) == 2
    tune(study, SMALL, items=400, folder=folder)
    assert len(trained) == 2
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


def test_a_killed_run_goes_on_with_the_trial_that_was_not_finished(study, trained, monkeypatch):
    scored, calls = trial._scored, []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return scored(*arguments)

    monkeypatch.setattr(trial, "_scored", killed)
    with pytest.raises(KeyboardInterrupt):
        tune(study, SMALL, items=400, folder=Path("tuning/tiny"))
    assert not Path("tuning").exists()
    tune(study, SMALL, items=400, folder=Path("tuning/tiny"))
    assert trained == [f"tune tiny ift {rate} × 1" for rate in ("0.001", "0.01", "0.01")]


def test_the_study_takes_the_chosen_training_from_scratch(study):
    from breakeven.train.cell_training import train_cell

    tune(study, SMALL, items=400, folder=Path("tuning/tiny"))
    before = set(Path(".work/training").iterdir())
    train_cell(study_params(ift={"reasoning_share": 0.0, "learning_rate": 1e-2}), "tiny", "ift", 0)
    assert set(Path(".work/training").iterdir()) == before


def test_a_trial_is_scored_again_where_what_scores_it_was_edited(study, monkeypatch):
    plan, held = plan_cell(study, "tiny", "ift", 0), held_out(study, ("general",), 100)
    kept = trial._kept_in(study, "ift", plan, held)

    def kept_with(edited):
        file = Path("src/breakeven", edited)
        with monkeypatch.context() as patch:
            other = code._modules()[file]._replace(digest="other")
            patch.setitem(code._modules(), file, other)
            return trial._kept_in(study, "ift", plan, held)

    scoring = ("grading/exact_match.py", "gym/scoring.py", "decoding/sampling.py", "rows/traces.py")
    for edited in (*scoring, "answer/read_answer.py", "train/losses.py", "tune/trial.py"):
        assert kept_with(edited) != kept, edited
    for edited in ("train/cell_training.py", "tune/grid.py", "core/progress.py"):
        assert kept_with(edited) == kept, edited


def test_without_references_the_loss_decides(study):
    prompts = read_rows(prompts_path("chain"), Prompt)
    write_rows(
        prompts_path("chain"), (Prompt(one.id, "chain", one.prompt, one.content) for one in prompts)
    )
    (choice,) = tune(study, SMALL, items=400, folder=Path("tuning/tiny"))
    assert (choice.chosen.items, choice.chosen.accuracy) == (0, None)
    assert choice.chosen.loss == min(one.loss for one in choice.tried)


def test_a_rate_that_diverges_is_a_result_and_never_the_choice(study):
    grid = SMALL._replace(rates=(1e-3, 1e30))
    (choice,) = tune(study, grid, items=400, folder=Path("tuning/tiny"))
    assert choice.chosen.learning_rate == 1e-3
    assert [one.loss is None for one in choice.tried] == [False, True]
    with pytest.raises(InputError, match=r"--rate: tiny ift diverged at every rate from 1e\+30"):
        tune(study, SMALL._replace(rates=(1e30,)), items=400, folder=Path("tuning/tiny"))


def test_the_first_arm_of_each_style_and_rates_around_its_own_are_tried_by_default():
    params = study_params(late={"reasoning_share": 0.0})
    grid = checked_grid(params, Grid())
    assert grid.arms == ("ift", "reasoning", "mixed")
    rates = [one.learning_rate for one in rate_trials(params, grid) if one.arm == "ift"]
    assert rates == [1.3e-3, 2.5e-3, 5e-3, 1e-2, 2e-2]


def test_an_arm_whose_rate_is_its_own_is_tried_too_and_one_that_shares_it_is_not():
    own = {"corpus": "general", "reasoning_share": 0.0, "learning_rate": 0.002}
    params = study_params(
        ift={"corpus": "general", "reasoning_share": 0.0},
        again={"corpus": "general", "reasoning_share": 0.0},
        own=own,
        **{"own-again": own},
    )

    assert checked_grid(params, Grid()).arms == ("ift", "reasoning", "mixed", "own")


def test_a_control_is_tried_only_where_it_is_named():
    tree = study_params().model_dump(mode="json")
    perturbed = {"perturbed": {**tree["arms"]["reasoning"], "control": True}}
    tree["arms"] = perturbed | tree["arms"]
    params = Params.model_validate(tree)
    assert checked_grid(params, Grid()).arms == ("ift", "reasoning", "mixed")
    assert checked_grid(params, Grid(arms=("perturbed",))).arms == ("perturbed",)
    tree["arms"] = {"base": tree["arms"]["base"], **perturbed}
    with pytest.raises(InputError, match="none is trained, controls aside; name one by --arm"):
        checked_grid(Params.model_validate(tree), Grid())


def test_the_rows_for_params_name_a_style_once_and_say_what_they_cannot_hold():
    params = study_params(
        perturbed={"reasoning_share": 1.0, "control": True},
        late={"reasoning_share": 1.0},
        alike={"reasoning_share": 1.0},
        own={"reasoning_share": 0.0, "learning_rate": 4e-3},
    )
    rates = {
        **{"perturbed": 9e-3, "own": 3e-3, "ift": 1e-3, "reasoning": 2e-3, "late": 5e-3},
        "alike": 2e-3,
    }
    best = [made(arm=arm, learning_rate=rate) for arm, rate in rates.items()]
    lines = choice_lines(params, [Choice(one, (one,), (one,)) for one in best])
    told = lines[lines.index("For params.yaml:") + 1 :]
    assert yaml.safe_load("\n".join(told)) == {
        "students": {"tiny": {"learning_rates": {"ift": 1e-3, "reasoning": 2e-3}}}
    }
    assert [line.split(", as ")[0] for line in told[3:]] == [
        *("  # tiny perturbed: 0.009", "  # tiny own: 0.003", "  # tiny late: 0.005")
    ]
    assert told[-1].endswith("as arms.late.learning_rate only, which is for all students")


@pytest.mark.parametrize(
    ("budget", "cut"),
    [
        (None, {"samples": 50}),
        ({"samples": 30}, {"samples": 15}),
        ({"tokens": 999}, {"tokens": 499}),
        ({"supervised_tokens": 99}, {"supervised_tokens": 49}),
        ({"match": "reasoning", "unit": "tokens"}, {"samples": 50}),
        ({"train_flops": 5e6}, {"train_flops": 2.5e6}),
    ],
)
def test_a_share_cuts_the_budget_that_there_is(budget, cut):
    params = study_params(ift={"reasoning_share": 0.0, "budget": budget})
    arm = params_of_trial(params, Trial("tiny", "ift", 1e-3, 0.5), 100).arms["ift"]
    assert arm.budget.model_dump(exclude_none=True) == cut
    whole = params_of_trial(params, Trial("tiny", "ift", 1e-3), 100).arms["ift"]
    assert whole.budget == params.arms["ift"].budget


def test_equal_accuracies_go_to_the_lower_loss_and_a_rate_within_is_at_no_edge():
    tried = [
        made(learning_rate=1e-3, loss=0.5),
        made(learning_rate=2e-3, loss=0.2),
        made(learning_rate=4e-3, loss=0.3),
        made(learning_rate=8e-3, right=tuple("abcd"), loss=0.1),
    ]
    best = best_of(tried)
    assert best.learning_rate == 2e-3
    half = made(share=0.5, right=tuple("abc"))
    choice = Choice(best, tuple(tried), (half, best))
    assert not choice.at_edge
    assert choice.last_gain == pytest.approx(0.2)


def test_a_rate_gives_way_only_to_one_that_the_items_show_to_be_better():
    """Of 200 items the best has 120 right, some 110 of these and three of its own, one only 60."""
    ids = [f"item-{place}" for place in range(200)]
    tried = [
        made(learning_rate=1e-3, items=200, right=tuple(ids[:60])),
        made(learning_rate=2e-3, items=200, right=tuple(ids[10:123])),
        made(learning_rate=4e-3, items=200, right=tuple(ids[:120])),
        made(learning_rate=8e-3, items=200, right=None, loss=None),
    ]
    assert [one.learning_rate for one in as_good_as_best(tried)] == [2e-3, 4e-3]
    for own, chosen in ((1e-3, 4e-3), (2e-3, 2e-3), (4e-3, 4e-3), (8e-3, 4e-3), (5e-4, 4e-3)):
        assert chosen_of(tried, own).learning_rate == chosen
    kept = Choice(tried[1], tuple(tried), (tried[1],))
    assert kept.as_dict()["best"] == 4e-3
    assert kept.as_dict()["as_good_as_the_best"] == [2e-3, 4e-3]
    told = choice_lines(study_params(), [kept])[0]
    assert told == (
        "tiny ift: 0.002, 56.5% right of 200, loss 1.000; kept, as the items do not tell it from "
        "the best, 0.004 with 60.0% right, loss 1.000"
    )
    (told, *_) = choice_lines(study_params(), [kept._replace(tried=tuple(tried[:3]))])
    assert "; the best is at the edge of what" in told


def test_a_rate_is_told_with_all_its_digits():
    one = made(learning_rate=0.00123456789)
    lines = choice_lines(study_params(), [Choice(one, (one,), (one,))])
    assert lines[0].startswith("tiny ift: 0.00123456789, ")
    assert lines[-1] == "    learning_rates: {ift: 0.00123456789}"


def test_without_grades_a_rate_is_as_good_as_no_other():
    tried = [made(learning_rate=rate, right=None, loss=rate) for rate in (1e-3, 2e-3)]
    assert chosen_of(tried, 2e-3).learning_rate == 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"students": ("huge",)}, "students: 'huge' is not in it"),
        ({"arms": ("ifft",)}, "arms: 'ifft' is not in it"),
        ({"arms": ("base",)}, "--arm: 'base' is not trained"),
        ({"rates": (0.0,)}, "--rate: value is 0; use a positive number"),
        ({"rates": (float("nan"),)}, "--rate: value is nan"),
        ({"rates": (1e-3, 1e-3)}, "--rate: 0.001 is given twice"),
        ({"shares": (1.0,)}, "--share: value is 1; use a share of the budget below 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_trained(study, change, message):
    with pytest.raises(InputError, match=message):
        tune(study, SMALL._replace(**change), items=400, folder=Path("tuning/tiny"))
    assert not Path(".work/training").exists()
    assert not Path("tuning").exists()


def test_missing_pairs_and_too_few_of_them_are_told_before_anything_is_trained(study):
    pairs = read_pairs(pairs_path("general"))
    path, record = pairs_path("general"), read_record("pairs", "general")
    write_pairs(path, [one for one in pairs if side_of(one.content) != "tune"])
    replace(record, outputs={**record.outputs, path.as_posix(): digest_path(path)}).write()
    with pytest.raises(InputError, match="general: 0 of its pairs are on the tune side, 8 are"):
        tune(study, SMALL, items=400, folder=Path("tuning/tiny"))
    pairs_path("general").unlink()
    with pytest.raises(InputError, match="run `dvc repro pairs@general`"):
        tune(study, SMALL, items=400, folder=Path("tuning/tiny"))
    assert not Path(".work/training").exists()


def test_the_command_prints_json_alone_or_rows_for_params(study):
    arguments = ["tune", "--arm", "ift", "--rate", "1e-2", "--share", "0.5"]
    told = CliRunner().invoke(app, [*arguments, "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["students"]["tiny"]["ift"]["learning_rate"] == 1e-2
    assert json.loads(told.stdout) == json.loads(Path("tuning/tiny/choice.json").read_text())
    lines = CliRunner().invoke(app, arguments).stdout.splitlines()
    assert lines[0].startswith("tiny ift: 0.01, ")
    assert lines[-2:] == ["  tiny:", "    learning_rates: {ift: 0.01}"]


def test_a_corpus_whose_tune_side_the_study_learns_is_warned_of(study, capsys):
    tree = study.model_dump(mode="json")
    tree["corpora"]["general"]["tuning"] = False
    tune(type(study).model_validate(tree), SMALL, items=400, folder=Path("tuning/tiny"))
    assert "warning: params.yaml: corpora.general.tuning" in capsys.readouterr().err
