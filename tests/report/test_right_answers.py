"""The hull, what a right answer costs, and what a style is worth, from a study to its tables."""

import csv
import json
from dataclasses import replace

import pytest
from tests.report.conftest import Built
from tests.report.test_build import small_cells

from breakeven.costs.token_prices import TokenPrices
from breakeven.report.curves import cost_panels
from breakeven.report.pass_tables import (
    money_axis,
    right_answer_prices,
    right_answer_table,
    worth_of_styles,
    worth_table,
)
from breakeven.report.view import view_of
from breakeven.results.cell_results import Results
from breakeven.results.replay import replay_results
from breakeven.results.served import with_served
from breakeven.study.summary import summary_without_records


def test_the_hull_is_of_queries_and_not_of_trainings(built: Built) -> None:
    for panel in cost_panels(built.view, "inference", fits=False):
        assert set(panel.hull) <= set(panel.frontier)
        assert panel.hull[0] == panel.frontier[0]
        assert panel.hull[-1] == panel.frontier[-1]
        for point in panel.points:
            assert point.probability is not None
            assert point.hull_probability is not None
            assert point.hull_probability <= point.probability
    for panel in cost_panels(built.view, "training", fits=False):
        assert panel.hull == []
        assert {point.on_hull for point in panel.points} == {None}


def test_a_right_answer_costs_its_queries_and_no_control_sells_one(built: Built) -> None:
    view = built.view
    rows = right_answer_table(view).rows
    priced = {
        (key.title, group.cells[0].student, group.cells[0].arm): group
        for key in view.panels
        for group in view.panel_groups(key)
        if group.cells[0].style != "control"
    }
    assert len(rows) == len(priced)
    for row in rows:
        group = priced[str(row["panel"]), str(row["student"]), str(row["arm"])]
        flops, value = group.mean("inference_flops"), float(row["flops_a_right_answer"] or 0)
        assert flops is not None
        assert value == pytest.approx(flops / group.accuracy)
        assert float(row["low"] or 0) <= value <= float(row["high"] or 0)


def test_a_style_is_worth_what_the_table_page_and_metrics_say(built: Built) -> None:
    found = worth_of_styles(built.view, "inference")
    assert {one.style for one in found} == {"ift", "reasoning"}
    least = {
        key.title: min(
            flops / group.accuracy
            for group in built.view.panel_groups(key)
            if group.cells[0].style not in ("control", "ift")
            and (flops := group.mean("inference_flops")) is not None
        )
        for key in built.view.panels
    }
    best = {
        key.title: min(
            flops / group.accuracy
            for group in built.view.panel_groups(key)
            if group.cells[0].style != "control"
            and (flops := group.mean("inference_flops")) is not None
        )
        for key in built.view.panels
    }
    for one in found:
        if one.style == "ift":
            assert one.value == pytest.approx(least[one.key.title] / best[one.key.title])
    with (built.folder / "report/tables/worth-of-styles.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(found) == len(worth_table(built.view).body)
    metrics = json.loads((built.folder / "report/metrics.json").read_text())
    assert set(metrics["right_answer_without"]) == {"ift", "reasoning"}
    assert set(metrics["on_inference_hull"]) == set(metrics["on_inference_frontier"])


def test_a_right_answer_costs_money_on_the_device_that_is_judged(built: Built) -> None:
    view = built.view
    axis = money_axis(view)
    assert axis is not None
    assert axis.name == "modelled money a query, H100, full throughput"
    prices = right_answer_prices(view, axis)
    table = right_answer_table(view)
    assert len(prices) == len(table.rows)
    for (_, group), row in zip(prices, table.rows, strict=True):
        money, value = group.mean(axis.name), float(row["money_a_right_answer"] or 0)
        assert money is not None
        assert value == pytest.approx(money / group.accuracy)
        assert float(row["money_low"] or 0) <= value <= float(row["money_high"] or 0)
    # Without a style the cheapest right answer is that of the others, in money as in FLOPs.
    for one in worth_of_styles(view, axis):
        own = {g: p.value for (title, g), p in prices.items() if title == one.key.title}
        others = [value for group, value in own.items() if group.cells[0].style != one.style]
        assert one.value == pytest.approx(min(others) / min(own.values()))
    metrics = json.loads((built.folder / "report/metrics.json").read_text())
    assert set(metrics["right_answer_without_in_money"]) == {"ift", "reasoning"}
    assert "Money is modelled money a query, H100" in worth_table(view).note


def test_a_service_without_flops_has_its_right_answers_in_money() -> None:
    cells = tuple(
        replace(cell, prompt_tokens=1e6, answer_tokens=1e6, thinking_tokens=0.0)
        for cell in small_cells()
    )
    prices = dict.fromkeys(("a", "b"), TokenPrices(input=1.0, output=3.0))
    results = with_served(Results("s", "imported", cells), {}, [], prices)
    table = right_answer_table(view_of(results, summary_without_records()))
    by_arm = {(row["student"], row["arm"]): row for row in table.rows}
    assert by_arm["a", "ift"]["money_a_right_answer"] == pytest.approx(4 / 0.2)
    assert by_arm["a", "ift"]["flops_a_right_answer"] is None


def test_published_accuracies_have_prices_without_intervals() -> None:
    view = view_of(replay_results(), summary_without_records())
    table = right_answer_table(view)
    assert table.rows
    assert {row["low"] for row in table.rows} == {None}
