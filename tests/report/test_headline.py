"""Findings follow the intervals, and what cannot be decided is said to be so."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.conftest import Built
from tests.report.scored import Key, scored
from tests.report.synthetic import write_study

from breakeven.findings.direction import DirectionCounts
from breakeven.report.answer import NO_PAIR, answer, answer_word
from breakeven.report.comparison_tables import matched_table
from breakeven.report.headline import finding, headline, thinking_pairs
from breakeven.report.leads import leads_over, matched_leads
from breakeven.report.limits import limit_lines
from breakeven.report.metrics import metrics
from breakeven.report.standings import standing
from breakeven.report.view import view_of
from breakeven.results.replay import replay_results
from breakeven.study.collect import collect
from breakeven.study.summary import summary_without_records
from breakeven.words import points

TASK = "math-open/sums"


@pytest.mark.parametrize(
    ("ahead", "behind", "undecided", "word"),
    [
        (1, 0, 0, "supported"),
        (1, 0, 1, "supported in part"),
        (1, 1, 1, "depends on the task"),
        (0, 1, 0, "contradicted"),
        (0, 1, 1, "contradicted in part"),
        (0, 0, 1, "undecided"),
    ],
)
def test_a_finding_claims_no_more_than_its_comparisons(
    ahead: int, behind: int, undecided: int, word: str
) -> None:
    assert finding(DirectionCounts(ahead, behind, undecided)) == word


def test_the_gain_is_found_on_serial_tasks_and_not_on_the_others(built: Built) -> None:
    found = next(one for one in built.view.findings.serial if one.of[::3] == ("t2m", "open"))
    assert (found.serial_tasks, found.flat_tasks) == (3, 3)
    assert (found.serial.direction, found.gap.direction, found.flat.direction) == (
        "ahead",
        "ahead",
        "undecided",
    )
    assert found.flat.low <= 0 <= found.flat.high


def test_three_sentences_cite_their_numbers(built: Built) -> None:
    sentences = headline(built.view)
    assert [one.finding for one in sentences[:2]] == ["supported", "supported"]
    assert "math-open +" in sentences[0].text
    assert "would show with 80% power" in sentences[1].text


def test_the_page_begins_with_one_answer_that_counts_what_is_decided(built: Built) -> None:
    said = answer(built.view)
    at_cost = built.view.findings.direction_counts("inference_flops")
    beside = matched_leads(built.view.findings.matched["inference_flops"])
    assert "extrapolated" in beside
    assert said.lines[0].endswith(
        f"ahead of plain answers in {at_cost.ahead} and behind in {at_cost.behind} of "
        f"{at_cost.total} comparisons ({beside})."
    )
    assert said.text.startswith(f"{answer_word(at_cost)} at equal FLOPs (")
    assert "extrapolated): at t2m thinking gains +" in said.text
    assert max(len(line.split()) for line in (said.text, *said.lines)) <= 38
    assert f'<p class="answer">{said.text}</p>' in built.page
    assert all(f"<li>{line}</li>" in built.page for line in said.lines)
    bare = replace(built.results, cells=tuple(c for c in built.results.cells if c.style == "ift"))
    assert answer(view_of(bare, built.summary)) == (NO_PAIR, ())


def test_the_answer_tells_gain_and_cost_by_plain_arm_and_what_smaller_sizes_lose() -> None:
    right: dict[Key, int] = {
        ("small", "ift", TASK): 120,
        ("small", "ift-worked", TASK): 120,
        ("small", "reasoning", TASK): 60,
        ("large", "ift", TASK): 60,
        ("large", "ift-worked", TASK): 121,
        ("large", "reasoning", TASK): 120,
    }
    view = view_of(scored(right, apart=True), summary_without_records())
    text, lines = answer(view)
    # A query of IFT takes 22 passes, one of reasoning 62.
    bare, worked = (row for row in thinking_pairs(view) if row.student == "large")
    assert text == (
        "No, where that could be decided at equal FLOPs (2 of 4 extrapolated): at large (16M "
        "parameters) thinking gains +30.0 points "
        f"(interval {points(bare.low)} to {points(bare.high)}) over ift and "
        f"−0.5 ({points(worked.low)} to {points(worked.high)}) over ift-worked, "
        "for 2.8 times the FLOPs."
    )
    assert lines[1:4] == (
        "reasoning over ift (42 against 2 tokens an answer): more accurate in math-open (+30.0 "
        "points), for 2.8 times the FLOPs.",
        "reasoning over ift-worked (42 against 2 tokens an answer): not shown to differ in "
        "math-open (−0.5 points), for 2.8 times the FLOPs.",
        "Over all sizes: ahead in 1, behind in 2 of 4 (small 0, 2 of 2; large 1, 0 of 2).",
    )
    assert lines[-1].startswith("This rests on 200 questions of math-open; intervals are ")


def test_a_gain_beyond_its_own_interval_is_not_called_no_difference() -> None:
    right: dict[Key, int] = {
        ("small", "ift", TASK): 80,
        ("small", "reasoning", TASK): 60,
        ("large", "ift", TASK): 60,
        ("large", "reasoning", TASK): 80,
    }
    view = view_of(scored(right, apart=True), summary_without_records())
    rows = thinking_pairs(view)
    assert [row.direction for row in rows] == ["undecided", "undecided"]
    assert [standing(row) for row in rows] == ["behind alone", "ahead alone"]
    assert standing(replace(rows[1], low=None, high=None)) == "undecided"
    assert standing(replace(rows[1], low=0.0)) == "undecided"
    lines = answer(view).lines
    assert (
        "more accurate by its own interval, undecided among all tests, in math-open (+10.0 "
        "points)" in lines[1]
    )
    assert lines[2].endswith("; by its own interval alone ahead in 1 more, behind in 1.")
    assert (
        "reasoning is more accurate by its own interval, undecided among all tests, on math-open "
        "+10.0 (" in headline(view)[0].text
    )


def test_leads_over_some_plain_arms_only_are_told_as_such() -> None:
    every = ["bare", "bare", "worked", "long"]
    assert (
        leads_over(["bare", "bare"], every) == "all 2 leads are over bare, none over worked, long"
    )
    assert leads_over(["long"], every) == "the lead is over long, none over bare, worked"
    # Nothing is hidden where every plain arm is led, or none, or there is only one.
    assert leads_over(["bare", "worked", "long"], every) == ""
    assert leads_over([], every) == ""
    assert leads_over(["bare"], ["bare", "bare"]) == ""
    many = [*every, "fourth", "fifth"]
    assert leads_over(["bare"], many) == "the lead is over bare, none over 4 other plain arms"


@pytest.mark.parametrize(
    ("counts", "begins"),
    [
        ((0, 3, 77), "Mostly undecided"),
        ((0, 0, 9), "Not shown either way"),
        ((0, 5, 5), "No, where that could be decided"),
        ((5, 0, 0), "Yes"),
        ((2, 3, 1), "It depends"),
    ],
)
def test_few_decided_comparisons_are_no_answer(counts: tuple[int, int, int], begins: str) -> None:
    assert answer_word(DirectionCounts(*counts)) == begins


def test_headline_table_and_metrics_count_the_same(built: Built) -> None:
    found = built.view.findings
    counts = found.direction_counts("inference_flops")
    numbers = metrics(built.view)["equal_inference_flops"]
    assert numbers == {
        "reasoning_ahead": counts.ahead,
        "ift_ahead": counts.behind,
        "undecided": counts.undecided,
    }
    table = matched_table(built.view, "inference_flops")
    stands = [row["stands"] for row in table.rows]
    assert (stands.count("reasoning ahead"), stands.count("IFT ahead")) == counts[:2]
    text = headline(built.view)[2].text
    assert f"more accurate in {counts.ahead}, less in {counts.behind}, and" in text
    assert f"and {counts.undecided} are undecided" in text
    claims = found.claim("ift-near-frontier-in-most").numbers
    assert (claims["reasoning_ahead"], claims["ift_ahead"]) == counts[:2]


def test_family_and_task_differences_pair_the_same_items(built: Built) -> None:
    families, tasks = built.view.findings.families, built.view.findings.tasks
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
    view = view_of(*collect(params))
    row = next(r for r in view.findings.families if r.student == "t2m")
    assert row.p_method == "seeds then items"
    assert row.high is not None and row.low is not None and row.high - row.low > 0.2
    group = view.family_groups("math-open")[0]
    assert len(group.cells) == 2
    estimate = view.accuracies[group]
    assert estimate.method == "seeds then items"
    assert estimate.value == pytest.approx(group.accuracy)
    drawn = view.draws("math-open")
    assert drawn is not None
    assert drawn.draws.shape == (200, 8)
    assert any("by 2 seeds each" in line for line in limit_lines(view))


def test_the_first_decoding_of_the_params_is_the_one_shown(built: Built) -> None:
    cells = [replace(c, decoding="a-vote") for c in built.results.cells]
    results = replace(built.results, cells=(*cells, *built.results.cells), items=None)
    view = view_of(results, built.summary)
    assert view.decoding == "greedy"
    assert all(g.cells[0].decoding == "greedy" for g in view.family_groups("math-mc"))


def test_published_pairs_are_counted_and_have_bounds_only() -> None:
    view = view_of(replay_results(), summary_without_records())
    rows = view.findings.families
    assert len(rows) == 40
    assert sum(row.value > 0 for row in rows) == 28
    assert {row.p_method for row in rows} == {"normal, by bounds"}
    assert all(row.adjusted_p_value is not None for row in rows)
    assert "28 of 40 pairs" in headline(view)[0].text
