"""Accuracy against the share of traces, and arms of one training budget, as the page shows them."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.scored import scored
from tests.report.synthetic_paper import write_paper_study

from breakeven.findings.matched_budgets import ArmMatch
from breakeven.params import Params
from breakeven.report.figures.share import share_figure
from breakeven.report.headline import headline
from breakeven.report.matched_budget_tables import matched_budget_table
from breakeven.report.metrics import metrics
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.study.collect import collect
from breakeven.study.collect_budgets import arm_matches, share_series
from breakeven.study.summary import summary_without_records

SHARED = {
    "general-ift",
    "general-reasoning",
    *(f"{order}-{share}" for order in ("mixed", "sequential") for share in (25, 50, 75)),
}


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> tuple[Params, StudyView]:
    """Two sizes with every mix of the published study, on two families."""
    folder = tmp_path_factory.mktemp("shares")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        params = write_paper_study(
            items=30, students=("qwen-0-5b", "qwen-3b"), families=("general-mc", "math-open")
        )
        return params, view_of(*collect(params))


def test_every_share_is_drawn_in_both_orders_and_other_trainings_are_not(
    paper: tuple[Params, StudyView],
) -> None:
    _, view = paper
    figure = share_figure(view)
    assert [panel.title for panel in figure.panels] == ["general-mc", "math-open"]
    assert {row["arm"] for row in figure.rows} == SHARED
    assert len(figure.rows) == len(SHARED) * 2 * 2
    orders = {(row["reasoning_share"], row["order"]) for row in figure.rows}
    mixes = {(share, order) for share in (0.25, 0.5, 0.75) for order in ("mixed", "sequential")}
    assert orders == {(0.0, None), (1.0, None)} | mixes
    accuracy = {
        (group.cells[0].student, group.cells[0].arm, group.cells[0].family): group.accuracy
        for group in view.every_group
    }
    for row in figure.rows:
        assert row["accuracy"] == accuracy[row["student"], row["arm"], row["family"]]  # type: ignore[index]
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]  # type: ignore[operator]


def test_a_student_without_a_mix_has_no_line_and_no_word(
    paper: tuple[Params, StudyView],
) -> None:
    _, view = paper
    left = tuple(
        cell for cell in view.results.cells if cell.student == "qwen-0-5b" or cell.style != "mixed"
    )
    figure = share_figure(view_of(replace(view.results, cells=left), view.summary))
    assert {row["student"] for row in figure.rows} == {"qwen-0-5b"}
    assert figure.takeaway.startswith("qwen-0-5b")
    ends = tuple(cell for cell in left if cell.style != "mixed")
    none = share_figure(view_of(replace(view.results, cells=ends), view.summary))
    assert none.reason is not None


def test_a_family_that_nobody_taught_has_no_panel_of_shares(
    paper: tuple[Params, StudyView],
) -> None:
    _, view = paper
    cells = tuple(
        replace(cell, untaught=cell.family == "general-mc") for cell in view.results.cells
    )
    figure = share_figure(view_of(replace(view.results, cells=cells), view.summary))
    assert [panel.title for panel in figure.panels] == ["math-open"]


def test_series_of_shares_have_one_budget(paper: tuple[Params, StudyView]) -> None:
    params, _ = paper
    (every,) = share_series(params)
    assert set(every) == SHARED
    tree = params.model_dump(mode="json")
    for arm in ("general-ift", "mixed-25", "mixed-50"):
        tree["arms"][arm]["budget"] = {"match": "general-reasoning", "unit": "tokens"}
    tree["arms"]["mixed-75"]["budget"] = {"samples": 100}
    matched, rest = sorted(
        share_series(Params.model_validate(tree)), key=lambda one: "mixed-25" not in one
    )
    assert set(matched) == {"general-reasoning", "general-ift", "mixed-25", "mixed-50"}
    assert set(rest) == {"general-reasoning", "sequential-25", "sequential-50", "sequential-75"}
    tree["arms"]["mixed-25"]["control"] = True
    assert all("mixed-25" not in one for one in share_series(Params.model_validate(tree)))


def test_without_three_shares_the_figure_says_so(paper: tuple[Params, StudyView]) -> None:
    _, view = paper
    bare = view_of(view.results, replace(view.summary, share_series=()))
    reason = share_figure(bare).reason
    assert reason == "no 3 arms differ in nothing but their share of traces"


def test_results_from_elsewhere_are_a_series_where_each_share_and_order_is_there_once(
    paper: tuple[Params, StudyView],
) -> None:
    _, view = paper
    items = view.results.items
    assert items is not None
    kept = replace(
        view.results,
        cells=tuple(cell for cell in view.results.cells if cell.arm in SHARED),
        items=items[items["arm"].isin(SHARED)],
    )
    assert {
        row["arm"] for row in share_figure(view_of(kept, summary_without_records())).rows
    } == SHARED
    twice = tuple(replace(cell, arm="again") for cell in kept.cells if cell.arm == "mixed-25")
    doubled = replace(kept, cells=(*kept.cells, *twice), items=None)
    assert not share_figure(view_of(doubled, summary_without_records())).rows


TASK = "math-open/sums"
MATCH = ArmMatch("small", "ift", "reasoning", "train_flops", 990.0, 1000.0, 0.99)


def study_with(ift: int, reasoning: int) -> Results:
    """One student on 200 questions: right answers of each style."""
    return scored({("small", "ift", TASK): ift, ("small", "reasoning", TASK): reasoning})


@pytest.mark.parametrize(
    ("ift", "reasoning", "verdict", "found"),
    [
        (60, 160, "more accurate", "supported"),
        (160, 60, "less accurate", "contradicted"),
        (100, 101, "undecided", "undecided"),
    ],
)
def test_a_match_has_its_verdict_in_the_table_and_on_the_first_screen(
    ift: int, reasoning: int, verdict: str, found: str
) -> None:
    summary = replace(summary_without_records(), budget_matches=(MATCH,))
    view = view_of(study_with(ift, reasoning), summary)
    (row,) = matched_budget_table(view).rows
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx((reasoning - ift) / 200)
    assert row["low"] <= row["difference"] <= row["high"]  # type: ignore[operator]
    assert (row["used"], row["other_used"], row["used_ratio"]) == (990.0, 1000.0, 0.99)
    (sentence,) = [one for one in headline(view) if "equal training budgets" in one.question]
    assert sentence.finding == found
    told = metrics(view)["equal_training"]["small"]["reasoning"]["ift"]
    assert told["used_ratio"] == 0.99
    assert told["math-open"]["points"] == pytest.approx((reasoning - ift) / 2)


def test_a_match_of_two_styles_adds_no_test_to_the_correction() -> None:
    results = study_with(60, 160)
    summary = summary_without_records()
    without = view_of(results, summary).findings
    matched = view_of(results, replace(summary, budget_matches=(MATCH,))).findings
    assert matched.comparisons == without.comparisons
    assert matched.budgets[0].difference == without.families[0]
    assert not without.budgets


def test_a_match_with_a_control_or_an_arm_that_answered_nothing_is_not_judged_here() -> None:
    right = {("small", "ift", TASK): 60, ("small", "perturbed", TASK): 100}
    matches = tuple(MATCH._replace(arm="ift", other=other) for other in ("perturbed", "absent"))
    summary = replace(summary_without_records(), budget_matches=matches)
    assert view_of(scored(right), summary).findings.budgets == ()


def test_without_a_match_nothing_is_said_of_equal_training_budgets() -> None:
    view = view_of(study_with(60, 160), summary_without_records())
    assert "equal_training" not in metrics(view)
    assert not [one for one in headline(view) if "equal training budgets" in one.question]


def test_amounts_come_from_the_records_and_are_absent_without(
    paper: tuple[Params, StudyView], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params, _ = paper
    tree = params.model_dump(mode="json")
    tree["arms"]["general-ift"]["budget"] = {"match": "general-reasoning", "unit": "tokens"}
    matches = arm_matches(Params.model_validate(tree), {})
    assert [(one.student, one.arm, one.other, one.ratio) for one in matches] == [
        (student, "general-ift", "general-reasoning", None) for student in params.students
    ]
