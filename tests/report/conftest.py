"""One small study and its report, built once and read by many tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.report.synthetic import write_study

from breakeven.report.stage import run
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.study.collect import collect
from breakeven.study.summary import StudySummary

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = Path("/usr/bin/chromium")
LEFT = Path("report/.figures.0a1b2c3d.tmp")


class Built(NamedTuple):
    """A project folder with its report, and what it was built from."""

    folder: Path
    results: Results
    summary: StudySummary
    view: StudyView

    @property
    def page(self) -> str:
        return (self.folder / "report/index.html").read_text(encoding="utf-8")


def lay_what_a_kill_left() -> None:
    """Figures of a report that was killed a moment ago, which another process may still write."""
    LEFT.mkdir(parents=True)
    (LEFT / "gain.svg").write_text("<svg/>")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Two sizes, four arms, twelve tasks of 80 items."""
    folder = tmp_path_factory.mktemp("report")
    before = Path.cwd()
    os.chdir(folder)
    try:
        params = write_study(items=80, students=("t30k", "t2m"), draws=200)
        lay_what_a_kill_left()
        run(params)
        results, summary = collect(params)
    finally:
        os.chdir(before)
    yield Built(folder, results, summary, view_of(results, summary))


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    if not CHROMIUM.is_file():
        pytest.skip("chromium is not installed at /usr/bin/chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


def open_page(
    browser: "Browser | BrowserContext", page_file: Path, fragment: str = "", **settings: object
) -> "tuple[Page, list[str]]":
    """The page, and what it complained of: errors, and requests that leave it."""
    page = browser.new_page(**settings)
    troubles: list[str] = []
    page.on("console", lambda one: troubles.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda one: (
            None
            if one.url.startswith(("file:", "data:"))
            else troubles.append(f"request: {one.url}")
        ),
    )
    page.goto(page_file.as_uri() + fragment)
    return page, troubles


def unfold(page: "Page", *tables: str) -> None:
    """Open tables by a click on their titles."""
    for name in tables:
        page.locator(f"details:has(> #table-{name}) > summary").click()


def keep_picture(page: "Page", name: str, *, whole: bool = False) -> None:
    """Leave a picture to look at in the folder that BREAKEVEN_PICTURES names, as CI does."""
    folder = os.environ.get("BREAKEVEN_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)
