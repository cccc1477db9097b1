"""The interactive frontier in real headless Chromium: axes, filters, tooltips, address, print."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from tests.report.conftest import Built, open_page

from breakeven.report.frontier_chart import FrontierChart, frontier_chart
from breakeven.words import percent_interval, scientific

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
DOTS = ".panel:visible .dots path"


@pytest.fixture(scope="module")
def chart(built: Built) -> FrontierChart:
    found = frontier_chart(built.view)
    assert found is not None
    return found


@pytest.fixture
def page(browser: "Browser", built: Built) -> "Iterator[Page]":
    """The page at its first choice; it must not complain to the end."""
    opened, troubles = open_page(browser, _index(built), viewport={"width": 1280, "height": 900})
    yield opened
    assert troubles == []
    opened.close()


def _index(built: Built) -> Path:
    return built.folder / "report/index.html"


def _panel(page: "Page", title: str) -> "Locator":
    return page.locator("#frontier-panels > div", has=page.get_by_text(title, exact=True))


def test_all_points_of_the_first_decoding_are_drawn(page: "Page", chart: FrontierChart) -> None:
    drawn = chart.data["drawn"][0]
    page.wait_for_selector(DOTS)
    assert page.locator(DOTS).count() == sum(len(panel["points"]) for panel in drawn)
    assert page.locator("#frontier-takeaway").inner_text() == chart.data["axes"][0]["takeaway"]


def test_a_filter_leaves_the_points_that_are_chosen(page: "Page", chart: FrontierChart) -> None:
    page.uncheck('input[name="frontier-arm"][value="base"]')
    page.select_option("#frontier-place", "math-open")
    page.uncheck('input[name="frontier-student"][value="t2m"]')
    page.wait_for_function(f"document.querySelectorAll('{DOTS.replace(':visible', '')}').length")
    names = [one.get_attribute("aria-label") or "" for one in page.locator(DOTS).all()]
    assert [name.split(";")[0] for name in sorted(names)] == [
        f"t30k {arm}" for arm in sorted(chart.arms) if arm != "base"
    ]
    page.get_by_role("figure", name="Accuracy against cost").get_by_label("no arm").click()
    assert page.get_by_text("No student and arm is chosen that has a point here.").is_visible()


def test_another_axis_moves_the_points_and_the_frontier(page: "Page", chart: FrontierChart) -> None:
    panel = _panel(page, "math-open")
    before = panel.locator(".steps path").get_attribute("d")
    axis = chart.axes[-1]
    page.select_option("#frontier-axis", axis)
    panel.get_by_text(f"{axis}, USD (log)", exact=True).wait_for()
    assert panel.locator(".steps path").get_attribute("d") != before
    assert page.locator("#frontier-takeaway").inner_text() == chart.data["axes"][-1]["takeaway"]


def test_a_point_tells_its_numbers_to_mouse_and_keys_alike(page: "Page", built: Built) -> None:
    (group,) = (
        one
        for one in built.view.family_groups("math-open")
        if (one.cells[0].student, one.cells[0].arm) == ("t2m", "reasoning")
    )
    estimate = built.view.accuracies[group]
    told = [
        "t2m reasoning",
        f"accuracy {percent_interval(estimate.value, estimate.low, estimate.high)}",
        f"inference FLOPs a query: {scientific(group.mean('inference_flops'))} (",
        f"{estimate.items} questions",
        "the frontier; it is in",
    ]
    panel = _panel(page, "math-open")
    panel.locator('.dots path[aria-label^="t2m reasoning;"]').hover(force=True)
    tip = panel.locator(".tip")
    tip.wait_for()
    by_mouse = tip.inner_text()
    assert [part for part in told if part not in by_mouse] == []
    page.mouse.move(0, 0)
    tip.wait_for(state="hidden")
    box = panel.locator(".panel")
    box.focus()
    for _ in range(20):
        box.press("ArrowRight")
        if tip.inner_text().startswith("t2m reasoning\n"):
            break
    assert tip.inner_text() == by_mouse
    assert page.locator("#frontier-said").inner_text() == "; ".join(by_mouse.split("\n"))
    box.press("Escape")
    assert tip.is_hidden()


@pytest.mark.parametrize("way", ["click", "Enter"])
def test_a_point_leads_to_its_answers_and_back(page: "Page", built: Built, way: str) -> None:
    page.uncheck('input[name="frontier-arm"][value="base"]')
    before = page.url
    panel = _panel(page, "math-open")
    if way == "click":
        panel.locator('.dots path[aria-label^="t2m reasoning;"]').click(force=True)
    else:
        box, tip = panel.locator(".panel"), panel.locator(".tip")
        box.focus()
        box.press("Enter")  # without a point, nothing happens
        assert page.url == before
        for _ in range(20):
            box.press("ArrowRight")
            if tip.inner_text().startswith("t2m reasoning\n"):
                break
        box.press("Enter")
    page.wait_for_function("document.getElementById('samples-place').value === 'math-open'")
    assert page.locator("#samples-of").input_value() == "reasoning"
    assert page.locator("#samples-decoding").input_value() == built.view.decoding
    students = page.locator('input[name="samples-student"]:checked')
    assert [one.get_attribute("value") for one in students.all()] == ["t2m"]
    page.locator("#samples-questions article").first.wait_for()
    assert "arm=ift" in page.url, "what was chosen before stays in the address"
    page.go_back()
    assert page.url == before


def test_a_first_touch_tells_a_point_and_a_second_leads_on(
    browser: "Browser", built: Built
) -> None:
    page, troubles = open_page(browser, _index(built), has_touch=True)
    dot = _panel(page, "math-open").locator('.dots path[aria-label^="t2m reasoning;"]')
    dot.wait_for()
    before = page.url
    dot.tap(force=True)
    page.wait_for_timeout(200)
    assert page.url == before
    dot.tap(force=True)
    page.wait_for_function("location.hash.includes('answers=math-open')")
    assert troubles == []
    page.close()


def test_a_link_shows_the_same_view(
    browser: "Browser", built: Built, page: "Page", chart: FrontierChart
) -> None:
    page.select_option("#frontier-axis", chart.axes[1])
    page.select_option("#frontier-place", "math-mc")
    page.uncheck('input[name="frontier-arm"][value="ift"]')
    address = page.url
    assert urlencode({"axis": chart.axes[1]}) in address
    other, troubles = open_page(browser, _index(built), address[address.index("#") :])
    assert other.locator("#frontier-axis").input_value() == chart.axes[1]
    assert other.locator("#frontier-panels > div:visible h4").all_inner_texts() == ["math-mc"]
    assert not other.locator('input[name="frontier-arm"][value="ift"]').is_checked()
    assert other.locator('input[name="frontier-arm"][value="reasoning"]').is_checked()
    # All as it was at first leaves nothing to tell.
    other.evaluate("location.hash = '#view?'")
    other.wait_for_function("document.getElementById('frontier-axis').selectedIndex === 0")
    assert other.locator('input[name="frontier-arm"][value="ift"]').is_checked()
    assert troubles == []
    other.close()


def test_an_address_that_names_what_is_not_there_shows_the_first_choice(
    browser: "Browser", built: Built, chart: FrontierChart
) -> None:
    page, troubles = open_page(browser, _index(built), "#view?axis=gold&place=&arm=nobody")
    assert page.locator("#frontier-axis").input_value() == chart.axes[0]
    assert page.locator("#frontier-panels").get_by_text("No student and arm is chosen").count() > 0
    assert troubles == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen_in_either_scheme(
    browser: "Browser", built: Built, scheme: str
) -> None:
    size = {"width": 390, "height": 800}
    page, troubles = open_page(browser, _index(built), viewport=size, color_scheme=scheme)
    page.wait_for_selector(DOTS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#frontier-panels svg").first.bounding_box()["width"] <= 390
    ink = page.evaluate("getComputedStyle(document.querySelector('.plot svg text')).fill")
    shade = max(int(part) for part in ink.strip("rgb()").split(",")[:3])
    assert shade > 150 if scheme == "dark" else shade < 100
    assert troubles == []
    page.close()


def test_a_figure_unfolds_by_its_address_and_paper_has_them_all(page: "Page") -> None:
    folded = page.locator("details.figure:not([open]) figure")
    names = folded.evaluate_all("all => all.map(one => one.id)")
    assert len(names) > 5
    assert not any(page.locator(f"#{name}").is_visible() for name in names)
    assert all(page.locator("details.figure > summary > span").all_inner_texts())
    page.evaluate("name => { location.hash = name; }", names[-1])
    page.locator(f"#{names[-1]}").wait_for(state="visible")
    page.emulate_media(media="print")
    assert all(page.locator(f"#{name}").is_visible() for name in names)
    assert page.locator("details.absent li").first.is_visible()


def test_print_holds_the_view_that_is_chosen(page: "Page", chart: FrontierChart) -> None:
    page.select_option("#frontier-place", "math-open")
    page.emulate_media(media="print")
    assert page.locator("#frontier-panels svg:visible").count() == 1
    # The fitted curves, folded on a screen, are of no choice.
    assert page.locator("#frontier-static .panels svg:visible").count() == 4
    assert page.locator("#frontier-axis").is_visible()
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")


def test_without_scripts_the_picture_stands_there(browser: "Browser", built: Built) -> None:
    bare = browser.new_context(java_script_enabled=False)
    page, _ = open_page(bare, _index(built))
    assert page.locator("#frontier-static svg[role=img]").first.is_visible()
    assert page.locator("#figure-frontier").is_hidden()
    bare.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(browser: "Browser", built: Built, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, _ = open_page(browser, _index(built), color_scheme=scheme)
    page.wait_for_selector(DOTS)
    found = Axe().run(page, context="#figure-frontier").response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    page.close()
