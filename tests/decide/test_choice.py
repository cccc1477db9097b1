"""The decision against a brute force that knows nothing of amounts, bills or arrays."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from tests.decide.studies import STUDIES, THINKING_PAYS, Plain, options_of, untaught

from breakeven.core.errors import InputError
from breakeven.costs.bill import absent_cost
from breakeven.decide.choice import Decision, decide
from breakeven.decide.options import NO_JOULES, DecisionRequest

QUERIES = (0.0, 1e3, 1e6, 3.7e6, 1e8)
PRICES = (0.01, 0.5, 40.0)
BUDGETS = (None, 0.5, 5.0, 50.0, 5e3)
LIMITS = (None, 0.003, 0.02, 1.0)
VALUES = (None, 1e-6, 1e-4)


def lifetime_money(plain: Plain, queries: float, price: float, teacher: bool) -> float | None:
    if plain.train_seconds is None or (plain.answer_seconds is None and queries > 0):
        return None
    once = plain.train_seconds + (plain.teacher_seconds if teacher else 0)
    return (once + queries * (plain.answer_seconds or 0)) * price / 3600


def best_by_hand(study, queries, price, *, budget, limit, value, teacher) -> set[str]:
    """Names of all options that nothing beats: several only on exact ties of score and cost."""
    fitting = []
    for plain in study:
        cost = lifetime_money(plain, queries, price, teacher)
        if cost is None or (budget is not None and cost > budget):
            continue
        if limit is not None and (plain.answer_seconds is None or plain.answer_seconds > limit):
            continue
        score = plain.accuracy if value is None else value * queries * plain.accuracy - cost
        fitting.append((score, cost, plain.name))
    winners = set()
    for score, cost, name in fitting:
        if not any(
            other > score + 1e-12 or (abs(other - score) <= 1e-12 and paid < cost - 1e-12)
            for other, paid, _ in fitting
        ):
            winners.add(name)
    return winners


@pytest.mark.parametrize("name", STUDIES)
def test_the_choice_agrees_with_brute_force_over_queries_prices_and_limits(name):
    study = STUDIES[name]
    options = options_of(study)
    seen = set()
    for queries, price, budget, limit, value, teacher in itertools.product(
        QUERIES, PRICES, BUDGETS, LIMITS, VALUES, (False, True)
    ):
        request = DecisionRequest(
            queries,
            budget=budget,
            price_per_device_hour=price,
            max_seconds_per_answer=limit,
            value_per_correct=value,
            with_teacher=teacher,
        )
        decision = decide(options, request)
        expected = best_by_hand(
            study, queries, price, budget=budget, limit=limit, value=value, teacher=teacher
        )
        if decision.choice is None:
            assert not expected, request
            assert decision.reason
        else:
            assert decision.choice.option.name in expected, request
            seen.add(decision.choice.option.name)
    assert len(seen) > 1, "the grid must make a difference"


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("queries", QUERIES)
def test_the_ladder_is_the_set_that_no_option_dominates(name, queries):
    study = STUDIES[name]
    decision = decide(options_of(study), untaught(queries, price_per_device_hour=2.0))
    priced = [
        (cost, plain.accuracy, plain.name)
        for plain in study
        if (cost := lifetime_money(plain, queries, 2.0, False)) is not None
    ]
    expected = {
        label
        for cost, accuracy, label in priced
        if not any(c <= cost and a >= accuracy and (c < cost or a > accuracy) for c, a, _ in priced)
    }
    assert {step.name for step in decision.ladder} == expected
    costs = [step.cost for step in decision.ladder]
    assert costs == sorted(costs)


def money(decision: Decision) -> str:
    assert decision.choice is not None
    return decision.choice.option.name


def test_a_larger_budget_buys_the_more_accurate_option():
    # 1e6 queries at 3.6 an hour: 0.001 a device-second. small ift 2, small reasoning 14,
    # large ift 24, large reasoning 120.
    names = []
    for budget in (2.0, 14.0, 24.0, 119.0, 120.0):
        request = untaught(1e6, budget=budget, price_per_device_hour=3.6)
        names.append(money(decide(options_of(THINKING_PAYS), request)))
    assert names == [
        "small ift",
        "small reasoning",
        "small reasoning",
        "small reasoning",
        "large reasoning",
    ]


def test_a_step_of_the_ladder_costs_what_its_further_right_answers_cost():
    # small ift 2 at 30%, small reasoning 14 at 62%: 12 for 320,000 more right answers of a million.
    decision = decide(options_of(THINKING_PAYS), untaught(1e6, price_per_device_hour=3.6))
    steps = {step.name: step.cost_per_extra_correct for step in decision.ladder}
    assert list(steps) == ["small ift", "small reasoning", "large reasoning"]
    assert steps["small ift"] is None
    assert steps["small reasoning"] == pytest.approx(12 / 320_000)
    assert steps["large reasoning"] == pytest.approx(106 / 280_000)


@pytest.mark.parametrize(
    ("value", "best"),
    [
        (12 / 320_000 * 0.99, "small ift"),
        (12 / 320_000 * 1.01, "small reasoning"),
        (106 / 280_000 * 0.99, "small reasoning"),
        (106 / 280_000 * 1.01, "large reasoning"),
    ],
)
def test_the_value_of_a_right_answer_decides_at_the_cost_of_the_step(value, best):
    request = untaught(1e6, price_per_device_hour=3.6, value_per_correct=value)
    assert money(decide(options_of(THINKING_PAYS), request)) == best


def test_the_teacher_is_paid_once_unless_it_is_left_out():
    counted = DecisionRequest(1e6, unit="device_seconds")
    plain = replace(counted, with_teacher=False)
    costs = [decide(options_of(THINKING_PAYS), one).rows[2].cost.value for one in (plain, counted)]
    assert costs == [14000.0, 14500.0]


def test_a_teacher_that_is_not_known_of_both_styles_is_in_nobodys_cost():
    counted = DecisionRequest(1e6, unit="flops")
    found = decide(options_of(THINKING_PAYS), counted)
    without = decide(options_of(THINKING_PAYS), replace(counted, with_teacher=False))
    assert found.request.teacher_left_out == {
        "flops": "a solver has no FLOPs",
        "money": "costs.price_per_device_hour is not set",
        "joules": NO_JOULES,
    }
    assert [row.cost for row in found.rows] == [row.cost for row in without.rows]


def test_an_arm_of_both_styles_whose_teacher_is_not_known_is_out_and_not_cheap():
    options = options_of(THINKING_PAYS)
    part = absent_cost("it learns from a part")
    mixed = replace(options[2], name="small mixed", style="mixed", accuracy=0.99)
    mixed = replace(mixed, bill=replace(mixed.bill, teacher=part))
    request = DecisionRequest(1e6, unit="device_seconds")
    counted = decide([*options, mixed], request)
    assert counted.choice.option.name == "large reasoning"
    assert counted.rows[-1].why_not == "its cost is not known: it learns from a part"
    without = decide([*options, mixed], replace(request, with_teacher=False))
    assert without.choice.option.name == "small mixed"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (
            untaught(1e6, budget=1.0, price_per_device_hour=3.6),
            "small ift, costs 2, 1 over the",
        ),
        (
            untaught(1e6, price_per_device_hour=3.6, max_seconds_per_answer=0.0004),
            "small ift, takes 0.001, 0.0006 over the limit of 0.0004",
        ),
        (
            untaught(1e6, budget=1.5, price_per_device_hour=3.6, max_seconds_per_answer=0.0015),
            "of those within the time limit, small ift, costs 2, 0.5 over the budget of 1.5",
        ),
    ],
)
def test_where_nothing_fits_the_binding_limit_is_named_with_what_is_missing(request_, words):
    decision = decide(options_of(THINKING_PAYS), request_)
    assert decision.choice is None
    assert decision.reason is not None
    assert words in decision.reason


def test_the_probability_is_the_share_of_resamples_with_the_same_best_option():
    # Columns follow the options; large reasoning is the best of three draws in four.
    draws = np.array([[0, 0, 5, 0, 9], [0, 0, 9, 0, 9], [0, 0, 5, 0, 9], [0, 0, 8, 0, 9]])
    request = untaught(1e6, price_per_device_hour=3.6)
    decision = decide(options_of(THINKING_PAYS), request, draws.astype("<u2"))
    assert money(decision) == "large reasoning"
    # In the second draw the two are equal, and the cheaper one wins.
    assert decision.probability == 0.75
    assert decision.runner_up is not None
    assert decision.runner_up.option.name == "small reasoning"
    assert decision.runner_up.probability == 0.25
    assert sum(row.probability or 0 for row in decision.rows) == 1


def test_resamples_count_only_options_that_fit():
    draws = np.tile(np.array([0, 1, 5, 0, 9], dtype="<u2"), (10, 1))
    request = untaught(1e6, budget=20.0, price_per_device_hour=3.6)
    decision = decide(options_of(THINKING_PAYS), request, draws)
    assert money(decision) == "small reasoning"
    assert decision.probability == 1.0
    assert decision.rows[4].probability is None


def test_without_resamples_the_probability_is_absent_with_a_reason():
    decision = decide(options_of(THINKING_PAYS), untaught(1e6, price_per_device_hour=1.0))
    assert decision.probability is None
    assert decision.probability_reason == "no item-level answers, so nothing to resample"


@pytest.mark.parametrize(
    ("budget", "choice", "rests", "factor"),
    [
        # 120 against 24 for the dearest IFT student.
        (None, "large reasoning", True, 5.0),
        # 14 lies between the IFT students' 2 and 24.
        (20.0, "small reasoning", False, 1.0),
        # 2, less than the 14 of the cheapest reasoning student, which is more accurate.
        (5.0, "small ift", True, 7.0),
    ],
)
def test_a_choice_outside_the_costs_of_the_other_style_rests_on_extrapolation(
    budget, choice, rests, factor
):
    request = untaught(1e6, budget=budget, price_per_device_hour=3.6)
    decision = decide(options_of(THINKING_PAYS), request)
    assert money(decision) == choice
    assert decision.extrapolation is not None
    assert decision.extrapolation.rests is rests
    assert decision.extrapolation.factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (untaught(-1.0, unit="flops"), "queries: value is -1; use a number of at least 0"),
        (untaught(float("nan"), unit="flops"), "queries: value is nan"),
        (untaught(1.0, unit="flops", max_seconds_per_answer=-2.0), "max_seconds_per_answer"),
        (untaught(1.0, budget=5.0), "budget: is in money, and there is no price"),
        (
            untaught(1.0, unit="flops", value_per_correct=1.0),
            "value_per_correct: is compared",
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_name(request_, words):
    with pytest.raises(InputError, match=words):
        decide(options_of(THINKING_PAYS), request_)
