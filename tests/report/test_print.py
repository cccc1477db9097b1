"""What paper has of the page: a real PDF of headless Chromium, read again."""

import io
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from tests.report.conftest import Built, keep_picture, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pypdf import PageObject

pytestmark = pytest.mark.browser
# An A4 sheet between Chromium's margins of 1 cm.
WIDTH = 718
# In points, by which a PDF measures.
MARGIN = 28
CELLS = "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"


def bare(text: str) -> str:
    """Text without what paper sets in its own way: spaces, hyphens at line ends, ligatures."""
    return re.sub(r"[\s\u00ad-]+", "", unicodedata.normalize("NFKC", text))


def beyond_the_margin(sheet: "PageObject") -> list[str]:
    """The texts of a sheet that begin in its right margin."""
    edge = float(sheet.mediabox.width) - MARGIN
    found: list[str] = []

    def look(text: str, outer: list[float], inner: list[float], *_: object) -> None:
        if text.strip() and inner[4] * outer[0] + inner[5] * outer[2] + outer[4] > edge:
            found.append(text)

    sheet.extract_text(visitor_text=look)
    return found


def test_paper_has_all_that_is_folded_and_every_cell_of_every_table(
    browser: "Browser", built: Built
) -> None:
    from pypdf import PdfReader

    page, troubles = open_page(browser, built.folder / "report/index.html")
    assert page.locator("main details:not([open])").count() > 20
    margins = dict.fromkeys(("top", "right", "bottom", "left"), "1cm")
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4", margin=margins))).pages
    text = bare("".join(sheet.extract_text() for sheet in sheets))
    tables = [one.locator("tr").evaluate_all(CELLS) for one in page.locator("main table").all()]
    assert max(len(rows[0]) for rows in tables) >= 12
    # The cells of a row stand together, and in their order.
    assert [row for rows in tables for row in rows if bare("".join(row)) not in text] == []
    told = page.locator("main details :is(li, p, pre)").all_text_contents()
    assert [one for one in told if bare(one) not in text] == []
    assert [text for sheet in sheets for text in beyond_the_margin(sheet)] == []
    assert troubles == []
    page.close()


def test_no_table_is_wider_than_the_sheet(browser: "Browser", built: Built) -> None:
    size = {"width": WIDTH, "height": 1040}
    page, _ = open_page(browser, built.folder / "report/index.html", viewport=size)
    page.emulate_media(media="print")
    wide = page.evaluate(
        "() => [...document.querySelectorAll('main table')]"
        ".filter((one) => one.getBoundingClientRect().right > innerWidth)"
        ".map((one) => [one.dataset.name, one.getBoundingClientRect().right])"
    )
    page.locator('table[data-name="differences"]').scroll_into_view_if_needed()
    keep_picture(page, "print")
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    page.close()


def test_nobody_chooses_on_paper(browser: "Browser", built: Built) -> None:
    page, _ = open_page(browser, built.folder / "report/index.html", "#view?answers=chain-open")
    page.wait_for_selector("#samples-questions article")
    page.emulate_media(media="print")
    for hidden in (".choices", "fieldset", "#samples-more"):
        assert not page.locator(f"#samples > {hidden}").first.is_visible()
    assert page.locator("#samples-questions pre").first.is_visible()
    page.close()
