"""A study of the paper's shape: methods, corpora in turn, judges, a teacher better in one mode."""

import csv
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.conftest import Built
from tests.report.synthetic import CEILING
from tests.report.synthetic_paper import FEW, SIZES, write_paper_study

from breakeven.findings.groups import group_pairs
from breakeven.report.cost_tables import cost_table
from breakeven.report.curves import cost_panels
from breakeven.report.data_tables import judging_table, teacher_accuracy_table
from breakeven.report.figures.equivalent import equivalents
from breakeven.report.growth_tables import crossing_table
from breakeven.report.headline import headline
from breakeven.report.limits import limit_lines
from breakeven.report.stage import run
from breakeven.report.view import view_of
from breakeven.study.collect import collect
from breakeven.study.summary import Interval, StudySummary, TeacherAccuracy

FAMILIES = ("math-open", "extra-mc", "extra-open")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Two sizes, eight arms of which two are by QLoRA and two on two corpora, three families."""
    folder = tmp_path_factory.mktemp("paper")
    before = Path.cwd()
    os.chdir(folder)
    try:
        students = ("qwen-0-5b", "qwen-14b")
        params = write_paper_study(
            items=20, students=students, arms=FEW, families=FAMILIES, draws=200
        )
        run(params)
        results, summary = collect(params)
    finally:
        os.chdir(before)
    yield Built(folder, results, summary, view_of(results, summary))


def rows(paper: Built, name: str) -> list[dict[str, str]]:
    with (paper.folder / f"report/tables/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_styles_are_paired_within_one_method_and_one_training(paper: Built) -> None:
    found = {(row.arm, row.ift_arm) for row in paper.view.findings.families}
    assert found == {
        ("general-reasoning", "general-ift"),
        ("sequential-50", "general-ift"),
        ("general-math-reasoning", "general-math-ift"),
        ("general-reasoning-qlora", "general-ift-qlora"),
    }
    pairs = {(p.reasoning.cells[0].arm, p.ift.cells[0].arm) for p in group_pairs(paper.results)}
    assert pairs == {pair for pair in found if pair[0] != "sequential-50"}
    arms = {row["arms"] for row in rows(paper, "crossing")}
    assert arms == {f"{thinking} − {plain}" for thinking, plain in pairs}


def test_two_corpora_in_turn_are_a_training_of_their_own(paper: Built) -> None:
    assert paper.results.corpora() == ("general", "general then math")
    assert {panel.title for panel in paper.view.panels} == {
        f"{family} · {corpus}" for family in FAMILIES for corpus in paper.results.corpora()
    }


def test_methods_share_a_panel_under_their_own_names_and_markers(paper: Built) -> None:
    panel = cost_panels(paper.view, "inference", fits=False)[0]
    shown = {(point.arm.name, point.arm.colour, point.arm.marker) for point in panel.points}
    assert len(shown) == len({mark[1:] for mark in shown}) == 6


def test_a_reasoning_arm_is_placed_among_ift_students_of_its_own_method(paper: Built) -> None:
    arms = {one.arm.name for one in equivalents(paper.view)}
    assert arms == {"general-reasoning", "general-reasoning-qlora", "general-math-reasoning"}
    assert "arms" in crossing_table(paper.view).headers


def test_an_arm_without_an_ift_arm_of_its_method_is_said_to_be_in_no_pair(paper: Built) -> None:
    cells = tuple(cell for cell in paper.results.cells if cell.arm != "general-ift-qlora")
    view = view_of(replace(paper.results, cells=cells), paper.summary)
    assert any("in no pair: general-reasoning-qlora" in line for line in limit_lines(view))
    assert not any("in no pair" in line for line in limit_lines(paper.view))


def test_a_teacher_that_is_better_in_one_mode_is_warned_of(paper: Built) -> None:
    sentence = headline(paper.view)[-1]
    assert sentence.question == "Is the teacher equally good in both modes?"
    assert "900 prompts of math" in sentence.text
    assert "+9.0 points (+7.5 to +10.5)" in sentence.text
    assert "general" not in sentence.text, "there the difference is zero within its interval"
    assert sentence.text in paper.page


@pytest.mark.parametrize(
    ("low", "high", "differs"), [(0.01, 0.1, True), (-0.1, -0.01, True), (-0.01, 0.1, False)]
)
def test_modes_differ_where_zero_lies_outside_the_interval(
    low: float, high: float, differs: bool
) -> None:
    row = TeacherAccuracy("c", "kept", 10, difference=Interval(0.05, low, high))
    assert row.differs is differs


def test_the_accuracy_of_the_teacher_is_shown_for_all_pairs_and_those_kept(paper: Built) -> None:
    table = teacher_accuracy_table(paper.summary)
    assert [line[:3] for line in table.body] == [
        ("general", "all", "1,100"),
        ("general", "kept", "900"),
        ("math", "all", "1,100"),
        ("math", "kept", "900"),
    ]
    assert table.body[3][4:6] == ("89.0% (87.0 to 91.0)", "+9.0 (+7.5 to +10.5)")
    assert rows(paper, "teacher-accuracy")[3]["difference_low"] == "0.075"


def test_a_solver_is_right_by_construction(built: Built) -> None:
    assert "worked out exactly" in (teacher_accuracy_table(built.summary).reason or "")
    assert "Is the teacher equally good" not in built.page


def test_judges_are_shown_where_they_were_asked(paper: Built, built: Built) -> None:
    assert paper.summary.judging is not None
    table = judging_table(paper.summary.judging)
    assert [line[0] for line in table.body] == ["llama", "nemotron", "gpt-oss", "together"]
    assert table.body[-1][2:] == ("4,800", "4,500", "280", "10", "21", "6M", "210K")
    assert "agreed with the rules on 97" in table.note
    assert 'id="table-judging"' in paper.page
    assert built.summary.judging is None
    assert 'id="table-judging"' not in built.page


def test_judging_is_in_the_bill_of_every_cell(paper: Built) -> None:
    bill = paper.summary.bills["qwen-14b", "general-ift", 0]
    assert bill.judging.read_tokens.value == 40.0 * 3 * len(FAMILIES)


def test_the_teacher_of_two_corpora_is_paid_for_both(paper: Built) -> None:
    bills = paper.summary.bills
    one = bills["qwen-14b", "general-reasoning", 0].teacher.new_tokens.value
    both = bills["qwen-14b", "general-math-reasoning", 0].teacher.new_tokens.value
    assert (one, both) == (2_400_000.0, 4_800_000.0)


def test_costs_tell_the_share_of_the_device_that_was_reached(paper: Built) -> None:
    line = next(row for row in rows(paper, "costs") if row["arm"] == "general-ift")
    assert float(line["training_utilisation"]) == pytest.approx(2e10 / CEILING)
    assert float(line["answering_utilisation"]) == pytest.approx(5e9 / CEILING, rel=1e-3)
    table = cost_table(paper.view)
    assert [i for i, header in enumerate(table.headers) if header == "of rate"] == [5, 11]
    shown = next(row for row in table.body if row[1] == "general-ift")
    assert (shown[5], shown[11]) == ("25.0%", "6.2%")
    bare = view_of(paper.results, StudySummary())
    assert "of rate" not in cost_table(bare).headers


def test_benchmarks_are_not_said_to_have_no_serial_steps(paper: Built) -> None:
    assert set(paper.summary.depths.values()) == {None}
    # What a case is, where arms are counted, holds for any study.
    said = paper.page.replace("its tasks with or without serial steps", "")
    assert "without serial steps" not in said
    assert SIZES["qwen-14b"] > 14e9


def test_verdicts_on_the_tabletop_are_labelled_as_of_other_sizes(
    paper: Built, built: Built
) -> None:
    sizes = "These students have 30K to 2M parameters"
    assert sizes in built.page
    assert ", at other sizes" in built.page
    assert "at other sizes" not in paper.page
