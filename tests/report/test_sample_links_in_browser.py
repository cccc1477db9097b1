"""From every table that names a student or an arm to its samples, in headless Chromium."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

import pytest
from tests.report.conftest import Built, open_page

from breakeven.browse.pieces import samples_of
from breakeven.params import load_params
from breakeven.report.levelling_tables import TUNE_SIDE
from breakeven.report.sample_browser import sample_browser
from breakeven.study.collect import item_rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
ARTICLES = "#samples-questions article"
PAIR = ("ift", "reasoning")
# Tables that name a style or an arm and lead nowhere.
LEAD_NOWHERE = {
    "verdicts": "a claim rests on many students, arms and tasks; its evidence names some of them",
    "teacher": "the teacher's completions of training prompts are no answers of a student",
    "pairs": "what students learn from are those completions",
}
# What a row is about stands in these columns; all others hold what rests on samples.
NAMING = {
    *("student", "arm", "arms", "family", "task", "asked", "decoding", "seed"),
    *("thinks", "does not", "without"),
}


class Row(NamedTuple):
    """A row of a table: the text of its cells by header, and where each leads."""

    table: str
    cells: tuple[tuple[str, str], ...]
    leads: tuple[str | None, ...]

    def of(self, header: str) -> str:
        return dict(self.cells).get(header, "")


@pytest.fixture
def page(browser: "Browser", built: Built) -> "Iterator[Page]":
    opened, troubles = open_page(browser, built.folder / "report/index.html")
    yield opened
    assert troubles == []
    opened.close()


def rows_of(page: "Page") -> list[Row]:
    """Every row of every table of the page."""
    found = page.evaluate(
        """() => {
          const heads = [...document.querySelectorAll('main [id^="table-"], main table')];
          let name = "verdicts";
          return heads.flatMap((one) => {
            if (one.tagName !== "TABLE") { name = one.id.slice("table-".length); return []; }
            const headers = [...one.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
            return [...one.tBodies[0].rows].map((row) => [
              name,
              [...row.cells].map((cell, at) => [headers[at], cell.textContent.trim()]),
              [...row.cells].map((cell) => cell.querySelector("a")?.hash ?? null),
            ]);
          });
        }"""
    )
    return [Row(name, tuple(map(tuple, cells)), tuple(leads)) for name, cells, leads in found]


def names_in(row: Row, names: set[str]) -> set[str]:
    """The students and arms that a row speaks of, in its cells or in its headers."""
    words = [text for cell in row.cells for text in cell]
    return names & {part for text in words for part in re.split(r"[\s,;:()]+", text)}


def test_every_cell_of_every_table_that_names_a_student_or_an_arm_leads_to_samples(
    page: "Page", built: Built
) -> None:
    names = {*built.results.students(), *(arm.name for arm in built.view.arms)}
    speaking = [row for row in rows_of(page) if names_in(row, names)]
    assert {row.table for row in speaking} >= {*LEAD_NOWHERE, "routing", "crossing", "growth"}
    nowhere = []
    for row in speaking:
        if row.table in LEAD_NOWHERE or row.of("asked") == TUNE_SIDE:
            assert not any(row.leads), row.table
            continue
        nowhere += [
            (row.table, header, text)
            for (header, text), lead in zip(row.cells, row.leads, strict=True)
            if header not in NAMING and text not in ("", "–") and lead is None
        ]
    assert nowhere == []


def test_a_cell_leads_to_the_students_arms_and_tasks_of_its_row(page: "Page") -> None:
    compared = 0
    for row in rows_of(page):
        for lead in filter(None, row.leads):
            asked = parse_qs(lead.removeprefix("#view?"))
            if student := row.of("student"):
                assert asked["answers-student"] == [student]
            if place := row.of("task") or row.of("family"):
                assert asked["answers"] == [place]
            arms = row.of("arms").split(" − ")
            if len(arms) == 2:
                assert sorted(asked["answers-arm"]) == sorted(arms)
                compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("table", "place", "answered"),
    [
        ("routing", "all", {"t30k ift", "t30k reasoning"}),
        ("differences", "general-mc", {"t30k ift", "t30k mixed-50"}),
        ("crossing", "general-mc", {f"{s} {a}" for s in ("t30k", "t2m") for a in PAIR}),
        ("cost-ratios", "general-mc", {f"{s} {a}" for s in ("t30k", "t2m") for a in PAIR}),
    ],
)
def test_a_comparison_shows_its_arms_side_by_side(
    page: "Page", table: str, place: str, answered: set[str]
) -> None:
    cell = page.locator(f'table[data-name="{table}"] td a').first
    cell.evaluate("one => one.click()")
    page.wait_for_selector(ARTICLES)
    assert page.locator("#samples-place").input_value() == place
    assert {*page.locator(ARTICLES).first.locator("h4").all_inner_texts()} == answered


def test_a_family_of_one_task_is_named_by_its_task(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built.folder)
    params = load_params()
    samples = samples_of(params, item_rows(params))
    shown = {
        task: items
        for task, items in samples.shown.items()
        if items[0].family != "math-open" or task == "chain-open"
    }
    data = sample_browser(built.view, replace(samples, shown=shown)).data
    assert data["taskOf"] == {"math-open": "chain-open"}
    assert data["places"]["all"] == [*shown]
    assert data["everyTask"] == "all"
