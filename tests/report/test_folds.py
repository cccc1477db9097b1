"""One answer in sight, the rest folded under what it shows."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.report.conftest import Built, open_page

from breakeven.findings.direction import count_directions
from breakeven.report.flips import cost_pairs
from breakeven.report.table import Table
from breakeven.report.takeaways import with_takeaways
from breakeven.report.write import _tables

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/tabletop/tables"


@pytest.fixture(scope="module")
def tables(built: Built) -> dict[str, Table]:
    return {one.name: one for group in _tables(built.view) for one in group.tables}


def test_every_table_says_in_a_line_what_it_shows(tables: dict[str, Table]) -> None:
    shown = [one for one in tables.values() if not one.reason]
    assert len(shown) > 25
    assert [one.name for one in shown if not one.takeaway] == []
    assert [one.takeaway for one in shown if len(one.takeaway.split()) > 35] == []
    # The records of its teacher tell no spread of tokens.
    assert [one.name for one in shown if "unknown" in one.takeaway] == ["teacher"]
    # Those that this small study cannot give.
    for file in EXAMPLE.glob("[!f]*.csv"):
        (told,) = with_takeaways([Table(file.stem, "", "", rows=tuple(rows_of(file)))])
        assert told.takeaway, file.stem


def rows_of(file: Path) -> list[dict[str, str | float | bool | None]]:
    import csv

    with file.open(newline="", encoding="utf-8") as opened:
        return [{name: value(text) for name, text in row.items()} for row in csv.DictReader(opened)]


def value(text: str) -> str | float | bool | None:
    if text in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[text]
    try:
        return float(text)
    except ValueError:
        return text


def test_a_line_counts_what_the_findings_hold(built: Built, tables: dict[str, Table]) -> None:
    found = built.view.findings
    own = count_directions(row.direction for row in found.families)
    assert tables["differences"].takeaway == (
        f"Of {own.total} comparisons the arm is ahead of IFT in {own.ahead}, behind in "
        f"{own.behind}; {own.undecided} are undecided."
    )
    matched = found.direction_counts("inference_flops")
    outside = sum(one.at.extrapolated for one in found.matched["inference_flops"])
    said = tables["equal-inference-flops"].takeaway
    assert f"Of {matched.total} comparisons:" in said
    assert f"undecided {matched.undecided}" in said
    assert said.endswith(f"{outside} are extrapolated.")
    thinking = [row for row in found.tasks if row.style == "reasoning"]
    steps = count_directions(row.direction for row in thinking if row.serial)
    assert (
        f"with serial steps ahead in {steps.ahead}, behind in {steps.behind} of {steps.total}"
        in tables["gain-by-task"].takeaway
    )
    pairs = cost_pairs(built.view)
    turned = sum(pair.flips for pair in pairs)
    assert f"in {turned} of {len(pairs)} pairs" in tables["cost-ratios"].takeaway


@pytest.mark.browser
def test_one_table_stands_open_and_a_link_opens_the_others(
    browser: "Browser", built: Built
) -> None:
    index = built.folder / "report/index.html"
    page, troubles = open_page(browser, index, viewport={"width": 1280, "height": 900})
    opened = page.locator("details.table[open] > div")
    assert opened.evaluate_all("all => all.map((one) => one.id)") == ["table-accuracy"]
    guards = page.locator("#table-guards table")
    assert not guards.is_visible()
    page.locator('aside a[href="#table-guards"]').click()
    assert guards.is_visible()
    title = page.locator("details:has(> #table-guards) summary").bounding_box()
    bar = page.locator("nav").bounding_box()
    assert title is not None
    assert bar is not None
    assert bar["y"] + bar["height"] <= title["y"] + title["height"] < 300
    assert troubles == []
    page.close()
