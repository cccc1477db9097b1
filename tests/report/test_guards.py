"""The first screen says which arms only guess, and which their training made worse."""

from dataclasses import replace

import pytest
from tests.report.scored import scored

from breakeven.report.guards import BY_VALUE, Guard, guard_table, guards, warnings
from breakeven.report.view import Study, study_of
from breakeven.results.cell_results import CellResult, Results
from breakeven.study.facts import bare_run

TASK = "math-mc/quiz"


def study_with(ift: int, reasoning: int, base: int = 52) -> Study:
    """One student on 200 questions of four choices: right answers by arm."""
    right = {("small", "base", TASK): base, ("small", "ift", TASK): ift}
    right["small", "reasoning", TASK] = reasoning
    return study_of(scored(right, chance={TASK: 0.25}), bare_run())


def found(study: Study, arm: str, against: str) -> Guard:
    (one,) = [
        one for one in guards(study) if one.group.cells[0].arm == arm and one.against == against
    ]
    return one


@pytest.mark.parametrize(
    ("right", "stands"),
    [(0, "below"), (20, "below"), (50, "not shown above"), (60, "not shown above"), (100, "above")],
)
def test_an_arm_stands_to_chance_by_its_interval(right: int, stands: str) -> None:
    one = found(study_with(right, 150), "ift", "chance")
    assert one.stands == stands
    assert one.low is not None
    assert one.high is not None
    assert (one.low > 0.25) == (stands == "above")
    assert (one.high < 0.25) == (stands == "below")


@pytest.mark.parametrize(
    ("right", "stands"),
    [(5, "below"), (52, "not shown above"), (54, "not shown above"), (120, "above")],
)
def test_an_arm_stands_to_its_base_by_paired_answers(right: int, stands: str) -> None:
    assert found(study_with(right, 150), "ift", "base").stands == stands


def test_the_warnings_name_the_arm_where_it_is_and_no_other() -> None:
    study = study_with(20, 150)
    said = {one.text: one.arms for one in warnings(study, guards(study))}
    assert said == {
        "Less accurate than the untrained base": ("ift on math-mc (1M)",),
        "Below chance": ("ift on math-mc (1M)",),
    }


def test_without_intervals_the_value_alone_is_said_to_speak() -> None:
    results = study_with(20, 150).results
    bare = study_of(replace(results, items=None, cells=_without_counts(results)), bare_run())
    said = warnings(bare, guards(bare))
    assert [one.text for one in said] == ["Less accurate than the untrained base", "Below chance"]
    assert {one.by for one in said} == {BY_VALUE}


def _without_counts(results: Results) -> tuple[CellResult, ...]:
    return tuple(replace(cell, items=None, tasks=()) for cell in results.cells)


def test_a_study_in_order_has_no_warning() -> None:
    study = study_with(120, 150)
    assert warnings(study, guards(study)) == ()
    assert {row["stands"] for row in guard_table(study, guards(study)).rows} == {
        "above chance",
        "above the base",
        "not shown to be above chance",  # the base itself, which no warning is about
    }


def test_open_questions_have_no_chance_level_and_are_not_called_guesses() -> None:
    results = scored({("small", arm, "math-open/sums"): 1 for arm in ("ift", "reasoning")})
    study = study_of(results, bare_run())
    assert guards(study) == ()
    assert guard_table(study, ()).reason is not None
