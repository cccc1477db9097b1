"""Headline, tables, claims and metrics of one page tell the same, and tell what was answered."""

import csv
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.report.conftest import Built
from tests.report.scored import Key, scored

from breakeven.report.comparison_tables import difference_table, undecided_words
from breakeven.report.write import build_report
from breakeven.study.summary import BootstrapSettings, StudySummary

# Tenths of a percent. Reasoning is so far ahead that a p is exactly zero, level, and far behind.
RIGHT: dict[Key, int] = {
    ("small", "base", "general-mc/quiz"): 250,
    ("small", "ift", "general-mc/quiz"): 260,
    ("small", "reasoning", "general-mc/quiz"): 262,
    ("middle", "ift", "general-mc/quiz"): 300,
    ("middle", "reasoning", "general-mc/quiz"): 900,
    ("large", "ift", "general-mc/quiz"): 310,
    ("large", "reasoning", "general-mc/quiz"): 999,
    ("small", "ift", "math-open/sums"): 400,
    ("small", "reasoning", "math-open/sums"): 150,
    ("middle", "ift", "math-open/sums"): 420,
    ("middle", "reasoning", "math-open/sums"): 425,
    ("large", "ift", "math-open/sums"): 500,
    ("large", "reasoning", "math-open/sums"): 100,
}
ITEMS = 3000
STANDS = ("reasoning ahead", "IFT ahead", "undecided")
Rows = list[dict[str, str]]


class Page:
    """A written report, read back from its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
        self.html = (folder / "index.html").read_text(encoding="utf-8")

    def table(self, name: str) -> Rows:
        with (self.folder / f"tables/{name}.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def shown(self, name: str) -> list[list[str]]:
        """The cells of a table as the page shows them, without its headers."""
        body = self.html.split(f'id="table-{name}"')[1].split("</table>")[0].split("<tbody>")[1]
        lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        return [
            [html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)]
            for line in lines
        ]

    def sentences(self) -> list[tuple[str, str]]:
        """The finding and the text of each sentence of the verdict."""
        part = self.html.split('<ol class="verdict">')[1].split("</ol>")[0]
        found = re.findall(r'class="finding">(.*?)\.</span></b>\s*<p>(.*?)</p>', part, re.DOTALL)
        return [(html.unescape(word), html.unescape(text)) for word, text in found]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("agreement") / "report"
    right = {key: count * ITEMS // 1000 for key, count in RIGHT.items()}
    results = scored(right, items=ITEMS, chance={"general-mc/quiz": 0.25})
    build_report(results, StudySummary(settings=BootstrapSettings(draws=200)), folder)
    yield Page(folder)


def test_the_study_holds_a_p_of_exactly_zero(page: Page) -> None:
    assert 0.0 in {float(row["p_value"]) for row in page.table("equal-inference-flops")}


def test_comparisons_at_equal_flops_are_counted_alike_everywhere(page: Page) -> None:
    rows = page.table("equal-inference-flops")
    counts = Counter(row["stands"] for row in rows)
    assert sum(counts.values()) == 6
    assert Counter(line[-1] for line in page.shown("equal-inference-flops")) == counts
    assert page.metrics["equal_inference_flops"] == {
        "reasoning_ahead": counts["reasoning ahead"],
        "ift_ahead": counts["IFT ahead"],
        "undecided": counts["undecided"],
    }
    (text,) = [text for _, text in page.sentences() if "equal inference FLOPs" in text]
    said = re.search(r"Of (\d+) comparisons .*? in (\d+), less in (\d+), and (\d+)", text)
    assert said is not None
    assert [int(number) for number in said.groups()] == [6, *(counts[word] for word in STANDS)]
    for row in page.table("verdicts"):
        for claimed in re.finditer(
            r"of 6 comparisons reasoning is ahead in (\d+), IFT in (\d+), and (\d+)",
            row["evidence"],
        ):
            assert [int(n) for n in claimed.groups()] == [counts[word] for word in STANDS]


def test_what_is_called_ahead_is_ahead(page: Page) -> None:
    for name in ("equal-inference-flops", "equal-training-flops"):
        for row in page.table(name):
            accuracy = float(row["accuracy"])
            if row["stands"] == "reasoning ahead":
                assert accuracy > float(row["ift_highest"])
            elif row["stands"] == "IFT ahead":
                assert accuracy < float(row["ift_lowest"])
    surest = {
        (row["student"], row["family"]): row["stands"]
        for row in page.table("equal-inference-flops")
        if float(row["p_value"]) == 0
    }
    assert surest["middle", "general-mc"] == "reasoning ahead"


def test_differences_are_told_alike_everywhere(page: Page) -> None:
    rows = page.table("differences")
    figure = {(r["student"], r["family"]): r for r in page.table("figure-gain")}
    shown = iter(page.shown("differences"))
    for row, line in zip(rows, shown, strict=True):
        where = row["student"], row["family"]
        metrics = page.metrics["gain"][row["student"]]["reasoning"]["ift"][row["family"]]
        assert float(figure[where]["gain"]) == float(row["difference"])
        for name, column in (("points", "difference"), ("low", "low"), ("high", "high")):
            assert metrics[name] == pytest.approx(100 * float(row[column]), abs=0.06, rel=1e-3)
        value = f"{100 * float(row['difference']):+.1f}".replace("-", "−")
        decided = float(row["holm_p_value"]) <= 0.05
        assert line[5].startswith(value)
        assert line[5].endswith("*") == decided
    largest = {row["family"]: row for row in rows if row["student"] == "large"}
    finding, text = page.sentences()[0]
    assert finding == "Depends on the task"
    assert "more accurate than IFT on general-mc +68.9" in text
    assert "less accurate on math-open −40.0" in text
    assert float(largest["general-mc"]["difference"]) == pytest.approx(0.689)
    higher = sum(float(row["difference"]) > 0 for row in rows)
    assert f"higher in {higher} of {len(rows)} pairs" in text


def test_the_numbers_are_those_that_were_written_down(page: Page) -> None:
    for row in page.table("accuracy"):
        task = {"general-mc": "quiz", "math-open": "sums"}[row["family"]]
        right = RIGHT[row["student"], row["arm"], f"{row['family']}/{task}"]
        assert float(row["accuracy"]) == right / 1000
        metrics = page.metrics["accuracy"][row["student"]][row["arm"]][row["family"]]
        assert metrics == right / 1000


def recomputed(items: pd.DataFrame) -> "tuple[pd.Series[float], pd.Series[float]]":
    """Accuracies by cell and task, then by cell and family, in plain pandas."""
    cell = ["student", "arm", "family"]
    by_item = items.groupby([*cell, "task", "item"])["correct"].mean()
    by_task = by_item.groupby([*cell, "task"]).mean()
    return by_task, by_task.groupby(cell).mean()


def test_a_page_shows_the_numbers_of_its_scores_recomputed_apart(built: Built) -> None:
    page = Page(built.folder / "report")
    items = pd.read_parquet(built.folder / "scores/items.parquet")
    by_task, by_family = recomputed(items.astype({"correct": float}))
    for row in page.table("accuracy"):
        value = by_family[row["student"], row["arm"], row["family"]]
        assert float(row["accuracy"]) == pytest.approx(value, abs=1e-6)
        metrics = page.metrics["accuracy"][row["student"]][row["arm"]][row["family"]]
        assert metrics == pytest.approx(value, rel=1e-3)
    for row in page.table("accuracy-by-task"):
        value = by_task[row["student"], row["arm"], row["family"], row["task"]]
        assert float(row["accuracy"]) == pytest.approx(value, abs=1e-6)
    assert len(page.table("accuracy")) == len(by_family)
    for row in page.table("differences"):
        thinking, plain = (
            by_family[row["student"], arm, row["family"]] for arm in (row["arm"], row["ift_arm"])
        )
        assert float(row["difference"]) == pytest.approx(thinking - plain, abs=1e-6)
        gains = page.metrics["gain"][row["student"]][row["arm"]][row["ift_arm"]]
        gain = gains[row["family"]]["points"]
        assert gain == pytest.approx(100 * (thinking - plain), rel=1e-3, abs=1e-4)
    wide = items.astype({"correct": float}).pivot_table(
        index=["student", "task", "item"], columns="arm", values="correct"
    )
    for row in page.table("differences-by-task"):
        own = wide.loc[(row["student"], row["task"])]
        apart = own[row["arm"]] - own[row["ift_arm"]]
        assert float(row["difference"]) == pytest.approx(apart.mean(), abs=1e-6)
        assert (int(row["only_arm_right"]), int(row["only_ift_right"])) == (
            int((apart > 0).sum()),
            int((apart < 0).sum()),
        )


def test_the_accuracies_in_the_page_are_those_of_its_table(built: Built) -> None:
    page = Page(built.folder / "report")
    families = built.results.families()
    values = {
        (row["student"], row["arm"], row["family"]): float(row["accuracy"])
        for row in page.table("accuracy")
    }
    shown = page.shown("accuracy")
    assert len(shown) * len(families) == len(values)
    for student, arm, *cells in shown:
        for family, cell in zip(families, cells, strict=True):
            assert cell.startswith(f"{100 * values[student, arm, family]:.1f}%")


def test_no_number_of_a_page_is_a_signed_zero(built: Built, page: Page) -> None:
    for text in (page.html, Page(built.folder / "report").html):
        shown = re.sub(r"<(script|style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert re.findall(r".{0,20}[−+-]0\.0(?![0-9]).{0,20}", shown) == []


def test_an_interval_without_zero_that_decides_nothing_is_explained_where_it_stands(
    built: Built,
) -> None:
    view = built.view
    differences = view.findings.families
    decided = [
        row.corrected(0.001, 0.05)
        for row in (replace(row, low=0.2, high=0.4) for row in differences)
    ]
    open_ = decided[0].corrected(0.9, 0.05)
    for rows, explained in ((decided, False), ([open_, *decided[1:]], True)):
        assert bool(undecided_words(rows)) is explained
    note = difference_table(view, by_task=False).note
    assert ("nothing is decided" in note) is bool(undecided_words(differences))
