"""What a reader asked, unfolded and points at, in real Chromium."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from tests.report.conftest import Built, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
READY = "#decide-calculator:not([aria-busy])"


class Opened:
    """Opens the page at a fragment, once its calculator is ready; no page may complain."""

    def __init__(self, browser: "Browser", built: Built) -> None:
        self._browser, self._file = browser, built.folder / "report/index.html"
        self._opened: list[tuple[Page, list[str]]] = []

    def at(self, fragment: str = "") -> "Page":
        page, troubles = open_page(
            self._browser, self._file, fragment, viewport={"width": 1280, "height": 900}
        )
        self._opened.append((page, troubles))
        page.wait_for_selector(READY)
        return page

    def close(self) -> None:
        for page, troubles in self._opened:
            page.close()
            assert troubles == []


@pytest.fixture
def opened(browser: "Browser", built: Built) -> Iterator[Opened]:
    pages = Opened(browser, built)
    yield pages
    pages.close()


def _told(page: "Page") -> dict[str, list[str]]:
    """What the address tells."""
    return parse_qs(page.evaluate("location.hash").partition("?")[2], keep_blank_values=True)


def _fill(page: "Page", name: str, text: str) -> None:
    page.fill(f"#decide-{name}", text)
    page.press(f"#decide-{name}", "Enter")


def test_a_link_asks_the_calculator_the_same(opened: Opened) -> None:
    from playwright.sync_api import expect

    page = opened.at()
    assert _told(page) == {}
    page.select_option("#decide-family", "math-mc")
    page.select_option("#decide-unit", "flops")
    page.uncheck("#decide-teacher")
    _fill(page, "queries", "3,000")
    _fill(page, "price", "7")
    page.focus("#decide-budget-slide")
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    budget = page.input_value("#decide-budget")
    assert _told(page) == {
        "decide-family": ["math-mc"],
        "decide-unit": ["flops"],
        "decide-teacher": ["no"],
        "decide-queries": ["3,000"],
        "decide-price": ["7"],
        "decide-budget": [budget],
    }
    answer = page.inner_text("#decide-answer")
    other = opened.at(page.evaluate("location.hash"))
    assert other.inner_text("#decide-answer") == answer
    assert other.input_value("#decide-price") == "7"
    assert other.locator("#decide-calculator").bounding_box()["y"] == pytest.approx(48, abs=2)
    # What is again as it began is told no more, and an address that tells nothing asks as at first.
    other.check("#decide-teacher")
    assert "decide-teacher" not in _told(other)
    other.evaluate("location.hash = '#view?'")
    expect(other.locator("#decide-unit")).not_to_have_value("flops")
    first = opened.at()
    for text in ("#decide-answer", "#decide-ladder", "#decide-pairs"):
        assert other.inner_text(text) == first.inner_text(text)


def test_a_device_has_its_own_price_until_the_address_tells_another(opened: Opened) -> None:
    page = opened.at()
    name = page.locator("#decide-device option").nth(1).get_attribute("value")
    page.select_option("#decide-device", name)
    price = page.input_value("#decide-price")
    assert price
    _fill(page, "batch", "1")
    assert _told(page) == {"decide-device": [name], "decide-batch": ["1"]}
    other = opened.at(page.evaluate("location.hash"))
    assert other.input_value("#decide-price") == price
    assert other.is_enabled("#decide-batch")
    assert other.inner_text("#decide-answer") == page.inner_text("#decide-answer")
    _fill(other, "price", "7")
    again = opened.at(other.evaluate("location.hash"))
    assert again.input_value("#decide-price") == "7"


def test_a_price_that_was_typed_comes_back_with_its_device(opened: Opened) -> None:
    page = opened.at()
    _fill(page, "price", "2")
    page.select_option("#decide-device", "H100")
    own = page.input_value("#decide-price")
    assert own not in {"", "2"}
    page.select_option("#decide-device", "")
    assert page.input_value("#decide-price") == "2"
    page.select_option("#decide-device", "H100")
    assert page.input_value("#decide-price") == own


def test_a_number_that_is_none_leaves_one_line_and_no_empty_boxes(opened: Opened) -> None:
    page = opened.at()
    heading, answer = page.locator("#decide-chart-title"), page.locator("#decide-answer")
    assert heading.is_visible()
    assert answer.is_visible()
    _fill(page, "queries", "many")
    assert "give a number" in page.inner_text("#decide-problem")
    assert not heading.is_visible()
    assert not answer.is_visible()
    _fill(page, "queries", "1M")
    assert heading.is_visible()


def test_an_address_may_ask_for_what_is_not_there(opened: Opened) -> None:
    first = opened.at()
    page = opened.at("#view?decide-family=gold&decide-unit=&decide-device=x&decide-teacher=2")
    assert page.inner_text("#decide-answer") == first.inner_text("#decide-answer")
    page = opened.at("#view?decide-queries=<img src=x onerror=alert(1)>&decide-queries=5")
    assert page.inner_text("#decide-problem").startswith("For queries give a number")


def test_a_link_keeps_the_chart_as_well(opened: Opened) -> None:
    page = opened.at()
    page.select_option("#frontier-place", "math-mc")
    page.select_option("#decide-family", "math-mc")
    other = opened.at(page.evaluate("location.hash"))
    assert other.input_value("#frontier-place") == "math-mc"
    assert other.input_value("#decide-family") == "math-mc"


def test_a_link_unfolds_what_its_reader_unfolded(opened: Opened) -> None:
    from playwright.sync_api import expect

    page = opened.at()
    first, second = (page.locator("details.figure").nth(place) for place in (0, 1))
    names = [one.locator("figure").get_attribute("id") for one in (first, second)]
    first.locator("summary").click()
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    # By the address as the browser tells it: the page itself evaluates no text.
    expect(page).to_have_url(re.compile("fold=.*fold="))
    assert _told(page) == {"fold": [f"-{names[0]}", names[1]]}
    other = opened.at(page.evaluate("location.hash"))
    assert [
        other.locator("details.figure").nth(place).evaluate("one => one.open") for place in (0, 1)
    ] == [False, True]
    other.locator("details.figure").nth(1).locator("summary").click()
    other.locator("details.figure").nth(0).locator("summary").click()
    expect(other).not_to_have_url(re.compile("fold="))


def test_a_place_in_a_fold_has_its_own_address(opened: Opened) -> None:
    name = opened.at().locator("details.figure figure").nth(1).get_attribute("id")
    page = opened.at(f"#{name}")
    page.locator(f"#{name}").wait_for(state="visible")
    assert page.evaluate("location.hash") == f"#{name}"
    assert -1 < page.locator(f"#{name}").bounding_box()["y"] < 300


def test_a_point_of_the_calculators_chart_is_told_by_mouse_and_keys_alike(opened: Opened) -> None:
    page = opened.at()
    point = page.locator("#decide-chart circle").first
    title = point.locator("title").text_content()
    tip = page.locator("body > .tip")
    point.hover()
    assert tip.inner_text() == title
    # A browser would show the title beside it.
    assert point.locator("title").count() == 0
    page.mouse.move(0, 0)
    tip.wait_for(state="hidden")
    assert point.locator("title").text_content() == title
    page.focus("#decide-chart svg")
    seen = []
    for _ in range(page.locator("#decide-chart circle").count()):
        page.keyboard.press("ArrowRight")
        seen.append(tip.inner_text())
        assert page.locator("body > [role=status]").inner_text() == seen[-1].replace("\n", "; ")
    assert title in seen
    assert len(set(seen)) == len(seen)
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")


def test_points_of_a_figure_are_told_by_mouse_and_keys_alike(opened: Opened) -> None:
    page = opened.at("#figure-gain")
    drawing = page.locator("#figure-gain .panels svg").first
    points = drawing.locator("use:has(title)")
    titles = points.locator("title").all_text_contents()
    tip = page.locator("body > .tip")
    points.first.hover()
    assert tip.inner_text() == titles[0]
    assert re.search(r" points$", titles[0].split("\n")[1])
    page.mouse.move(0, 0)
    tip.wait_for(state="hidden")
    drawing.focus()
    assert drawing.get_attribute("aria-label").endswith("arrow keys go from point to point")
    seen = []
    for _ in titles:
        page.keyboard.press("ArrowRight")
        seen.append(tip.inner_text())
    assert sorted(seen) == sorted(titles)
    drawing.blur()
    tip.wait_for(state="hidden")
