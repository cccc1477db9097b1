"""Budgets: in every unit, matched to what another arm uses, and held to a number of passes."""

import pytest
from pydantic import ValidationError
from tests.train.tiny import make_params, worked_pairs

from breakeven.core.errors import InputError
from breakeven.core.layout import pairs_path, student_folder
from breakeven.core.records import Record, read_record
from breakeven.models.pointer import read_verified_pointer, write_pointer
from breakeven.params import Params
from breakeven.pipeline.reads import params_digest
from breakeven.rows.pair import Pair, write_pairs
from breakeven.train import stage
from breakeven.train.budgets import MATCH_TOLERANCE, ArmBudget
from breakeven.train.lesson_check import check_lessons
from breakeven.train.plan import plan_cell

UNITS = ("samples", "tokens", "supervised_tokens", "train_flops")


@pytest.fixture
def pairs(study):
    """Enough pairs that a sample is well below the tolerance of a match."""
    write_pairs(pairs_path("general"), worked_pairs(120))


def used(record):
    """What a trained cell used, by its record."""
    return {
        "samples": record.metrics["samples"],
        "tokens": record.tokens["trained"],
        "supervised_tokens": record.tokens["supervised"],
        "train_flops": record.flops["train"],
    }


def matched(unit, other="reasoning", share=0.0, **arm):
    return {"reasoning_share": share, "budget": {"match": other, "unit": unit}, **arm}


def trained(params, arm):
    stage.train_and_record(params, "tiny", arm, 0)
    return read_record("train", "tiny", arm, 0)


@pytest.mark.parametrize("unit", UNITS)
def test_matched_arms_use_the_same_by_their_records(pairs, unit):
    """Both are really trained; the plain arm is trained first, which needs no trained other."""
    params = make_params(arms={"equal": matched(unit)}, batch_tokens=1024)
    plain, traced = used(trained(params, "equal")), used(trained(params, "reasoning"))
    assert 1 - MATCH_TOLERANCE <= plain[unit] / traced[unit] <= 1
    # The match is in one unit: traces are longer, so in the others the two differ.
    assert any(abs(plain[other] / traced[other] - 1) > 0.2 for other in UNITS if other != unit)
    assert read_record("train", "tiny", "equal", 0).parameters["budget"] == {
        unit: pytest.approx(traced[unit], rel=1e-12)
    }


# An order of two styles needs both.
@pytest.mark.parametrize(
    ("share", "order"),
    [
        *((share, "mixed") for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
        *((share, "sequential") for share in (0.25, 0.5, 0.75)),
    ],
)
def test_every_share_and_order_can_match_through_two_corpora_and_a_chain(pairs, share, order):
    write_pairs(
        pairs_path("math"),
        [Pair(**{**vars(pair), "id": f"math-{pair.id}"}) for pair in worked_pairs(60)],
    )
    arms = {
        "first": {"reasoning_share": 1.0, "budget": {"samples": 200}},
        "second": matched("tokens", "first"),
        "third": matched("train_flops", "second", share, order=order, then="math"),
    }
    params = make_params(arms=arms, corpora=("math",))
    plans = {arm: plan_cell(params, "tiny", arm, 0) for arm in arms}
    flops = {arm: plan.count_flops(plan.learnt_examples()) for arm, plan in plans.items()}
    assert 1 - MATCH_TOLERANCE <= flops["third"] / flops["second"] <= 1
    third = plans["third"].selection
    styles = [sample.style for sample in third.samples]
    assert styles.count("reasoning") / len(styles) == pytest.approx(share, abs=0.05)
    counts = [part.selection.passes for part in plans["third"].corpora]
    assert counts[0] == pytest.approx(counts[1], rel=0.1)


def test_a_match_follows_the_student_and_the_seed(pairs):
    arms = {
        "mix": {"reasoning_share": 0.5, "budget": {"samples": 50}},
        "equal": matched("tokens", "mix"),
    }
    params = make_params(arms=arms)
    amounts = []
    for seed in (0, 1):
        mix, equal = (plan_cell(params, "tiny", arm, seed) for arm in ("mix", "equal"))
        tokens = sum(len(one.input_ids) for one in mix.learnt_examples())
        assert equal.settings.budget.tokens == tokens
        amounts.append(tokens)
    assert amounts[0] != amounts[1]


def test_what_is_learnt_does_not_depend_on_how_the_amount_was_given(pairs):
    """A match trains what the amount would: the training is the same one."""
    equal = plan_cell(make_params(arms={"equal": matched("tokens")}), "tiny", "equal", 0)
    amount = {"reasoning_share": 0.0, "budget": {"tokens": equal.settings.budget.tokens}}
    assert plan_cell(make_params(arms={"own": amount}), "tiny", "own", 0).key == equal.key


def test_a_budget_beyond_the_passes_allowed_is_refused_with_what_is_there(study):
    arms = {"ift": {"reasoning_share": 0.0, "budget": {"supervised_tokens": 600}}}
    plan = plan_cell(make_params(arms=arms), "tiny", "ift", 0)
    assert plan.selection.passes == 10  # thirty pairs: a digit and the end token each
    with pytest.raises(InputError) as error:
        plan_cell(make_params(arms=arms, max_passes=9), "tiny", "ift", 0)
    assert str(error.value) == (
        "params.yaml: arms.ift.budget: 600 supervised tokens take 10.0 passes over its pairs, "
        "which hold 60 supervised tokens; training.max_passes allows 9; use at most 540 supervised "
        "tokens, add prompts to its sources, or allow more passes"
    )


def test_a_match_beyond_the_passes_allowed_names_the_arm_that_it_matches(study):
    params = make_params(arms={"equal": matched("supervised_tokens")}, max_passes=3)
    with pytest.raises(
        InputError,
        match=r"arms.equal.budget: \d+ supervised tokens, what reasoning uses, take \d+\.\d passes "
        r"over its pairs, .*; give reasoning a budget of at most 180 supervised tokens, ",
    ):
        plan_cell(params, "tiny", "equal", 0)


def test_a_match_that_single_samples_are_too_large_for_is_refused(study):
    arms = {
        "few": {"reasoning_share": 0.0, "budget": {"tokens": 100}},
        "equal": matched("tokens", "few", share=1.0),
    }
    with pytest.raises(
        InputError, match=r"arms.equal.budget: of \d+ tokens, what few uses, it can"
    ):
        plan_cell(make_params(arms=arms), "tiny", "equal", 0)


def test_a_circle_of_matches_is_refused():
    arms = {"one": matched("tokens", "two"), "two": matched("samples", "one", share=1.0)}
    with pytest.raises(ValidationError, match=r"arms.two.budget.match: one → two → one is a"):
        make_params(arms=arms)


def test_parts_are_in_proportion_and_together_the_whole():
    assert ArmBudget("ift", "tokens", 90).parted([10, 20], max_passes=3) == [30, 60]
    with pytest.raises(InputError, match=r"90 tokens take 3.0 passes .* allows 2; use at most 60"):
        ArmBudget("ift", "tokens", 90).parted([10, 20], max_passes=2)


def test_no_arm_is_trained_while_the_budget_of_another_cannot_be_filled(study):
    """The stage looks at all arms of the student before it trains the first."""
    params = make_params(
        arms={"ift": {"reasoning_share": 0.0, "budget": {"samples": 600}}}, batch_tokens=1024
    )
    stage_records(params)
    with pytest.raises(InputError, match=r"arms.ift.budget: 600 samples take 20.0 passes"):
        stage.train_and_record(params, "tiny", "reasoning", 0)
    assert not student_folder("tiny", "reasoning", 0).exists()
    allowed = params.model_copy(
        update={"training": params.training.model_copy(update={"max_passes": 20})}
    )
    stage.train_and_record(allowed, "tiny", "reasoning", 0)
    assert student_folder("tiny", "reasoning", 0).exists()


@pytest.mark.parametrize(
    ("arm", "problem"),
    [
        ({"reasoning_share": 0.01}, r"arms.other.reasoning_share: .* 30 pairs .* in one style"),
        (
            {"reasoning_share": 1.0, "traces": "shuffled", "control": True},
            r"arms.other.traces: .* traces of corpus general are left as they are",
        ),
    ],
)
def test_no_arm_is_trained_while_another_cannot_be_taught_what_it_is_for(study, arm, problem):
    """Without a budget, too: a mix of one style, a control whose traces stay as they are."""
    write_pairs(pairs_path("general"), [one_step(pair) for pair in worked_pairs()])
    params = make_params(arms={"other": arm}, batch_tokens=1024)
    stage_records(params)
    with pytest.raises(InputError, match=problem):
        stage.train_and_record(params, "tiny", "ift", 0)
    assert not student_folder("tiny", "ift", 0).exists()


def one_step(pair):
    """The pair with a trace of one step, which has no other order."""
    return Pair(
        **{**vars(pair), "reasoning": f"<think>\nIt is {pair.ift}.\n</think>\n\n{pair.ift}"}
    )


def test_an_arm_of_another_student_is_looked_at_too(study):
    """What the last student is refused, the first would train in vain."""
    tree = make_params(batch_tokens=1024).model_dump(mode="json")
    tree["students"]["second"] = tree["students"]["tiny"]
    tree["arms"]["mix"] = {
        "corpus": "general",
        "reasoning_share": 0.01,
        "students": ["second"],
    }
    params = Params.model_validate(tree)
    stage_records(params)
    write_pointer("second", read_verified_pointer("tiny"))
    with pytest.raises(InputError, match=r"arms.mix.reasoning_share: value is 0.01"):
        stage.train_and_record(params, "tiny", "ift", 0)


def test_pairs_of_fewer_prompts_than_params_yaml_has_now_say_nothing(study):
    """Who adds prompts because there were too few is not told of the old pairs again."""
    params = make_params(arms={"mix": {"reasoning_share": 0.01}}, batch_tokens=1024)
    stage_records(params)
    Record(stage="prompts", cell={"source": "chain"}, part="of fewer").write()
    check_lessons(params, "tiny")
    of_these = params_digest(params, "prompts", "chain")
    Record(stage="prompts", cell={"source": "chain"}, part=of_these).write()
    with pytest.raises(InputError, match=r"arms.mix.reasoning_share: value is 0.01"):
        check_lessons(params, "tiny")


def test_pairs_of_another_study_say_nothing_of_these_budgets(study):
    params = make_params(
        arms={"ift": {"reasoning_share": 0.0, "budget": {"samples": 600}}}, batch_tokens=1024
    )
    # Without a record, what lies there was not made from this params.yaml.
    stage.train_and_record(params, "tiny", "reasoning", 0)
    with pytest.raises(InputError, match="600 samples take"):
        stage.train_and_record(params, "tiny", "ift", 0)


def stage_records(params):
    """The records that the stages before leave."""
    students = [("base", "student", name) for name in params.students]
    for name, key, cell in (("pairs", "corpus", "general"), *students):
        Record(stage=name, cell={key: cell}, part=params_digest(params, name, cell)).write()


def test_flops_of_an_unknown_shape_can_be_neither_given_nor_matched(pairs, monkeypatch):
    monkeypatch.setattr(
        "breakeven.train.arm_lessons.known_architecture", lambda base: "its shape is unknown"
    )
    given = make_params(arms={"ift": {"reasoning_share": 0, "budget": {"train_flops": 1e9}}})
    with pytest.raises(InputError, match=r"arms.ift.budget.train_flops: value is 1e\+09, but its"):
        plan_cell(given, "tiny", "ift", 0)
    equal = make_params(arms={"ift": matched("train_flops")})
    with pytest.raises(InputError, match=r"arms.ift.budget.unit: value is 'train_flops', but its"):
        plan_cell(equal, "tiny", "ift", 0)
