"""The page in real headless Chromium: no error, no request, nothing of a model's text runs."""

import csv
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from tests.report.conftest import Built, keep_picture, open_page, unfold
from tests.report.synthetic import HOSTILE

from breakeven.words import OUTCOME_WORDS, scientific

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_model_output_is_text_in_the_page(built: Built) -> None:
    assert HOSTILE not in built.page
    assert "&lt;script&gt;window.hacked = true&lt;/script&gt;" in built.page


def test_the_page_names_no_other_place(built: Built) -> None:
    for mark in ('src="http', 'href="http', "@import", "url(http"):
        assert mark not in built.page.replace("http://www.w3.org", "")


def test_ids_of_the_page_are_unique(built: Built) -> None:
    from collections import Counter

    # Data of the calculator is no markup.
    ids = re.findall(r'<[a-z][^<>]*? id="([^"]+)"', built.page)
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_the_page_may_run_its_own_scripts_and_load_nothing(built: Built) -> None:
    import base64
    import hashlib
    import html

    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', built.page)
    assert policy is not None
    scripts = re.findall(r"<script>(.*?)</script>", built.page, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)
    policies = html.unescape(policy[1]).split("; ")
    assert policies[:2] == ["default-src 'none'", f"script-src {allowed} 'strict-dynamic'"]


def _open(browser: "Browser", built: Built, width: int, scheme: str) -> "tuple[Page, list[str]]":
    size = {"width": width, "height": 900}
    index = built.folder / "report/index.html"
    page, troubles = open_page(browser, index, viewport=size, color_scheme=scheme)
    page.wait_for_selector("#decide-calculator:not([aria-busy])")
    return page, troubles


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_cleanly_and_fits_its_width(
    browser: "Browser", built: Built, width: int, scheme: str
) -> None:
    page, troubles = _open(browser, built, width, scheme)
    assert troubles == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.locator("figure svg").count() > 30
    keep_picture(page, f"page-{width}-{scheme}", whole=True)
    page.close()


@pytest.mark.browser
def test_ink_stands_out_from_the_paper_in_the_dark(browser: "Browser", built: Built) -> None:
    page, _ = _open(browser, built, 1280, "dark")
    ink = page.evaluate("getComputedStyle(document.querySelector('figure .panels svg text')).fill")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert min(_channels(ink)) > 150
    assert max(_channels(paper)) < 60
    page.close()


def _channels(colour: str) -> list[int]:
    return [int(part) for part in colour.strip("rgba()").split(",")[:3]]


@pytest.mark.browser
def test_the_calculator_answers_in_the_page(browser: "Browser", built: Built) -> None:
    page, troubles = _open(browser, built, 1280, "light")
    before = page.locator("#decide-answer").inner_text()
    page.fill("#decide-budget", "")
    page.fill("#decide-queries", "1e3")
    page.locator("#decide-queries").dispatch_event("change")
    assert "%" in before
    assert page.locator("#decide-answer").inner_text() != before
    assert troubles == []
    page.close()


@pytest.mark.browser
def test_a_table_is_sorted_by_its_numbers_and_a_link_keeps_the_order(
    browser: "Browser", built: Built
) -> None:
    page, troubles = _open(browser, built, 1280, "light")
    unfold(page, "costs")
    table = page.locator('table[data-name="costs"]')
    column = table.locator("thead th").all_inner_texts().index("FLOPs a query")
    cells = table.locator(f"tbody td:nth-child({column + 1})")
    written = cells.all_inner_texts()
    with (built.folder / "report/tables/costs.csv").open(newline="") as file:
        flops = sorted(float(row["inference_flops"]) for row in csv.DictReader(file))
    header = table.locator("thead th button").nth(column)
    header.click()
    assert cells.all_inner_texts() == [scientific(value) for value in flops]
    header.click()
    assert cells.all_inner_texts() == [scientific(value) for value in reversed(flops)]
    page.reload()
    assert cells.all_inner_texts() == [scientific(value) for value in reversed(flops)]
    header.click()
    assert cells.all_inner_texts() == written
    assert troubles == []
    page.close()


# As words.py writes them: an interval has two, of which the first counts.
NUMBER = re.compile(r"([<>]?)([+−]?)([\d,]*\.?\d+)(?:×10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)|([KMB])\b)?")


def _number(text: str) -> tuple[float, int] | None:
    """A cell's number, and on which side of it the cell lies."""
    found = NUMBER.match(text)
    if found is None:
        return None
    side, sign, digits, minus, power, letter = found.groups()
    exponent = int("".join(str("⁰¹²³⁴⁵⁶⁷⁸⁹".index(one)) for one in power)) if power else 0
    size = float(digits.replace(",", "")) * 10.0 ** (-exponent if minus else exponent)
    size *= {None: 1.0, "K": 1e3, "M": 1e6, "B": 1e9}[letter]
    return (-size if sign == "−" else size), {"<": -1, "": 0, ">": 1}[side]


@pytest.mark.browser
def test_every_column_of_numbers_is_sorted_by_them_and_words_stand_behind(
    browser: "Browser", built: Built
) -> None:
    page, troubles = _open(browser, built, 1280, "light")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    columns = page.evaluate(
        """() => [...document.querySelectorAll("table[data-name]")].flatMap((table) =>
          [...table.tHead.rows[0].cells].filter((one) => one.className !== "text").map((header) => {
            header.querySelector("button").click();
            const cells = [...table.tBodies[0].rows].map((row) => row.cells[header.cellIndex]);
            return [`${table.dataset.name} ${header.innerText}`, cells.map((one) => one.innerText)];
          }))"""
    )
    mixed = 0
    for name, cells in columns:
        told = [cell for cell in cells if cell not in ("", "–")]
        numbers = [number for cell in told if (number := _number(cell)) is not None]
        assert cells[: len(told)] == told, name
        assert [_number(cell) for cell in told[: len(numbers)]] == sorted(numbers), name
        mixed += 0 < len(numbers) < len(told)
    assert mixed > 0, "a column holds words in place of some numbers"
    assert troubles == []
    page.close()


@pytest.mark.browser
def test_students_are_sorted_by_their_size(browser: "Browser", built: Built) -> None:
    page, troubles = _open(browser, built, 1280, "light")
    unfold(page, "costs")
    table = page.locator('table[data-name="costs"]')
    header, cells = table.locator("thead th button").first, table.locator("tbody td:first-child")
    header.click()
    rising = cells.all_inner_texts()
    header.click()
    falling = cells.all_inner_texts()
    half = len(rising) // 2
    assert rising == [*["t30k"] * half, *["t2m"] * half]
    assert falling == rising[::-1]
    assert troubles == []
    page.close()


@pytest.mark.browser
def test_a_jump_to_a_part_of_the_page_forgets_no_choice(browser: "Browser", built: Built) -> None:
    page, _ = _open(browser, built, 1280, "light")
    page.uncheck('input[name="frontier-arm"][value="ift"]')
    page.locator("nav a", has_text="Costs").click()
    unfold(page, "costs")
    page.locator('table[data-name="costs"] thead th button').first.click()
    asked = parse_qs(page.url.partition("#view?")[2])
    assert asked["sort"] == ["costs:0:ascending"]
    assert "ift" not in asked["arm"]
    assert "reasoning" in asked["arm"]
    page.close()


@pytest.mark.browser
def test_the_parts_of_the_page_are_named_wherever_one_reads(
    browser: "Browser", built: Built
) -> None:
    page, _ = _open(browser, built, 390, "light")
    page.locator("nav a", has_text="Costs").click()
    bar, heading = page.locator("nav").bounding_box(), page.locator("#costs").bounding_box()
    assert bar is not None
    assert heading is not None
    assert bar["y"] == 0
    assert bar["height"] <= heading["y"] + 1 < 900
    page.close()


def test_an_example_says_what_became_of_the_answer(built: Built) -> None:
    assert {one.outcome for one in built.summary.examples} >= {"right", "wrong"}
    for one in built.summary.examples:
        assert one.outcome is not None
        assert (one.outcome == "right") == one.correct
        said = f"<p><b>{one.student} {one.arm}</b>, {OUTCOME_WORDS[one.outcome]}</p>"
        assert said in built.page
