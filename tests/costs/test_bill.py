"""The bill of a cell: items add up, and what was not measured stays absent with its reason."""

from dataclasses import replace

import pytest

from breakeven.costs import exact
from breakeven.costs.amounts import Amount, absent, largest
from breakeven.costs.architecture import Architecture
from breakeven.costs.bill import (
    NO_COST,
    Bill,
    Cost,
    absent_cost,
    generation_cost,
)

SMALL = Architecture(
    "small", hidden=4, layers=2, heads=2, kv_heads=1, head_dim=2, intermediate=8, vocab=10
)


def cost(scale: float) -> Cost:
    return Cost(*(Amount(scale * unit) for unit in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)))


SOLVER = replace(cost(100), flops=absent("the solver is no network"))
BILL = Bill(teacher=SOLVER, training=cost(10), answering=cost(4), judging=cost(1), answers=8)


def test_sum_with_an_absent_part_is_absent_and_keeps_each_reason_once():
    assert Amount(1.0) + Amount(2.0) == Amount(3.0)
    assert Amount(1.0) + absent("a") + absent("b") + absent("b") == absent("a; b")


@pytest.mark.parametrize(
    ("value", "reason"),
    [(None, None), (None, ""), (1.0, "why"), (float("nan"), None), (-1.0, None)],
)
def test_amount_is_a_value_or_a_reason_and_nothing_else(value, reason):
    with pytest.raises(ValueError, match="an amount"):
        Amount(value, reason)


def test_largest_of_amounts_is_absent_where_one_is():
    assert largest([Amount(1.0), Amount(3.0), Amount(2.0)]) == Amount(3.0)
    assert largest([Amount(1.0), absent("a")]) == absent("a")


def test_one_completion_costs_what_its_tokens_cost():
    answer = generation_cost(SMALL, 3, 2)
    assert answer.read_tokens == Amount(3.0)
    assert answer.new_tokens == Amount(2.0)
    assert answer.flops == Amount(exact.answer_flops(SMALL, 3, 2))
    assert answer.device_seconds == absent("device was not metered")


def test_a_closed_service_has_tokens_and_no_flops():
    closed = generation_cost(None, 8, 11)
    assert closed.new_tokens == Amount(11.0)
    assert closed.flops.value is None


def test_money_is_device_hours_times_price():
    held = replace(cost(1), device_seconds=Amount(7200.0))
    assert held.money(2.5) == Amount(5.0)
    assert held.money(None).value is None
    assert generation_cost(SMALL, 3, 1).money(2.5) == absent("device was not metered")


def test_total_lacks_only_what_an_item_lacks():
    assert BILL.total.new_tokens == Amount(2.0 * 115)
    assert BILL.total.flops == absent("the solver is no network")


def test_answer_has_no_mean_cost_where_nothing_was_answered():
    assert BILL.per_answer == cost(4).times(1 / 8)
    unanswered = replace(BILL, answering=NO_COST, answers=0)
    assert unanswered.per_answer.flops == absent("nothing was answered")


def test_bills_of_cells_add_up_to_that_of_a_study():
    both = BILL + replace(BILL, training=absent_cost("lost"), answers=2)
    assert both.answers == 10
    assert both.answering == cost(8)
    assert both.training == absent_cost("lost")


def test_the_search_for_rates_is_an_item_of_its_own():
    tuned = replace(BILL, tuning=replace(cost(7), device_seconds=absent("not recorded")))
    assert BILL.tuning == NO_COST
    assert tuned.total.device_seconds == absent("not recorded")
    assert (tuned + tuned).tuning.flops == cost(14).flops
