"""The sample browser in real headless Chromium, opened from a folder: nothing is served."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.report.conftest import Built, keep_picture, open_page

from breakeven.browse.pieces import write_piece

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
ARTICLES = "#samples-questions article"
HARD = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked=1'>"


@pytest.fixture
def page(browser: "Browser", built: Built) -> "Iterator[Page]":
    """The page at its first choice; it must not complain to the end."""
    opened, troubles = open_page(browser, _index(built), viewport={"width": 1280, "height": 900})
    yield opened
    assert troubles == []
    assert opened.evaluate("typeof window.hacked") == "undefined"
    opened.close()


def _index(built: Built) -> Path:
    return built.folder / "report/index.html"


def _scores(built: Built, **wanted: object) -> pd.DataFrame:
    rows = pd.read_parquet(built.folder / "scores/items.parquet")
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows


def _show(page: "Page", **choice: str) -> None:
    """Come near, choose, and wait until what is chosen is there."""
    page.locator("#samples").scroll_into_view_if_needed()
    page.wait_for_selector("#samples[data-shown]")
    for name, value in choice.items():
        before = page.locator("#samples").get_attribute("data-shown")
        page.select_option(f"#samples-{name}", value)
        _await_other(page, before)


def _uncheck(page: "Page", name: str, values: list[str]) -> None:
    for value in values:
        before = page.locator("#samples").get_attribute("data-shown")
        page.uncheck(f'input[name="samples-{name}"][value="{value}"]')
        _await_other(page, before)


def test_nothing_is_loaded_before_somebody_comes_near(page: "Page") -> None:
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.locator(ARTICLES).count() == 0


def test_a_question_stands_there_once_with_every_arm_beside_it(page: "Page", built: Built) -> None:
    _show(page, place="chain-open")
    first = page.locator(ARTICLES).first
    keep_picture(page, "samples-1280")
    assert first.locator("h4").all_inner_texts() == [
        f"t2m {arm}" for arm in ("base", "ift", "reasoning", "mixed-50")
    ]
    tops = [one.bounding_box()["y"] for one in first.locator(".answered").all()]
    assert len(set(tops)) == 1
    item = first.locator("h3").inner_text().split()[1]
    for arm in ("ift", "reasoning"):
        (row,) = _scores(built, student="t2m", arm=arm, task="chain-open", item=item).to_dict(
            "records"
        )
        told = first.locator(".answered", has=page.get_by_text(f"t2m {arm}", exact=True))
        assert row["outcome"] in told.locator("b").inner_text()
        assert f"{row['thinking_tokens']} thinking" in told.locator("p").inner_text()


def test_a_trace_is_folded_and_opens_by_a_click(page: "Page") -> None:
    _show(page, place="chain-open")
    box = page.locator(ARTICLES).first.locator(".answered").nth(2)
    assert not box.locator("details pre").is_visible()
    box.locator("summary").click()
    assert "<script>window.hacked" in box.locator("details pre").inner_text()


def test_what_a_trace_gained_comes_first_and_names_its_arms(page: "Page", built: Built) -> None:
    _show(page, place="chain-open")
    scores = _scores(built, student="t2m", task="chain-open")
    right = {arm: set(own.loc[own["correct"], "item"]) for arm, own in scores.groupby("arm")}
    gained = sorted(right["reasoning"] - right["ift"])
    lost = sorted(right["ift"] - right["reasoning"])
    status = page.locator("#samples-status").inner_text()
    assert f"gained {len(gained)} (wrong without, right with one)" in status
    assert f"lost {len(lost)} (the other way)" in status
    headings = page.locator(f"{ARTICLES} h3").all_inner_texts()
    assert headings == [f"chain-open {item}" for item in gained[:10]]
    assert set(page.locator(f"{ARTICLES} .turn").all_inner_texts()) == {
        "wrong without a trace: ift; right with one: reasoning"
    }
    _show(page, turned="lost")
    assert page.locator(f"{ARTICLES} h3").all_inner_texts() == [
        f"chain-open {item}" for item in lost[:10]
    ]


def _await_other(page: "Page", before: str | None) -> None:
    """Wait until the answers are others than those of `data-shown` before."""
    page.wait_for_selector(f'#samples:not([data-shown="{before}"])')


def test_the_way_back_from_a_number_shows_what_was_chosen_before(page: "Page") -> None:
    _show(page)
    samples, status = page.locator("#samples"), page.locator("#samples-status")
    first, told = samples.get_attribute("data-shown"), status.inner_text()
    page.locator('table[data-name="accuracy"] a[href*="answers=math-open"]').first.click()
    _await_other(page, first)
    second = samples.get_attribute("data-shown")
    assert status.inner_text() != told
    page.go_back()
    _await_other(page, second)
    assert status.inner_text() == told


def test_keys_walk_the_numbers_of_a_table_and_lead_to_their_answers(page: "Page") -> None:
    table = page.locator('table[data-name="accuracy"]')
    assert table.locator('td a[tabindex="0"]').count() == 1
    assert table.locator("td a").count() > 20
    table.locator("thead button").last.focus()
    page.keyboard.press("Tab")
    row = table.locator("tbody tr").nth(1).locator("td a")
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert row.nth(1).evaluate("one => one === document.activeElement")
    # One that goes nowhere leaves the focus, and the table one stop.
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert row.nth(0).evaluate("one => one === document.activeElement")
    assert table.locator('td a[tabindex="0"]').count() == 1
    address = row.nth(0).get_attribute("href")
    assert address is not None
    page.keyboard.press("Enter")
    page.wait_for_selector("#samples[data-shown]")
    assert page.url.endswith(address)


@pytest.mark.parametrize(("text", "side"), [("سؤال؟\n", "right"), ("a question?\n", "left")])
def test_a_line_begins_on_the_side_of_its_language(page: "Page", text: str, side: str) -> None:
    _show(page)
    pre = page.locator(f"{ARTICLES} > pre").first
    first, whole = pre.evaluate(
        """(pre, text) => {
          pre.textContent = `${text}a question?`;
          const line = new Range();
          line.setStart(pre.firstChild, 0);
          line.setEnd(pre.firstChild, text.trim().length);
          return [line, pre].map((one) => one.getBoundingClientRect().toJSON());
        }""",
        text,
    )
    padding = 20
    assert abs(first[side] - whole[side]) < padding
    assert first["width"] < whole["width"] / 2


def test_outcomes_of_an_arm_filter_the_questions(page: "Page", built: Built) -> None:
    _show(page, place="odd-one-out-open", of="reasoning")
    _uncheck(page, "outcome", ["right", "unparsed", "looping", "cut", "unclosed"])
    scores = _scores(built, student="t2m", task="odd-one-out-open", arm="reasoning")
    wrong = set(scores.loc[scores["outcome"] == "wrong", "item"])
    assert wrong
    shown = {one.split()[1] for one in page.locator(f"{ARTICLES} h3").all_inner_texts()}
    assert shown <= wrong
    assert (
        page.locator("#samples-status")
        .inner_text()
        .startswith(f"{min(10, len(wrong))} of {len(wrong)} that match, of 80 questions.")
    )
    box = page.locator('#samples label:has(input[value="wrong"]) span')
    assert box.inner_text() == str(len(wrong))


def test_where_none_matches_it_is_said_which_filter_to_loosen(page: "Page") -> None:
    _show(page, place="chain-open")
    _uncheck(page, "arm", ["base", "ift"])
    _uncheck(page, "outcome", ["right", "wrong", "looping", "cut", "unclosed", "unparsed"])
    status = page.locator("#samples-status")
    assert status.inner_text().startswith(
        "None of 80 questions matches; without “Outcomes” 80 do. Between the arms shown"
    )
    page.locator("#samples-turned").select_option("lost")
    page.wait_for_function(
        """() => document.getElementById("samples-status").textContent.startsWith(
          "None of 80 questions matches; without “Which of them” and “Outcomes” 80 do."
        )"""
    )
    assert page.locator(ARTICLES).count() == 0


def test_more_questions_come_by_a_click(page: "Page") -> None:
    _show(page, place="chain-open")
    page.click("#samples-more")
    page.wait_for_selector(f"{ARTICLES}:nth-of-type(20)")
    assert page.locator(ARTICLES).count() == 20


def test_one_click_leads_from_a_number_to_its_answers_and_back(page: "Page", built: Built) -> None:
    table = page.locator('table[data-name="accuracy"]')
    column = table.locator("thead th").all_inner_texts().index("general-mc")
    row = table.locator("tbody tr", has=page.get_by_text("reasoning", exact=True)).first
    student = row.locator("td").first.inner_text()
    number = row.locator("td").nth(column).locator("a")
    asked = f"breakeven show general-mc --student {student} --arm reasoning"
    assert number.get_attribute("title") == asked
    number.click()
    page.wait_for_selector(ARTICLES)
    assert page.locator("#samples-place").input_value() == "general-mc"
    assert page.locator("#samples-of").input_value() == "reasoning"
    checked = 'input[name="samples-student"]:checked'
    assert [one.input_value() for one in page.locator(checked).all()] == [student]
    right = int(
        _scores(built, student=student, arm="reasoning", family="general-mc")["correct"].sum()
    )
    box = page.locator('#samples label:has(input[value="right"]) span')
    assert box.inner_text() == str(right)
    page.wait_for_timeout(100)
    assert 0 <= page.locator("#examples").bounding_box()["y"] < 200
    command = page.locator("#samples-command").text_content()
    assert command is not None
    assert command.startswith(f"breakeven show general-mc --student {student} --arm base --arm ift")
    page.go_back()
    assert "answers" not in page.url


def test_a_link_shows_the_same_answers(browser: "Browser", built: Built, page: "Page") -> None:
    _show(page, place="math-open", turned="gained")
    _uncheck(page, "arm", ["base"])
    address = page.url
    other, troubles = open_page(browser, _index(built), address[address.index("#") :])
    other.wait_for_selector(ARTICLES)
    assert (
        other.locator(f"{ARTICLES} h3").all_inner_texts()
        == page.locator(f"{ARTICLES} h3").all_inner_texts()
    )
    assert other.locator(ARTICLES).first.locator("h4").first.inner_text() == "t2m ift"
    assert troubles == []
    other.close()


def test_students_stand_beside_one_another_and_turns_are_within_each(page: "Page") -> None:
    _show(page, place="chain-open", turned="gained")
    page.check('input[name="samples-student"][value="t30k"]')
    page.wait_for_selector(f'{ARTICLES} h4:text-is("t30k base")')
    assert page.locator(ARTICLES).first.locator("h4").count() == 8
    first = page.locator(f"{ARTICLES} .turn").first.inner_text()
    assert first.split(": ")[0] in ("t30k", "t2m")


def test_a_hostile_answer_is_text(browser: "Browser", built: Built, tmp_path: Path) -> None:
    report = tmp_path / "report"
    shutil.copytree(built.folder / "report", report)
    text = f"{HARD}\u2028\u2029\x00\ud800 \u202eabc"
    write_piece(
        report / "samples",
        "answers/t2m/ift/0/greedy/chain-open",
        [[[f"<think>{text}</think>", text, 1, 2, 3]]] * 80,
    )
    page, troubles = open_page(browser, report / "index.html", "#view?answers=chain-open")
    page.wait_for_selector(ARTICLES)
    shown = page.locator(f"{ARTICLES} .answered").nth(1).locator("pre").last.text_content()
    assert shown is not None
    assert shown.startswith(HARD)
    assert page.locator(f"{ARTICLES} img, {ARTICLES} script").count() == 0
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert troubles == []
    page.close()


def test_a_page_without_its_folder_says_where_the_answers_are(
    browser: "Browser", built: Built, tmp_path: Path
) -> None:
    alone = tmp_path / "index.html"
    shutil.copy(_index(built), alone)
    page, _ = open_page(browser, alone, "#view?answers=chain-open")
    page.get_by_text("The answers lie in the folder samples/ beside the page").wait_for()
    assert page.locator("#examples-static pre").count() > 0
    page.close()


def test_without_scripts_one_question_a_task_stands_there(browser: "Browser", built: Built) -> None:
    bare = browser.new_context(java_script_enabled=False)
    page, _ = open_page(bare, _index(built))
    assert page.locator("#samples").is_hidden()
    assert page.locator("#examples-static pre").first.is_visible()
    bare.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen_and_axe_finds_no_barrier(
    browser: "Browser", built: Built, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    size = {"width": 390, "height": 800}
    fragment = "#view?answers=chain-open"
    page, troubles = open_page(browser, _index(built), fragment, viewport=size, color_scheme=scheme)
    page.wait_for_selector(ARTICLES)
    page.locator(f"{ARTICLES} details summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep_picture(page, f"samples-390-{scheme}")
    # Of the whole page, with all that is folded.
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    assert troubles == []
    page.close()
