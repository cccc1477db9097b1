"""What a gain is due to: controls between the styles, in a figure, two tables and the metrics."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.scored import scored

from breakeven.report.control_tables import control_table, control_verdict_table, kept_table
from breakeven.report.control_words import repeating_arms
from breakeven.report.figures.controls import controls_figure
from breakeven.report.metrics import metrics
from breakeven.report.view import StudyView, view_of
from breakeven.report.write import build_report
from breakeven.study.summary import ArmRow, StudySummary, TrainingRow, summary_without_records

FAMILIES = ("math-open/sums", "general-open/quiz")


def arm_row(traces: str | None = None, answer_mode: str | None = None) -> ArmRow:
    share = 0.5 if answer_mode else 1.0
    return ArmRow("perturbed", "control", "general", share, None, "lora", 0, traces, answer_mode)


def summary(row: ArmRow, changed: float | None = None) -> StudySummary:
    training = TrainingRow("large", "perturbed", 0, 9, 9, 9, 1.0, 9.0, 9.0, "cpu")
    training = training._replace(traces_changed_share=changed)
    return replace(summary_without_records(), arms=(row,), trainings=(training,))


def study(
    control: int | None, *, reasoning: int = 150, row: ArmRow | None = None, changed: float = 0.75
) -> StudyView:
    right = {
        (student, arm, task): count
        for student in ("small", "large")
        for task in FAMILIES
        for arm, count in (("ift", 70), ("reasoning", reasoning), ("perturbed", control))
        if count is not None
    }
    return view_of(scored(right, apart=True), summary(row or arm_row("shuffled"), changed))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (arm_row("shuffled"), "the steps out of order"),
        (arm_row("answer-only"), "the teacher's answer without its trace"),
        (arm_row(answer_mode="ift"), "a mix that a tag asks for plain answers"),
        (arm_row(), "perturbed"),
    ],
)
def test_the_caption_tells_the_gain_and_what_is_left_of_it(row: ArmRow, words: str) -> None:
    view = study(90, row=row)
    (one,) = [one for one in view.kept_gains if one.student == "large"]
    assert one.value == pytest.approx(0.25)
    told = controls_figure(view).takeaway
    assert told.startswith("On the mean of 2 families reasoning gains +40.0 (")
    assert f"Of that gain is left: 25.0% ({100 * one.low:.1f} to {100 * one.high:.1f}) with" in told
    assert told.endswith(f"with {words}.")


def test_figure_and_tables_say_which_plain_arm_the_controls_stand_beside() -> None:
    right = {
        ("small", arm, task): count
        for task in FAMILIES
        for arm, count in (("ift", 70), ("ift-worked", 148), ("reasoning", 150), ("perturbed", 90))
    }
    view = view_of(scored(right, apart=True), summary(arm_row("shuffled")))
    told = (
        controls_figure(view).how_to_read,
        *(table(view).note for table in (control_verdict_table, control_table, kept_table)),
    )
    assert all("IFT is the arm ift here, reasoning reasoning." in one for one in told)


def test_a_control_that_is_another_arms_training_tests_nothing() -> None:
    view = study(70, row=arm_row("answer-only"))
    rows = [
        TrainingRow(student, arm, 0, 9, 9, 9, 1.0, 9.0, 9.0, "cpu", weights=weights)
        for student in ("small", "large")
        for arm, weights in (("ift", "a"), ("reasoning", "b"), ("perturbed", "a"))
    ]
    same = replace(view, summary=replace(view.summary, trainings=tuple(rows)))
    told = controls_figure(same).takeaway
    assert "is the same training as ift by construction, down to its weights" in told
    assert "0.0%" not in told
    for table in (control_table(same), kept_table(same)):
        assert all("it tests nothing" in " ".join(line) for line in table.body)
    assert {(row["kept"], row["same_as"]) for row in kept_table(same).rows} == {(None, "ift")}
    assert control_verdict_table(same).rows == ()
    (line,) = control_verdict_table(same).body
    assert line[2:] == ("none: the same training as ift", "–", "–", "–", "–")
    assert "all_sizes" not in metrics(same)["controls"]
    found = metrics(same)["controls"]["large"]["perturbed"]
    assert found["same_training"] == 1
    assert "gain_kept" not in found
    # With weights of its own the same accuracy is a measurement.
    apart = tuple(row._replace(weights=row.arm) for row in rows)
    own = replace(view, summary=replace(view.summary, trainings=apart))
    assert metrics(own)["controls"]["large"]["perturbed"]["gain_kept"]["share"] == 0
    # So it is with another arm's weights, where a tag asks for another style of them.
    arms = tuple(
        row._replace(answer_mode="ift") if row.name == "perturbed" else row
        for row in same.summary.arms
    )
    tagged = replace(same, summary=replace(same.summary, arms=arms))
    assert metrics(tagged)["controls"]["large"]["perturbed"]["gain_kept"]["share"] == 0


@pytest.mark.parametrize(
    ("control", "verdict", "signs"),
    [
        (110, "above IFT, below reasoning", (1, -1)),
        (195, "above IFT, above reasoning", (1, 1)),
        (20, "below IFT, below reasoning", (-1, -1)),
        (71, "undecided against IFT, below reasoning", (0, -1)),
    ],
)
def test_each_control_has_a_verdict(control: int, verdict: str, signs: tuple[int, int]) -> None:
    view = study(control)
    table = control_verdict_table(view)
    assert [(row["students"], row["verdict"]) for row in table.rows] == [("small large", verdict)]
    assert [line[2] for line in table.body] == [verdict]
    found = metrics(view)["controls"]["all_sizes"]["perturbed"]
    told = [found[f"over_{style}"]["all_families"]["decided"] for style in ("ift", "reasoning")]
    assert tuple(told) == signs


def test_without_a_gain_nothing_is_said_to_be_left_of_it() -> None:
    view = study(90, reasoning=70)
    assert "without a gain above zero" in controls_figure(view).takeaway
    assert "there is no gain to keep a share of" in kept_table(view).note
    assert {row["kept"] for row in kept_table(view).rows} == {None}


def test_tables_hold_every_control_with_both_differences() -> None:
    view = study(90)
    rows = control_table(view).rows
    assert len(rows) == 2 * 2
    for row in rows:
        assert row["over_ift"] == pytest.approx(0.1)
        assert row["over_reasoning"] == pytest.approx(-0.3)
        assert row["over_ift_low"] < row["over_ift"] < row["over_ift_high"]
        assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
    by_size = {row["student"]: row["traces_changed_share"] for row in kept_table(view).rows}
    assert by_size == {"small": None, "large": 0.75}


def test_metrics_tell_controls_only_where_there_are_some() -> None:
    found = metrics(study(90))["controls"]["large"]["perturbed"]
    assert found["over_ift"]["math-open"]["points"] == pytest.approx(10.0)
    assert found["gain_kept"]["share"] == pytest.approx(0.25)
    assert "controls" not in metrics(study(None))


def test_page_and_files_hold_the_figure_and_both_tables(project: Path) -> None:
    view = study(90)
    build_report(view.results, view.summary, project / "out")
    page = (project / "out/index.html").read_text()
    assert 'id="figure-controls"' in page
    assert "What makes the difference: content, length or the teacher&#39;s answer?" in page
    assert (project / "out/figures/controls.svg").is_file()
    for name in ("figure-controls", "controls", "gain-kept"):
        with (project / f"out/tables/{name}.csv").open(newline="") as file:
            assert list(csv.DictReader(file))


def test_without_controls_the_page_says_what_it_would_need() -> None:
    view = study(None)
    for part in (controls_figure(view), control_table(view), kept_table(view)):
        assert "needs an arm with `control: true`" in str(part.reason)


def test_a_count_of_loops_says_who_was_taught_to_repeat_itself() -> None:
    told = repeating_arms(study(90, row=arm_row("filler")))
    assert told.startswith(" perturbed learnt one mark, over and over, in place of a trace")
    assert repeating_arms(study(90, row=arm_row("shuffled"))) == ""
    # An arm that the page does not show is none of its loops.
    assert repeating_arms(study(None, row=arm_row("filler"))) == ""
