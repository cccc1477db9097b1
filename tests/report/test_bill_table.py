"""The bill of a study: an item a line, what is shared paid once, absences with their reason."""

from dataclasses import replace

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import Bill, Cost
from breakeven.costs.token_prices import TokenPrices
from breakeven.params.cells import Cell
from breakeven.report.cost_tables import bill_table
from breakeven.study.summary import StudySummary


def cost(scale: float) -> Cost:
    return Cost(*(Amount(scale) for _ in range(7)))


TUNING = replace(cost(100.0), device_seconds=absent("its seconds are not recorded"))
ONE = Bill(cost(1.0), cost(10.0), cost(4.0), cost(0.0), answers=8, tuning=TUNING)
SUMMARY = StudySummary(
    bills={Cell("s", "ift", seed): ONE for seed in range(3)},
    teacher_cost=cost(5.0),
    tuning_cost=TUNING,
)


def lines(summary: StudySummary) -> dict[str, dict[str, object]]:
    return {str(row["item"]): dict(row) for row in bill_table(summary).rows}


def test_the_search_for_rates_is_one_line_that_all_seeds_share() -> None:
    found = lines(SUMMARY)
    assert found["trainings that rates were chosen by"]["flops"] == 100.0
    assert found["training"]["flops"] == 30.0
    # Teacher, tuning, three trainings, three times the answers.
    assert found["all together"]["flops"] == 5.0 + 100.0 + 30.0 + 12.0
    assert found["all together"]["device_seconds"] is None
    assert found["training and answering"]["device_seconds"] == 42.0
    assert "its seconds are not recorded" in bill_table(SUMMARY).note


def test_a_study_that_was_not_tuned_has_no_such_line() -> None:
    plain = replace(SUMMARY, tuning_cost=None)
    assert "trainings that rates were chosen by" not in lines(plain)
    assert lines(plain)["all together"]["device_seconds"] == 47.0


def test_a_teacher_that_is_paid_by_the_token_is_money_without_a_device() -> None:
    remote = replace(cost(5.0), device_seconds=absent("an endpoint elsewhere"))
    plain = replace(SUMMARY, tuning_cost=None, teacher_cost=remote, price_per_device_hour=3600.0)
    assert lines(plain)["teacher's completions"]["money"] is None
    priced = replace(plain, services={"teacher": TokenPrices(input=1e6, output=2e6)})
    found = lines(priced)
    assert found["teacher's completions"]["money"] == 15.0
    assert found["teacher's completions"]["device_seconds"] is None
    # Training and answers by the hour: a device-second costs one.
    assert found["training and answering"]["money"] == 42.0
    assert found["all together"]["money"] == 57.0
