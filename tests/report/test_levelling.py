"""Accuracy against training budget: on the page, in a table, and in a line of the first screen."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.conftest import Built
from tests.report.synthetic import write_study

from breakeven.core.files import read_rows, write_rows
from breakeven.findings.levelling import NOTHING_TRIED, LevellingCheck
from breakeven.params import Params
from breakeven.pipeline.reads import report as report_reads
from breakeven.report.baseline_tables import BaselineWarning
from breakeven.report.figures.budget import budget_figure
from breakeven.report.levelling_tables import levelling_table, levelling_warnings
from breakeven.report.takeaways import with_takeaways
from breakeven.report.view import StudyView, view_of
from breakeven.rows.budget_trial import BudgetTrial, budget_trials_path
from breakeven.study.collect import collect
from breakeven.study.collect_budgets import budget_series


def test_the_first_screen_names_who_rose_in_one_training_as_such(built: Built) -> None:
    (warning,) = levelling_warnings(built.view)
    (said,) = warning.arms
    assert warning.text == "Rose between half and all of the budget in one training"
    assert "nothing is decided" in warning.basis
    assert said.startswith("reasoning (t30k: +38.0 (")
    assert "t2m: +38.0 (" in said
    assert said.endswith("on the tune side)")
    assert f"<b>{warning.text}</b>" in built.page


def warned(view: StudyView, *checks: LevellingCheck) -> tuple[BaselineWarning, ...]:
    other = replace(view)
    vars(other)["findings"] = replace(view.findings, levelling=checks)
    return levelling_warnings(other)


def test_who_rose_over_the_seeds_is_a_caution_where_the_correction_leaves_it_undecided(
    built: Built,
) -> None:
    (row,) = [
        one for one in built.view.findings.levelling if (one.student, one.arm) == ("t2m", "ift")
    ]
    rose = row._replace(asked="test items", gain=0.05, low=0.01, high=0.09, stands="undecided")
    flat = rose._replace(student="t30k", low=-0.01)
    (warning,) = warned(built.view, rose, flat)
    assert warning.arms == ("ift (t2m: +5.0 (+1.0 to +9.0) on test items)",)
    assert "a caution, no test" in warning.basis
    assert (warning.cases, warning.asked) == (1, 2)
    assert warned(built.view, flat) == ()
    (decided,) = warned(built.view, rose._replace(stands="still improving"), flat)
    assert decided.text == "Still improving when the budget ended"


def test_the_table_tells_every_arm_and_size(built: Built) -> None:
    table = levelling_table(built.view)
    assert with_takeaways([table])[0].takeaway == (
        "Of 4 arms of a size: not tested 4; 2 rose by +38.0 points, by their own intervals."
    )
    rows = table.rows
    assert {(row["student"], row["arm"], row["stands"]) for row in rows} == {
        (student, arm, stands)
        for student in ("t30k", "t2m")
        for arm, stands in (("ift", "not tested"), ("reasoning", "not tested"))
    }


def test_the_figure_has_a_panel_a_size_and_a_point_a_share(built: Built) -> None:
    figure = budget_figure(built.view)
    assert [panel.title for panel in figure.panels] == ["t30k", "t2m"]
    assert len(figure.rows) == 2 * 2 * 3
    assert {row["asked"] for row in figure.rows} == {"tune side"}
    for row in figure.rows:
        assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]  # type: ignore[operator]
    assert figure.takeaway == (
        "The whole budget against half of it, 4 arms and sizes: 4 not tested; by their own "
        "intervals 2 rose."
    )


def test_without_anything_tried_the_page_says_what_is_absent(built: Built) -> None:
    bare = view_of(built.results, replace(built.summary, budget_trials=()))
    assert budget_figure(bare).reason == levelling_table(bare).reason == NOTHING_TRIED
    assert levelling_warnings(bare) == ()


def test_arms_of_a_study_that_differ_in_their_budget_only_are_drawn_as_one_line(
    built: Built,
) -> None:
    """Here the two styles stand for two budgets of one arm."""
    tokens = {"ift": 500.0, "reasoning": 1000.0}
    cells = tuple(replace(cell, train_tokens=tokens.get(cell.arm)) for cell in built.results.cells)
    view = view_of(
        replace(built.results, cells=cells),
        replace(built.summary, budget_series=(("ift", "reasoning"),), budget_trials=()),
    )
    rows = budget_figure(view).rows
    assert {(row["curve"], row["asked"]) for row in rows} == {("ift", "test items")}
    assert {row["trained_tokens"] for row in rows} == {500.0, 1000.0}
    checks = levelling_table(view).rows
    assert {(row["arm"], row["asked"]) for row in checks} == {("reasoning", "test items")}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    folder = tmp_path_factory.mktemp("levelling")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, write_study(items=20, students=("t30k",), draws=200)


def test_the_report_is_drawn_again_where_the_trials_change_and_needs_none(
    study: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, params = study
    monkeypatch.chdir(folder)
    path = budget_trials_path(params.study)
    whole = path.read_bytes()
    before = report_reads(params)
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    fewer = report_reads(params)
    path.unlink()
    without = report_reads(params)
    path.write_bytes(whole)
    assert len({str(one.files) for one in (before, fewer, without)}) == 3
    assert without.files == {}
    assert before.params == without.params


def test_trials_of_another_training_than_that_of_the_study_are_left_out_and_told(
    study: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, params = study
    monkeypatch.chdir(folder)
    path = budget_trials_path(params.study)
    whole, rows = path.read_bytes(), read_rows(path, BudgetTrial)
    other = [replace(one, learning_rate=9e-3) if one.arm == "ift" else one for one in rows]
    write_rows(path, other)
    _, summary = collect(params)
    path.write_bytes(whole)
    assert {one.arm for one in summary.budget_trials} == {"reasoning"}
    (said,) = [line for line in summary.absent if "training budget" in line]
    assert "of t30k ift on the tune side: absent" in said
    assert "at rate 0.009" in said


def test_a_series_is_of_arms_that_differ_in_nothing_but_their_budget(
    study: tuple[Path, Params],
) -> None:
    _, params = study
    tree = params.model_dump(mode="json")
    plain = tree["arms"]["ift"]
    tree["arms"] |= {
        "half": {**plain, "budget": {"samples": 10}},
        "equal": {**plain, "budget": {"match": "reasoning", "unit": "tokens"}},
        "faster": {**plain, "learning_rate": 1e-2, "budget": {"samples": 10}},
        "control": {**plain, "control": True},
    }
    assert budget_series(Params.model_validate(tree)) == (("ift", "half"),)
