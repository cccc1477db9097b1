"""What the interactive frontier draws is what was found, on every axis and in every decoding."""

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.report.conftest import Built
from tests.report.test_build import small_cells

from breakeven.frontiers.pareto import on_frontier, on_hull
from breakeven.params import ResultStyle
from breakeven.report.figures.frontier import frontier_figure
from breakeven.report.frontier_chart import FrontierChart, frontier_chart
from breakeven.report.markers import MARKER_PATHS
from breakeven.report.view import view_of
from breakeven.results.cell_results import CellResult, Results
from breakeven.study.summary import summary_without_records
from breakeven.words import STYLE_MARKERS, percent_interval


@pytest.fixture(scope="module")
def chart(built: Built) -> FrontierChart:
    found = frontier_chart(built.view)
    assert found is not None
    return found


def chart_of(cells: list[CellResult]) -> FrontierChart | None:
    results = Results("s", "imported", tuple(cells))
    return frontier_chart(view_of(results, summary_without_records()))


def priced_cells(**costs: float) -> list[CellResult]:
    return [
        replace(cell, **{name: cost * (number + 1) for name, cost in costs.items()})
        for number, cell in enumerate(small_cells())
    ]


def test_axes_are_those_that_the_study_has(chart: FrontierChart, built: Built) -> None:
    assert chart.axes == (
        "inference FLOPs a query",
        "generated tokens an answer",
        "device-seconds a query, as measured",
        *(axis.name for axis in built.results.axes),
        *(axis.name for axis in built.view.lifetime_axes),
    )
    bare = chart_of(priced_cells(inference_flops=1e9))
    assert bare is not None
    assert bare.axes == ("inference FLOPs a query",)


def test_joules_are_an_axis_where_they_were_metered() -> None:
    chart = chart_of(priced_cells(inference_flops=1e9, energy_joules=2.5))
    assert chart is not None
    assert chart.axes == ("inference FLOPs a query", "joules a query, as measured")
    costs = chart.data["drawn"][0][0]["axes"][1]["cost"]
    assert sorted(costs) == [2.5, 5.0, 7.5, 10.0]
    # Without joules, the figure says so in its place.
    view = view_of(Results("s", "imported", tuple(small_cells())), summary_without_records())
    figure = frontier_figure(view, "energy")
    assert not figure.panels
    assert figure.reason == "no group has measured joules"


def test_without_any_cost_there_is_no_chart() -> None:
    assert chart_of(small_cells()) is None


def test_frontier_and_hull_of_each_axis_are_those_of_the_one_rule(chart: FrontierChart) -> None:
    tried = 0
    for panel in chart.data["drawn"][0]:
        accuracies = np.array([point[2] for point in panel["points"]])
        for axis_name, axis in zip(chart.axes, panel["axes"], strict=True):
            costs = np.array(axis["cost"], dtype=float)
            known = np.flatnonzero(~np.isnan(costs))
            expected = known[on_frontier(costs[known], accuracies[known])]
            assert sorted(axis["frontier"]) == expected.tolist()
            hull = known[on_hull(costs[known], accuracies[known])]
            # A training is paid whole, so that there is no mix of two lifetimes.
            assert sorted(axis["hull"]) == ([] if "lifetime" in axis_name else hull.tolist())
            assert costs[axis["frontier"]].tolist() == sorted(costs[axis["frontier"]])
            tried += 1
    assert tried == len(chart.axes) * len(chart.data["panels"])


def test_a_point_tells_accuracy_and_cost_with_their_intervals(
    chart: FrontierChart, built: Built
) -> None:
    panel = chart.data["drawn"][0][0]
    names = [one.name for one in chart.students], list(chart.arms)
    family = built.view.panels[0].family
    for number, (student, arm, *numbers) in enumerate(panel["points"]):
        (group,) = (
            one
            for one in built.view.family_groups(family)
            if (one.cells[0].student, one.cells[0].arm) == (names[0][student], names[1][arm])
        )
        estimate = built.view.accuracies[group]
        assert numbers[:3] == pytest.approx([estimate.value, estimate.low, estimate.high], rel=1e-5)
        words = percent_interval(estimate.value, estimate.low, estimate.high)
        assert numbers[3:] == [words, estimate.items, 1]
        for axis, field in enumerate(("inference_flops", "output_tokens", "device_seconds")):
            cost = panel["axes"][axis]["cost"][number]
            assert cost == pytest.approx(group.mean(field), rel=1e-5)
        tokens, flops = (built.view.query_spreads[group].tokens, panel["axes"][0]["told"][number])
        assert tokens is not None
        assert re.fullmatch(r"\S+ \(\S+ to \S+\)", flops)
        # Answers that are all as long have a mean without an interval.
        assert ("(" in panel["axes"][1]["told"][number]) == (tokens.low is not None)
        # Seconds are of a batch, modelled amounts of a mean: neither has values by question.
        assert [one["told"][number] for one in panel["axes"] if "(" in one["told"][number]][
            2:
        ] == []


def test_every_decoding_has_its_own_points_and_frontier() -> None:
    greedy = priced_cells(inference_flops=1e9)
    sampled = [
        replace(cell, decoding="sampled", accuracy=1 - cell.accuracy, inference_flops=3e9)
        for cell in greedy
        if cell.arm == "ift"
    ]
    chart = chart_of([*greedy, *sampled])
    assert chart is not None
    assert chart.decodings == ("greedy", "sampled")
    first, second = (panels[0] for panels in chart.data["drawn"])
    assert len(first["points"]) == 4
    assert [point[2] for point in second["points"]] == pytest.approx([0.8, 0.6])
    assert second["axes"][0]["frontier"] == [0]


def test_controls_are_no_points(built: Built, chart: FrontierChart) -> None:
    cells = priced_cells(inference_flops=1e9)
    control = replace(cells[0], arm="shuffled", style="control", accuracy=0.9)
    with_control = chart_of([*cells, control])
    assert with_control is not None
    assert "shuffled" not in with_control.arms


def test_every_marker_has_a_path() -> None:
    assert set(MARKER_PATHS) == {mark for marks in STYLE_MARKERS.values() for mark in marks}


@pytest.mark.parametrize("style", ["ift", "reasoning", "mixed"])
def test_arms_of_one_style_are_told_apart_by_their_markers(style: ResultStyle) -> None:
    (first, *_) = priced_cells(inference_flops=1e9)
    chart = chart_of([replace(first, arm=f"arm-{one}", style=style) for one in range(6)])
    assert chart is not None
    assert len({arm["shape"] for arm in chart.data["arms"]}) == 6
