"""A page of names that are 3,000 letters long and would be scripts, in real headless Chromium."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.report.conftest import open_page

from breakeven.importing.read_results import import_results
from breakeven.report.write import build_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MARKUP = '"><script>window.hacked = 1</script><img src="http://192.0.2.1/x" onerror="hacked=1">'
LONG = "W" * 3000


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of somebody's table."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        {
            "student": f"{name}{number}",
            "size_parameters": 10 ** (7 + number),
            "style": style,
            "family": family,
            "task": f"{name} {family}",
            "accuracy": 0.3 + 0.1 * number + (0.2 if style == "reasoning" else 0),
            "items": 500,
            "corpus": LONG,
            "answer_tokens": 10 if style == "ift" else 200,
            "inference_flops": 10.0 ** (9 + number) * (1 if style == "ift" else 20),
            "device_seconds": 0.1 * 10**number * (1 if style == "ift" else 20),
            "train_flops": 10.0 ** (16 + number),
        }
        for number, name in enumerate((LONG, MARKUP, f"{MARKUP}{LONG}"))
        for style in ("ift", "reasoning")
        for family in ("math-open", "math-mc")
    ]
    with (folder / "table.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    build_report(import_results(folder / "table.csv"), None, folder / "report")
    return folder / "report/index.html"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_no_name_runs_asks_or_breaks_the_page(
    browser: "Browser", hostile: Path, width: int
) -> None:
    page, troubles = open_page(browser, hostile, viewport={"width": width, "height": 900})
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    assert troubles == []
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.locator("img[src*='192.0.2.1']").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.browser
def test_a_name_that_would_be_markup_is_text_in_a_point_of_the_frontier(
    browser: "Browser", hostile: Path
) -> None:
    page, troubles = open_page(browser, hostile, viewport={"width": 1280, "height": 900})
    panel = page.locator("#frontier-panels .panel").first
    panel.focus()
    panel.press("End")
    tip = panel.locator(".tip")
    told = tip.inner_text()
    assert told.startswith(MARKUP)
    assert tip.locator("script, img").count() == 0
    chosen = page.locator('input[name="frontier-student"]').nth(1)
    assert chosen.get_attribute("value") == f"{MARKUP}1"
    chosen.uncheck()
    page.reload()
    assert not page.locator('input[name="frontier-student"]').nth(1).is_checked()
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert troubles == []
    page.close()
