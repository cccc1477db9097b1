"""The law of the gain on the page: its equation, its numbers, and how far it misses."""

import csv
import json
from pathlib import Path

import pytest
from tests.findings.law_studies import law_study

from breakeven.report.figures.law import law_misses
from breakeven.report.view import view_of
from breakeven.report.write import build_report
from breakeven.study.summary import BootstrapSettings, StudySummary

FEW = StudySummary(settings=BootstrapSettings(draws=60))


def test_a_law_is_printed_drawn_and_written(tmp_path: Path) -> None:
    results = law_study(seeds=3, items=200)
    law = view_of(results, FEW).law.law
    assert law is not None
    build_report(results, FEW, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert law.equation in page
    assert "serial depth 2 to 4" in page
    assert (tmp_path / "figures/law.svg").is_file()
    numbers = json.loads((tmp_path / "metrics.json").read_text())["law"]
    assert numbers["log10_parameters"]["value"] == pytest.approx(law.terms[1].value, rel=1e-3)
    assert numbers["serial_depth"]["low"] < numbers["serial_depth"]["high"] < 0
    assert numbers["range"]["size"] == {"low": 1e8, "high": 1e10}
    with (tmp_path / "tables/law.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    for row in rows:
        lowest, highest = (float(row[f"{end}_without_one_size"]) for end in ("lowest", "highest"))
        assert lowest <= float(row["log_odds"]) <= highest


def test_what_is_drawn_adds_up_to_the_miss_that_is_printed() -> None:
    law = view_of(law_study(), FEW).law.law
    assert law is not None
    points = law_misses(law)
    assert [point.student for point in points[:6]] == ["small"] * 6
    assert sum(abs(point.miss) for point in points) / len(points) == pytest.approx(law.miss)
    smallest = law.groups[law.groups["student"] == "small"]
    assert points[0].measured == pytest.approx(float(smallest["reasoning_right"].iloc[0] / 60))


def test_a_law_that_does_not_describe_the_study_says_so_on_page_and_in_metrics(
    tmp_path: Path,
) -> None:
    results = law_study(seeds=3, items=100, cell_sd=2.5)
    build_report(results, FEW, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    # Under the equation, and above the figure.
    assert page.count("The law does not describe this study: ") == 2
    numbers = json.loads((tmp_path / "metrics.json").read_text())["law"]
    assert numbers["describes"] == 0
    assert numbers["own_cells"]["decided"] < numbers["own_cells"]["cells"] / 2
