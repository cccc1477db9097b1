"""Break-even numbers of queries, by hand."""

from dataclasses import replace

import pytest
from tests.decide.studies import GAPS, THINKING_PAYS, TIES, options_of, untaught

from breakeven.decide.break_even import (
    break_even,
    break_evens,
    contenders,
    net_break_even,
)
from breakeven.decide.choice import decide
from breakeven.decide.options import lifetime

REQUEST = untaught(1e6, price_per_device_hour=3.6)


def named(study, *names):
    found = {option.name: option for option in options_of(study)}
    return [found[name] for name in names]


def test_a_small_thinking_student_is_overtaken_by_a_large_plain_one():
    # Device-seconds: 20,000 − 4,000 once against 0.01 − 0.004 an answer.
    # FLOPs: 2e16 − 4e15 against 1e10 − 4e9.
    reasoning, ift = named(THINKING_PAYS, "small reasoning", "large ift")
    assert break_even(reasoning, ift, REQUEST, "device_seconds").value == pytest.approx(16e3 / 6e-3)
    assert break_even(ift, reasoning, REQUEST, "flops").value == pytest.approx(16e15 / 6e9)


def test_money_breaks_even_where_device_seconds_do_whatever_the_price():
    reasoning, ift = named(THINKING_PAYS, "small reasoning", "large ift")
    seconds = break_even(reasoning, ift, REQUEST, "device_seconds").value
    for price in (0.1, 3.6, 500.0):
        request = untaught(1.0, price_per_device_hour=price)
        assert break_even(reasoning, ift, request, "money").value == pytest.approx(seconds)


def test_both_cost_the_same_at_the_break_even():
    for pair in break_evens(options_of(THINKING_PAYS), REQUEST, None):
        if pair.money.value is None:
            continue
        costs = [
            lifetime(option, REQUEST, "money", pair.money.value).value
            for option in named(THINKING_PAYS, pair.first, pair.second)
        ]
        assert costs[0] == pytest.approx(costs[1])
        assert costs[0] == pytest.approx(pair.cost.value)


def test_an_option_that_is_cheaper_in_both_has_no_break_even_and_is_named():
    ift, reasoning = named(THINKING_PAYS, "small ift", "small reasoning")
    for first, second in ((ift, reasoning), (reasoning, ift)):
        amount = break_even(first, second, REQUEST, "money")
        assert amount.value is None
        assert amount.reason == "small ift is cheaper at any number of queries"


def test_equal_options_have_no_break_even():
    first, second = named(TIES, "a ift", "b ift")
    assert break_even(first, second, REQUEST, "money").reason == "a ift and b ift cost the same"


def test_an_unmeasured_cost_leaves_the_break_even_absent_with_the_reason():
    first, second = named(GAPS, "s ift", "s reasoning")
    assert break_even(first, second, REQUEST, "flops").reason == "s reasoning: not measured"
    assert break_even(first, second, REQUEST, "device_seconds").value is None


def test_an_option_beaten_in_accuracy_training_and_answers_is_no_contender():
    names = [option.name for option in contenders(options_of(TIES), REQUEST)]
    assert names == ["a ift", "b ift", "c reasoning"]


def test_neighbours_are_next_to_each_other_in_accuracy_and_the_choice_meets_all():
    decision = decide(
        options_of(THINKING_PAYS), untaught(1e6, budget=3.0, price_per_device_hour=3.6)
    )
    assert decision.choice is not None
    assert decision.choice.option.name == "small ift"
    assert [(pair.first, pair.second) for pair in decision.break_evens] == [
        ("small base", "small ift"),
        ("small ift", "large ift"),
        ("large ift", "small reasoning"),
        ("small reasoning", "large reasoning"),
        ("small ift", "small reasoning"),
        ("small ift", "large reasoning"),
    ]


def test_the_cheaper_one_on_each_side_of_the_break_even_is_right():
    pairs = {(p.first, p.second): p for p in break_evens(options_of(THINKING_PAYS), REQUEST, None)}
    pair = pairs["large ift", "small reasoning"]
    assert (pair.cheaper_before, pair.cheaper_after) == ("small reasoning", "large ift")


def test_a_dearer_and_better_option_nets_more_from_its_break_even_on():
    # Small reasoning trains for 3 more and answers for 0.000009 more than small ift; at 0.0001 a
    # right answer its 32 points more earn 0.000032 a query: 3 / (0.000032 - 0.000009).
    ift, reasoning = named(THINKING_PAYS, "small ift", "small reasoning")
    request = untaught(1.0, price_per_device_hour=3.6, value_per_correct=1e-4)
    amount = net_break_even(ift, reasoning, request)
    assert amount.value == pytest.approx(3 / 23e-6)
    for factor, best in ((0.999, ift), (1.001, reasoning)):
        asked = replace(request, queries=amount.value * factor)
        decision = decide([ift, reasoning], asked)
        assert decision.choice is not None
        assert decision.choice.option is best


def test_an_answer_worth_too_little_never_pays_for_thinking():
    ift, reasoning = named(THINKING_PAYS, "small ift", "small reasoning")
    request = untaught(1.0, price_per_device_hour=3.6, value_per_correct=1e-5)
    reason = net_break_even(ift, reasoning, request).reason
    assert reason == "small ift nets more at any number of queries"
