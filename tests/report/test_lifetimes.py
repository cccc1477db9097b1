"""Lifetime money: training, answers and what both styles paid; as measured or on a device."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.report.conftest import Built
from tests.report.test_build import small_cells

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, Bill, Cost
from breakeven.costs.token_prices import TokenPrices
from breakeven.decide.family_options import group_options
from breakeven.decide.options import DecisionRequest, cost_of
from breakeven.decide.ownership import ownership
from breakeven.decide.serving import ServedStudy
from breakeven.params.cells import Cell
from breakeven.report.figures.frontier import NO_LIFETIME, lifetime_money_figure
from breakeven.report.frontier_chart import frontier_chart
from breakeven.report.lifetimes import LifetimeAxis, answer_lengths
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.study.summary import summary_without_records

PAID = cost_of(absent("no model"), Amount(7200.0))
UNKNOWN = cost_of(absent("no model"), absent("nobody metered it"))


def priced(built: Built, bills: Mapping[Cell, Bill], **changes: object) -> StudyView:
    """The study at a price of its own machine, with these bills and on no device."""
    summary = replace(
        built.summary, bills=bills, price_per_device_hour=1.5, served_on=(), **changes
    )
    return view_of(built.results, summary)


def bills_of(built: Built, teacher: Mapping[str, Cost]) -> dict[Cell, Bill]:
    return {
        key: replace(bill, teacher=teacher.get(key.arm, NO_COST), tuning=NO_COST)
        for key, bill in built.summary.bills.items()
    }


def one_axis(view: StudyView) -> LifetimeAxis:
    (axis,) = view.lifetime_axes
    return axis


def test_on_a_device_it_is_what_decide_says_that_a_student_costs(built: Built) -> None:
    axes = built.view.lifetime_axes
    queries = built.view.lifetime_queries
    assert queries is not None
    assert [axis.hardware for axis in axes] == ["H100", "L4"]
    for axis, place in zip(axes, built.summary.served_on, strict=True):
        served = ServedStudy(
            place, built.summary.shapes, by_item=answer_lengths(built.results, built.summary)
        )
        groups = list(axis.costs)
        options = group_options(groups, built.summary.bills, served)
        price = place.hardware.hourly_price.value
        for group, option in zip(groups, options, strict=True):
            owned = ownership(option, DecisionRequest(queries, price_per_device_hour=price))
            items = ("training", "answering", *axis.counted)
            parts = [owned.items[item].value or 0.0 for item in items]
            assert axis.costs[group] == pytest.approx(sum(parts), rel=1e-12)
        # Teachers and judges run elsewhere; where nobody judged there is nothing to leave out.
        assert "judging" not in {*axis.counted, *axis.left_out}
        assert f"lifetime money at {queries:,.0f} queries, modelled on {axis.hardware}" == axis.name


def test_what_both_styles_paid_is_counted_and_what_one_paid_of_neither(built: Built) -> None:
    def axis_with(teacher: Mapping[str, Cost]) -> LifetimeAxis:
        return one_axis(priced(built, bills_of(built, teacher)))

    nothing = axis_with({})
    assert nothing.counted == ()
    assert nothing.name.endswith("as measured")
    both = axis_with({"ift": PAID, "reasoning": PAID, "mixed-50": UNKNOWN})
    assert both.counted == ("teacher",)
    for group, cost in nothing.costs.items():
        arm = group.cells[0].arm
        if arm == "mixed-50":  # its own is not known, so that it is not drawn
            assert group not in both.costs
        else:
            more = 3.0 if arm in ("ift", "reasoning") else 0.0
            assert both.costs[group] == pytest.approx(cost + more)
    one = axis_with({"ift": PAID, "reasoning": UNKNOWN})
    assert one.costs == nothing.costs
    assert one.left_out == {"teacher": "nobody metered it"}
    assert "left out: teacher (nobody metered it)" in one.words
    figure = lifetime_money_figure(
        priced(built, bills_of(built, {"ift": PAID, "reasoning": PAID, "mixed-50": UNKNOWN}))
    )
    assert figure.how_to_read.startswith("Counted are training, teacher and answers.")
    assert "not drawn: t30k mixed-50" in figure.how_to_read


def test_a_teacher_that_is_paid_by_the_token_is_known_of_mixed_arms_too(built: Built) -> None:
    part = replace(UNKNOWN, read_tokens=Amount(2e6), new_tokens=Amount(1e6))
    bills = bills_of(built, dict.fromkeys(("ift", "reasoning", "mixed-50"), part))
    prices = {"teacher": TokenPrices(input=0.5, output=2.0)}
    axis = one_axis(priced(built, bills, services=prices))
    without = one_axis(priced(built, bills_of(built, {})))
    assert axis.counted == ("teacher",)
    for group, cost in axis.costs.items():
        taught = group.cells[0].style in ("ift", "reasoning", "mixed")
        assert cost == pytest.approx(without.costs[group] + 3.0 * taught)


def test_it_is_an_axis_of_the_chart_and_a_figure(built: Built) -> None:
    chart = frontier_chart(built.view)
    assert chart is not None
    first, second = built.view.lifetime_axes
    assert chart.axes[-2:] == (first.name, second.name)
    assert (built.folder / "report/figures/frontier-lifetime-money.svg").is_file()
    # A training is paid whole: no mix of two students lies between their lifetimes.
    assert all(one["axes"][-1]["hull"] == [] for one in chart.data["drawn"][0])
    drawn = {p for one in chart.data["drawn"][0] for p in one["axes"][-1]["frontier"]}
    assert drawn


def test_without_a_price_there_is_none_and_the_figure_says_why() -> None:
    cells = tuple(
        replace(cell, train_flops=1e15, inference_flops=1e9, device_seconds=1.0)
        for cell in small_cells()
    )
    view = view_of(Results("s", "imported", cells), summary_without_records())
    assert view.lifetime_axes == ()
    assert lifetime_money_figure(view).reason == NO_LIFETIME
