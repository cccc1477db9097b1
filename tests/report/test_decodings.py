"""Arms in several ways to decode: paired with the first, and a series of thinking budgets drawn."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tests.report.scored import ARMS, SIZES, scored

from breakeven.findings.decodings import ThinkingBudget
from breakeven.params import Decoding
from breakeven.report.decoding_tables import decoding_change_table, decoding_table
from breakeven.report.figure_files import write_figure
from breakeven.report.figures.decodings import decodings_figure
from breakeven.report.figures.thinking_budget import thinking_budget_figure
from breakeven.report.metrics import metrics
from breakeven.report.view import StudyView, view_of
from breakeven.results.from_items import StudyFacts, results_from_items
from breakeven.study.summary import summary_without_records
from breakeven.study.thinking_budgets import cutting_decodings, thinking_budgets

TASK = "math-open/sums"
# Right of 200, by decoding, student and arm.
RIGHT = {
    "greedy": {("small", "ift"): 60, ("small", "reasoning"): 90, ("large", "reasoning"): 150},
    "off": {("small", "reasoning"): 40, ("large", "reasoning"): 60},
    "64": {("small", "reasoning"): 80, ("large", "reasoning"): 120},
    "steps": {("small", "ift"): 62},
}
BUDGETS = (ThinkingBudget("off", 0), ThinkingBudget("64", 64), ThinkingBudget("greedy", None))


def view(*decodings: str, off: float = 0.0) -> StudyView:
    """Seen in greedy decoding; behind an empty trace students think the share `off`."""
    frames = []
    for decoding in decodings or RIGHT:
        items = scored({(*key, TASK): right for key, right in RIGHT[decoding].items()}).items
        assert items is not None
        # A budget halves what is thought, and with it most of the cost.
        share = {"off": off, "64": 0.5}.get(decoding, 1.0)
        cost = {name: items[name] * share for name in ("thinking_tokens", "inference_flops")}
        frames.append(items.assign(decoding=decoding, **cost))
    results = results_from_items(
        pd.concat(frames, ignore_index=True), StudyFacts("decoded", SIZES, ARMS)
    )
    return view_of(
        results, replace(summary_without_records(), decoding="greedy", thinking_budgets=BUDGETS)
    )


def test_each_decoding_is_paired_with_the_first_one_of_its_arm() -> None:
    table = decoding_table(view())
    rows = {(row["student"], row["arm"], row["decoding"]): row for row in table.rows}
    assert len(rows) == sum(map(len, RIGHT.values()))
    assert rows["small", "ift", "greedy"]["change"] is None
    for (student, arm, decoding), row in rows.items():
        assert row["accuracy"] == RIGHT[decoding][student, arm] / 200
        if decoding != "greedy":
            first = RIGHT["greedy"][student, arm] / 200
            assert row["change"] == pytest.approx(row["accuracy"] - first)
            # The same questions come first in both, so that pairing leaves little to chance.
            assert row["change_low"] < row["change"] < row["change_high"]
    assert rows["small", "reasoning", "64"]["cost_ratio"] == pytest.approx(0.5)
    assert [line[3] for line in table.body] == ["greedy", "steps", *["greedy", "64", "off"] * 2]


def test_each_decoding_has_a_verdict_for_every_arm_that_it_asked(tmp_path: Path) -> None:
    study = view()
    rows = {(row["decoding"], row["arm"]): row for row in decoding_change_table(study).rows}
    assert {key: (row["students"], row["verdict"]) for key, row in rows.items()} == {
        ("off", "reasoning"): ("small large", "less accurate"),
        ("64", "reasoning"): ("small large", "less accurate"),
        ("steps", "ift"): ("small", "undecided"),
    }
    # The mean of 80 less 90 and of 120 less 150, of 200 each.
    assert rows["64", "reasoning"]["change"] == pytest.approx(-0.1)
    for row in rows.values():
        assert float(str(row["p_holm"])) >= float(str(row["p"]))
    figure = decodings_figure(study)
    assert figure.takeaway == (
        "3 changes of an arm's decoding were tested: 0 are more accurate than the first, 2 less "
        "accurate, 1 undecided."
    )
    write_figure(figure, tmp_path)
    assert (tmp_path / "decodings.png").stat().st_size > 5_000
    told = metrics(study)["decodings"]
    assert told["64"]["all_sizes"]["reasoning"]["all_families"]["decided"] == -1
    assert told["steps"]["all_sizes"]["ift"]["all_families"]["decided"] == 0


def test_with_one_decoding_there_is_none_to_judge() -> None:
    alone = view("greedy")
    assert decodings_figure(alone).panels == ()
    assert decoding_change_table(alone).rows == ()


def test_the_metrics_have_what_the_table_says() -> None:
    told = metrics(view())["decodings"]
    rows = [row for row in decoding_table(view()).rows if row["change"] is not None]
    assert {(row["decoding"], row["student"], row["arm"]) for row in rows} == {
        (decoding, student, arm)
        for decoding, students in told.items()
        for student, arms in students.items()
        if student != "all_sizes"
        for arm in arms
    }
    for row in rows:
        found = told[row["decoding"]][row["student"]][row["arm"]][row["family"]]
        for name, column in (("points", "change"), ("low", "change_low"), ("high", "change_high")):
            assert found.pop(name) == pytest.approx(100 * float(str(row[column])), rel=1e-3)
        assert set(found) == {"accuracy", "thinking_tokens", "answer_tokens", "inference_flops"}
        for name, value in found.items():
            assert value == pytest.approx(row[name], rel=1e-3)


def test_with_one_decoding_there_is_nothing_to_compare() -> None:
    assert "decodings" not in metrics(view("greedy"))
    assert decoding_table(view("greedy")).reason == "needs a second decoding"
    assert thinking_budget_figure(view("greedy")).reason is not None


def test_a_series_of_budgets_is_a_line_an_arm_and_student(tmp_path) -> None:
    figure = thinking_budget_figure(view())
    assert [entry.label for entry in figure.legend] == ["reasoning, small", "reasoning, large"]
    assert len(figure.rows) == 2 * 3
    assert [row["thinking_tokens_at_most"] for row in figure.rows[:3]] == [0, 64, None]
    assert "changes by −45.0 to −25.0 points, over 2 lines" in figure.takeaway
    write_figure(figure, tmp_path)
    assert (tmp_path / "thinking-budget.png").stat().st_size > 1000


def test_what_is_thought_behind_an_empty_trace_is_told_with_its_tokens() -> None:
    figure = thinking_budget_figure(view(off=0.25))
    thought = [row["thinking_tokens"] for row in figure.rows if row["decoding"] == "off"]
    assert len(set(thought)) == 1
    assert f"students thought in {thought[0]:.0f} tokens an answer" in figure.how_to_read
    assert "all the same" not in thinking_budget_figure(view()).how_to_read


def test_budgets_are_a_series_where_nothing_else_differs() -> None:
    rows = {
        "greedy": Decoding(),
        "b": Decoding(thinking_tokens=128, ask="So ", arms=("reasoning",)),
        "off": Decoding(thinking="off"),
        "a": Decoding(thinking_tokens=32),
        "again": Decoding(thinking_tokens=32, ask="Well "),
        "drawn": Decoding(temperature=1.0, thinking_tokens=64),
        "wait": Decoding(thinking_tokens=64, wait=1),
    }
    assert thinking_budgets(rows) == (
        ThinkingBudget("off", 0),
        ThinkingBudget("a", 32),
        ThinkingBudget("b", 128),
        ThinkingBudget("greedy", None),
    )
    assert thinking_budgets({name: rows[name] for name in ("greedy", "a", "drawn")}) == ()
    assert cutting_decodings(rows) == rows.keys() - {"greedy"}
    assert thinking_budgets({name: rows[name] for name in ("drawn", "a", "b")}) == ()
