"""Gains over two plain arms: a panel each, so that neither is taken for the other."""

import pytest
from matplotlib.figure import Figure
from tests.report.scored import scored

from breakeven.report.figures.gain import gain_figure
from breakeven.report.figures.gain_by_task import gain_by_task_figure, takeaway
from breakeven.report.figures.plain_arms import OverPlain
from breakeven.report.figures.spec import FigureSpec, Panel
from breakeven.report.headline import headline
from breakeven.report.metrics import metrics
from breakeven.report.view import StudyView, view_of
from breakeven.study.summary import summary_without_records

RIGHT = {"ift": 60, "ift-worked": 130, "reasoning": 160}


def study(*arms: str) -> StudyView:
    results = scored(
        {(size, arm, "math-open/a"): RIGHT[arm] for size in ("small", "large") for arm in arms}
    )
    return view_of(results, summary_without_records())


@pytest.fixture(scope="module")
def two() -> StudyView:
    return study("ift", "ift-worked", "reasoning")


def drawn(panel: Panel) -> tuple[list[float], str]:
    """The gains that a panel's markers stand at, and what its axes say that they are over."""
    axes = Figure().add_subplot()
    panel.draw(axes)
    marks = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    across = "minus" in axes.get_xlabel()
    gains = [float((line.get_xdata() if across else line.get_ydata())[0]) for line in marks]
    return gains, axes.get_xlabel() if across else axes.get_ylabel()


@pytest.mark.parametrize("figure", [gain_by_task_figure, gain_figure])
def test_each_plain_arm_has_its_panel(two: StudyView, figure) -> None:
    spec: FigureSpec = figure(two)
    assert [panel.title for panel in spec.panels] == [
        "math-open\nover ift",
        "math-open\nover ift-worked",
    ]
    for panel, arm, gain in zip(spec.panels, ("ift", "ift-worked"), (0.5, 0.15), strict=True):
        gains, label = drawn(panel)
        assert gains == pytest.approx([gain] * len(gains))
        assert gains
        assert label == f"accuracy minus {arm}, points"
    assert {row["ift_arm"] for row in spec.rows} == {"ift", "ift-worked"}


def test_the_captions_tell_the_plain_arms_apart(two: StudyView) -> None:
    by_task = gain_by_task_figure(two).takeaway
    assert "over ift: reasoning gains +50.0 points" in by_task
    assert "over ift-worked: reasoning gains +15.0 points" in by_task
    assert "21 times those of ift and 21 times those of ift-worked" in gain_figure(two).takeaway


def test_the_metrics_keep_both_gains(two: StudyView) -> None:
    gains = metrics(two)["gain"]["large"]["reasoning"]
    assert {arm: gains[arm]["math-open"]["points"] for arm in gains} == {
        "ift": pytest.approx(50),
        "ift-worked": pytest.approx(15),
    }


def test_the_only_plain_arm_needs_no_name() -> None:
    spec = gain_by_task_figure(study("ift", "reasoning"))
    assert [panel.title for panel in spec.panels] == ["math-open"]
    assert drawn(spec.panels[0])[1] == "accuracy minus IFT, points"


def test_captions_and_sentences_count_plain_arms_that_are_many() -> None:
    rows = study("ift", "ift-worked", "reasoning").findings.tasks
    parts = {
        (OverPlain(f"plain-{number}", alone=False), "Tasks"): list(rows[:1]) for number in range(4)
    }
    assert takeaway(parts).startswith("Tasks, over 4 plain arms: reasoning gains ")
    assert "of 4 are gains" in takeaway(parts)
    fewer = dict(list(parts.items())[:3])
    assert takeaway(fewer).count("over plain-") == 3


def test_the_headline_names_the_plain_arm_of_each_comparison() -> None:
    families = ("math-open", "math-mc", "general-open", "general-mc")
    results = scored(
        {("small", arm, f"{name}/a"): RIGHT[arm] for name in families for arm in RIGHT}
    )
    (sentence, *_) = headline(view_of(results, summary_without_records()))
    assert "math-mc, math-open over ift; " in sentence.text
    assert "math-mc, math-open over ift-worked)" in sentence.text
