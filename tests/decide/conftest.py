"""A browser that opens the calculator's page."""

import pytest
from tests.decide.calculator_page import CHROMIUM


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser):
    """Opens a page that fails the test on a console error, an exception or a request."""
    pages, problems = [], []

    def opened(url: str, width: int = 1280, scheme: str = "light"):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda r: problems.append(r.url) if r.url != url else None)
        page.goto(url)
        page.wait_for_selector("#decide-calculator:not([aria-busy])")
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert not problems
