"""The first screen says which arms only guess, and which their training made worse."""

from dataclasses import replace

import pytest
from tests.report.scored import scored

from breakeven.decide.family_options import family_options
from breakeven.findings.baselines import BaselineCheck
from breakeven.findings.json_summary import summarise
from breakeven.params import ProceduralTask
from breakeven.report.baseline_tables import (
    BY_OWN_INTERVAL,
    BY_VALUE,
    baseline_table,
    baseline_warnings,
)
from breakeven.report.headline import headline
from breakeven.report.metrics import metrics
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import CellResult, Results
from breakeven.rows.item import Item
from breakeven.rows.outcomes import OutcomeShares
from breakeven.study.blind_guess import blind_guess
from breakeven.study.summary import TaskRow, summary_without_records
from breakeven.tasks.task_items import load_items

TASK = "math-mc/quiz"


def study_with(ift: int, reasoning: int, base: int = 52) -> StudyView:
    """One student on 200 questions of four choices: right answers by arm."""
    right = {("small", "base", TASK): base, ("small", "ift", TASK): ift}
    right["small", "reasoning", TASK] = reasoning
    return view_of(scored(right, chance={TASK: 0.25}), summary_without_records())


def found(view: StudyView, arm: str, against: str) -> BaselineCheck:
    (one,) = [
        one
        for one in view.findings.guards
        if one.group.cells[0].arm == arm and one.against == against
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


def test_what_its_own_interval_shows_needs_no_correction() -> None:
    """A caution is no claim: an arm plainly above chance is not warned of for other tests' sake."""
    view = study_with(66, 150)
    one = found(view, "ift", "chance")
    assert one.p_value is None
    assert one.stands == "above"
    assert not one.doubtful
    assert "Not clearly above guessing" not in {said.text for said in baseline_warnings(view)}


def test_below_the_base_is_a_claim_and_corrected() -> None:
    one = found(study_with(45, 150), "ift", "base")
    assert one.high is not None
    assert one.high < 0
    assert one.p_value is not None
    assert one.p_value < 0.05
    assert one.stands == "not shown above"
    assert one.doubtful


def test_the_warnings_name_the_arm_where_it_is_and_no_other() -> None:
    view = study_with(20, 150)
    said = {one.text: one.arms for one in baseline_warnings(view)}
    assert said == {
        "Less accurate than the untrained base": ("ift on math-mc (small)",),
        "Not clearly above guessing": ("ift on math-mc (small)",),
    }


CHAIN, FLAT = "math-open/chain", "math-open/most-digit"


def with_steps(ift_chain: int, seeds: tuple[int, ...] = (0, 1, 2)) -> StudyView:
    """A family of a task with serial steps and one without, which every arm solves."""
    right = {
        ("small", arm, task, seed): count
        for seed in seeds
        for arm, task, count in (
            ("ift", CHAIN, ift_chain + seed),
            ("ift", FLAT, 185),
            ("reasoning", CHAIN, 190),
            ("reasoning", FLAT, 200),
        )
    }
    rows = tuple(
        TaskRow(task, "math-open", 200, None, None, None, serial, 0.14)
        for task, serial in ((CHAIN, True), (FLAT, False))
    )
    results = scored(right, blind_guess=dict.fromkeys((CHAIN, FLAT), 0.14))
    return view_of(results, replace(summary_without_records(), tasks=rows))


def test_an_arm_that_guesses_where_steps_follow_does_not_hide_behind_the_other_task() -> None:
    view = with_steps(20)
    standing = {
        one.asked: one.stands
        for one in view.findings.guards
        if one.group.cells[0].arm == "ift" and one.against == "chance"
    }
    assert standing == {CHAIN: "not shown above", FLAT: "above"}
    (said,) = baseline_warnings(view)
    assert (said.text, said.arms, said.basis) == (
        "Not clearly above guessing",
        (f"ift on {CHAIN} (small)",),
        BY_OWN_INTERVAL,
    )
    assert {row["asked"] for row in baseline_table(view).rows} == {CHAIN, FLAT}
    assert set(metrics(view)["above"]["chance"]["small"]["ift"]) == {CHAIN, FLAT}


def test_the_headline_says_that_a_gain_is_over_an_arm_that_may_only_guess() -> None:
    better, serial, *_ = (one.text for one in headline(with_steps(20)))
    assert f"over an arm that is not clearly above guessing: ift on {CHAIN} (small)." in better
    assert f"(where ift is not clearly above guessing: {CHAIN})" in serial
    assert not any("guessing" in one.text for one in headline(with_steps(120)))


def test_without_intervals_the_value_alone_is_said_to_speak() -> None:
    results = study_with(20, 150).results
    bare = view_of(
        replace(results, items=None, cells=_without_counts(results)), summary_without_records()
    )
    said = baseline_warnings(bare)
    assert [one.text for one in said] == [
        "Less accurate than the untrained base",
        "Not clearly above guessing",
    ]
    assert {one.basis for one in said} == {BY_VALUE}


def _without_counts(results: Results) -> tuple[CellResult, ...]:
    return tuple(replace(cell, items=None, tasks=()) for cell in results.cells)


def test_a_study_in_order_has_no_warning() -> None:
    view = study_with(120, 150)
    assert baseline_warnings(view) == ()
    assert {row["stands"] for row in baseline_table(view).rows} == {
        "interval above chance",
        "above the base",
        "interval reaches chance",  # the base itself, which no warning is about
    }


OPEN = "math-open/sums"


def test_open_questions_are_held_against_a_blind_guess_where_it_is_known() -> None:
    right = {("small", "ift", OPEN): 22, ("small", "reasoning", OPEN): 120}
    view = view_of(scored(right, blind_guess={OPEN: 0.1}), summary_without_records())
    one = found(view, "ift", "chance")
    assert (one.name, one.level, one.stands) == ("blind guess", 0.1, "not shown above")
    assert one.lead == pytest.approx((0.01, one.low - 0.1, one.high - 0.1))
    assert [(w.text, w.arms) for w in baseline_warnings(view)] == [
        ("Not clearly above guessing", ("ift on math-open (small)",))
    ]


def test_open_questions_without_a_blind_guess_are_not_called_guesses() -> None:
    results = scored({("small", arm, OPEN): 1 for arm in ("ift", "reasoning")})
    view = view_of(results, summary_without_records())
    assert view.findings.guards == ()
    assert baseline_table(view).reason is not None


def test_the_commonest_answer_is_counted_by_its_text_and_only_where_there_is_one() -> None:
    def item(number: int, reference: str, grader: str = "exact") -> Item:
        return Item(f"i{number}", "t", "math-open", "?", reference, f"c{number}", grader)

    rows = [item(number, one) for number, one in enumerate(["6", " 6", "7", "8"])]
    assert blind_guess(rows) == 0.5
    assert blind_guess([]) is None
    assert blind_guess([*rows, item(9, "6", "squad")]) is None
    choices = replace(item(9, "A", "letter"), choices=("6", "7"))
    assert blind_guess([choices]) is None


def test_whoever_the_question_names_is_a_guess_where_that_is_right_more_often() -> None:
    def item(prompt: str, reference: str) -> Item:
        return Item(prompt, "t", "general-open", prompt, reference, prompt, "exact")

    circle = item("Ann likes Ben. Ben likes Cleo. Who is 2 steps from Ann?", "Cleo")
    other = item("Dan likes Ann. Ann likes New York. Who is 2 steps from Dan?", "New York")
    # Of the right answers each names its own alone; "ben" is never right, and no guess.
    assert blind_guess([circle, other]) == 1.0
    third = item("Cleo likes Ben. Ben likes Dan. Who is 1 step from Cleo?", "Ben")
    # Now Ben and Cleo stand in two questions each.
    assert blind_guess([circle, other, third]) == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)
    # A sign is a part of an answer: 3 does not name -3.
    assert blind_guess([item("What is 3 - 6?", "-3"), item("What is 1 + 1?", "2")]) == 0.5


def test_bare_answers_to_hops_are_held_against_naming_somebody_of_the_circle() -> None:
    task = ProceduralTask(
        kind="procedural", problem="hops", format="open", family="general-open", items=250
    )
    level = blind_guess(load_items("hops-open", task))
    assert level is not None
    assert 1 / 6 < level < 1 / 5  # circles have five or six people; the commonest has 11%


def test_twenty_cells_are_one_short_sentence_each() -> None:
    families = [f"{of}-{form}/t" for of in ("general", "math") for form in ("mc", "open")]
    right = {
        (student, arm, task): count
        for student in ("small", "middle", "large")
        for arm, count in (("ift", 50), ("reasoning", 48), ("base", 52))
        for task in families
    }
    view = view_of(scored(right, chance=dict.fromkeys(families, 0.25)), summary_without_records())
    said = {one.text: one.arms for one in baseline_warnings(view)}
    every = ", ".join(task.split("/")[0] for task in families)
    assert said["Not clearly above guessing"] == (
        f"ift on {every} (every size)",
        f"reasoning on {every} (every size)",
    )


def test_metrics_and_json_hold_every_arm_with_its_interval() -> None:
    view = study_with(20, 150)
    tree = metrics(view)["above"]
    harmed = tree["base"]["small"]["ift"]["math-mc"]
    assert harmed["points"] == -16.0
    assert harmed["high"] < 0
    assert tree["chance"]["small"]["reasoning"]["math-mc"]["low"] > 0
    rows = {(row["arm"], row["against"]): row for row in summarise(view.results)["baselines"]}
    assert rows["ift", "base"]["stands"] == "below the base"
    assert rows["ift", "chance"]["difference"] == pytest.approx(-0.15)
    assert set(rows) == {
        ("base", "chance"),
        ("ift", "chance"),
        ("reasoning", "chance"),
        ("ift", "base"),
        ("reasoning", "base"),
    }


def test_a_base_that_hardly_answers_is_told_of_where_arms_are_held_against_it() -> None:
    results = study_with(120, 150, base=0).results
    silent = OutcomeShares(
        right=0.0, wrong=0.02, unparsed=0.9, looping=0.05, cut=0.03, unclosed=0.0
    )
    cells = tuple(
        replace(cell, outcomes=silent) if cell.arm == "base" else cell for cell in results.cells
    )
    view = view_of(replace(results, cells=cells), summary_without_records())
    (one,) = baseline_warnings(view)
    assert one.text.startswith("An untrained base hardly answers")
    assert one.arms == ("base on math-mc (small)",)
    shares = {
        row["against"]: row["level_without_answer_share"] for row in baseline_table(view).rows
    }
    assert shares == {"chance": None, "base": pytest.approx(0.98)}


SEARCH = "extra-mc/search"


def untaught(results: Results, *arms: str) -> Results:
    """The same where some arms learnt nothing of the search that another one learnt."""
    cells = tuple(
        replace(cell, untaught=cell.family == "extra-mc" and cell.arm in arms)
        for cell in results.cells
    )
    return replace(results, cells=cells)


def test_an_arm_is_asked_about_the_families_that_it_was_taught() -> None:
    right = {
        ("small", arm, task): count
        for arm, count in (("base", 52), ("ift", 120), ("reasoning", 150))
        for task in (TASK, SEARCH)
    }
    results = scored(right, chance={TASK: 0.25, SEARCH: 0.25})
    all_asked = view_of(results, summary_without_records()).findings
    fewer = view_of(untaught(results, "ift", "reasoning"), summary_without_records()).findings
    asked = {(one.group.cells[0].arm, one.group.cells[0].family) for one in fewer.guards}
    assert asked == {
        ("base", "math-mc"),
        ("ift", "math-mc"),
        ("reasoning", "math-mc"),
        ("base", "extra-mc"),
    }
    # A guard an arm, and the difference of the two on the family and at two costs.
    assert {row.family for row in all_asked.families} == {"math-mc", "extra-mc"}
    assert {row.family for row in fewer.families} == {"math-mc"}
    assert fewer.comparisons <= all_asked.comparisons - 3


def test_an_arm_that_learnt_what_its_partner_did_not_is_in_no_pair_with_it() -> None:
    right = {("small", arm, SEARCH): 100 for arm in ("ift", "reasoning")}
    results = untaught(scored(right, chance={SEARCH: 0.25}), "ift")
    findings = view_of(results, summary_without_records()).findings
    assert findings.families == ()
    assert {one.group.cells[0].arm for one in findings.guards} == {"reasoning"}


def test_a_control_is_asked_nothing_and_adds_no_test() -> None:
    right = {("small", arm, TASK): 100 for arm in ("base", "ift", "reasoning")}
    without = view_of(scored(right, chance={TASK: 0.25}), summary_without_records()).findings
    control = {**right, ("small", "perturbed", TASK): 20}
    found = view_of(scored(control, chance={TASK: 0.25}), summary_without_records()).findings
    assert found.comparisons == without.comparisons
    assert {one.group.cells[0].style for one in found.guards} == {"base", "ift", "reasoning"}


def test_a_family_that_nobody_of_a_corpus_was_taught_has_no_panel_and_no_option() -> None:
    right = {
        ("small", arm, task): 100 for arm in ("base", "ift", "reasoning") for task in (TASK, SEARCH)
    }
    view = view_of(scored(right), summary_without_records())
    assert [one.family for one in view.panels] == ["math-mc", "extra-mc"]
    results = untaught(view.results, "ift", "reasoning")
    fewer = view_of(results, summary_without_records())
    assert [one.family for one in fewer.panels] == ["math-mc"]
    assert [one.arm for one in family_options(fewer.scored, "extra-mc").options] == ["base"]
    assert len(family_options(fewer.scored, "math-mc").options) == 3
    # One of the two was taught it: there is something to see.
    half = view_of(untaught(view.results, "ift"), summary_without_records())
    assert [one.family for one in half.panels] == ["math-mc", "extra-mc"]
