"""Findings follow the intervals, and what cannot be decided is said to be so."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.conftest import Built
from tests.report.synthetic import write_study

from breakeven.analysis.replay import replay_results
from breakeven.report.collect import collect
from breakeven.report.differences import (
    Difference,
    family_differences,
    task_differences,
    with_holm,
)
from breakeven.report.limits import limit_lines
from breakeven.report.run import bare_run
from breakeven.report.scores import accuracy
from breakeven.report.study import study_of
from breakeven.report.summary import Standing, serial_gains, summarise

BLANK = Difference(
    student="s",
    size_parameters=1e9,
    corpus="general",
    family="math-open",
    task=None,
    serial=None,
    ift_arm="ift",
    arm="reasoning",
    style="reasoning",
    ift_accuracy=0.4,
    accuracy=0.5,
    value=0.1,
    low=0.05,
    high=0.15,
    standard_error=0.025,
    p_value=0.01,
    p_method="exact McNemar",
    adjusted_p_value=None,
    detectable=0.07,
    only_ift=1,
    only_arm=11,
    items=100,
    reason=None,
)


@pytest.mark.parametrize(
    ("ahead", "behind", "undecided", "finding"),
    [
        (("a",), (), (), "supported"),
        (("a",), (), ("c",), "supported in part"),
        (("a",), ("b",), ("c",), "depends on the task"),
        ((), ("b",), (), "contradicted"),
        ((), ("b",), ("c",), "contradicted in part"),
        ((), (), ("c",), "undecided"),
    ],
)
def test_a_finding_claims_no_more_than_its_comparisons(
    ahead: tuple[str, ...], behind: tuple[str, ...], undecided: tuple[str, ...], finding: str
) -> None:
    assert Standing(ahead, behind, undecided).finding == finding


def test_holm_counts_the_rows_of_a_style_as_one_family() -> None:
    rows = [
        replace(BLANK, p_value=0.02),
        replace(BLANK, p_value=0.04),
        replace(BLANK, p_value=0.04, style="mixed", arm="mixed-50"),
    ]
    assert [row.adjusted_p_value for row in with_holm(rows)] == pytest.approx([0.04, 0.04, 0.04])
    assert all(row.significant for row in with_holm(rows))


def test_the_gain_is_found_on_serial_tasks_and_not_on_the_others(built: Built) -> None:
    found = serial_gains(built.study)
    assert found is not None
    student, serial, flat = found
    assert student == "t2m"
    assert (serial.tasks, flat.tasks) == (6, 6)
    assert serial.low > 0.3
    assert flat.low <= 0 <= flat.high


def test_three_sentences_cite_their_numbers(built: Built) -> None:
    study = built.study
    sentences = summarise(study, family_differences(study), [], [])
    assert [one.finding for one in sentences] == ["supported", "supported", "undecided"]
    assert "math-open +" in sentences[0].text
    assert "would show with 80% power" in sentences[1].text


def test_family_and_task_differences_pair_the_same_items(built: Built) -> None:
    families, tasks = family_differences(built.study), task_differences(built.study)
    one = next(
        r for r in families if (r.student, r.arm, r.family) == ("t2m", "reasoning", "math-open")
    )
    parts = [r for r in tasks if (r.student, r.arm, r.family) == ("t2m", "reasoning", "math-open")]
    assert len(parts) == 3
    assert one.value == pytest.approx(sum(part.value for part in parts) / 3)
    assert {part.task: part.serial for part in parts} == {
        "chain-open": True,
        "addition-open": True,
        "most-digit-open": False,
    }
    assert all(part.p_method == "exact McNemar" for part in parts)


def test_several_seeds_widen_the_interval_and_are_said(project: Path) -> None:
    params = write_study(items=12, students=("t30k", "t2m"), draws=200, seeds=(0, 1))
    study = study_of(*collect(params))
    row = next(r for r in family_differences(study) if r.student == "t2m")
    assert row.p_method == "seeds then items"
    assert row.high is not None and row.low is not None and row.high - row.low > 0.2
    group = study.family_groups("math-open")[0]
    assert len(group.cells) == 2
    estimate = accuracy(study, group)
    assert estimate.method == "seeds then items"
    assert estimate.value == pytest.approx(group.accuracy)
    drawn = study.draws("math-open")
    assert drawn is not None
    assert drawn.draws.shape == (200, 8)
    assert any("2 training seeds" in line for line in limit_lines(study))


def test_the_first_decoding_of_the_params_is_the_one_shown(built: Built) -> None:
    cells = [replace(c, decoding="a-vote") for c in built.results.cells]
    results = replace(built.results, cells=(*cells, *built.results.cells), items=None)
    study = study_of(results, built.run)
    assert study.decoding == "greedy"
    assert all(g.cells[0].decoding == "greedy" for g in study.family_groups("math-mc"))


def test_published_pairs_are_counted_and_have_bounds_only() -> None:
    study = study_of(replay_results(), bare_run())
    rows = family_differences(study)
    assert len(rows) == 40
    assert sum(row.value > 0 for row in rows) == 28
    assert all(row.p_value is None and row.low is not None for row in rows)
    assert "28 of 40 pairs" in summarise(study, rows, [], [])[0].text
