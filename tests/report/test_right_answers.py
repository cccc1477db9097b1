"""The hull, what a right answer costs, and what a style is worth, from a study to its tables."""

import csv
import json

import pytest
from tests.report.conftest import Built

from breakeven.report.curves import cost_panels
from breakeven.report.pass_tables import right_answer_table, worth_of_styles, worth_table
from breakeven.report.view import view_of
from breakeven.results.replay import replay_results
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
    found = worth_of_styles(built.view)
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


def test_published_accuracies_have_prices_without_intervals() -> None:
    view = view_of(replay_results(), summary_without_records())
    table = right_answer_table(view)
    assert table.rows
    assert {row["low"] for row in table.rows} == {None}
