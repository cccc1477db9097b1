"""One correction and one set of counts for everything that a report decides."""

from dataclasses import replace

import pandas as pd
import pytest

from breakeven.findings.corrected import corrected_findings
from breakeven.findings.direction import DirectionCounts, count_directions, direction_of
from breakeven.findings.equal_cost import cost_words
from breakeven.findings.groups import group_pairs, groups
from breakeven.findings.matched import matched_comparisons
from breakeven.findings.scored_results import scored_results
from breakeven.results.axes import (
    FULL,
    ONE_WAITING,
    TOKENS,
    CostAxis,
    ServedPoint,
    axis_of_tokens,
)
from breakeven.results.cell_results import ENERGY, CellResult, Results, TaskResult


def cells(*rows: tuple[str, str, float], items: int = 1000, seed: int = 0) -> Results:
    """(student, style, accuracy) rows on one task; reasoning costs ten times as much."""
    sizes = {"small": 1e9, "large": 8e9}
    return Results(
        "mine",
        "imported",
        tuple(
            CellResult(
                student,
                sizes[student],
                style,
                style,
                None,
                "general",
                seed,
                "greedy",
                "math-open",
                accuracy,
                items=items,
                inference_flops=sizes[student] * (10 if style == "reasoning" else 1),
                tasks=(TaskResult("gsm8k", accuracy, items),),
            )
            for student, style, accuracy in rows
        ),
    )


FOUR = (
    ("small", "ift", 0.2),
    ("small", "reasoning", 0.3),
    ("large", "ift", 0.5),
    ("large", "reasoning", 0.52),
)


@pytest.mark.parametrize(
    ("adjusted", "lead", "expected"),
    [
        (0.0, 0.1, "ahead"),
        (0.0, -0.1, "behind"),
        (0.05, 0.1, "ahead"),
        (0.051, 0.1, "undecided"),
        (None, 0.1, "undecided"),
        (0.0, 0.0, "undecided"),
    ],
)
def test_a_p_of_zero_decides_and_an_absent_one_does_not(adjusted, lead, expected):
    assert direction_of(adjusted, lead) == expected


def test_comparisons_are_counted_by_how_they_stand():
    assert count_directions(["ahead", "undecided", "behind", "ahead"]) == DirectionCounts(2, 1, 1)
    assert DirectionCounts(2, 1, 1).total == 4


def test_every_test_is_corrected_by_their_number():
    found = corrected_findings(scored_results(cells(*FOUR)))
    rows = {row.student: row for row in found.families}
    claims = sum(verdict.p_value is not None for verdict in found.claims)
    # Two pairs (a family of one task is one test), two comparisons at equal inference cost.
    assert found.comparisons == claims + 2 + 2
    assert (rows["small"].direction, rows["large"].direction) == ("ahead", "undecided")
    assert rows["large"].adjusted_p_value == 1.0


def test_a_lead_that_is_surer_than_any_number_is_a_lead():
    # 99.9% against 31% on 10,000 questions: both p round to 0 and 1 in floating point.
    rows = (
        ("small", "ift", 0.31),
        ("small", "reasoning", 0.999),
        ("large", "ift", 0.31),
        ("large", "reasoning", 0.999),
    )
    results = replace(cells(*rows, items=10_000), teacher_accuracy={"math-open": 0.4})
    found = corrected_findings(scored_results(results))
    assert [row.p_value for row in found.families] == [0.0, 0.0]
    assert count_directions(row.direction for row in found.families) == DirectionCounts(2, 0, 0)
    assert found.direction_counts("inference_flops") == DirectionCounts(2, 0, 0)
    assert found.claim("ift-near-frontier-in-most").numbers["reasoning_ahead"] == 2


def test_claims_count_as_the_table_does():
    found = corrected_findings(scored_results(cells(*FOUR)))
    numbers = found.claim("no-reasoning-on-frontier").numbers
    counts = found.direction_counts("inference_flops")
    assert (numbers["reasoning_ahead"], numbers["ift_ahead"], numbers["undecided"]) == counts
    words = f"of 2 comparisons reasoning is ahead in {counts.ahead}, IFT in {counts.behind}"
    assert words in found.claim("no-reasoning-on-frontier").evidence


def test_one_comparison_at_two_costs_is_one_test():
    results = cells(*FOUR)
    one = corrected_findings(scored_results(results))
    # Training costs what answering does: the same IFT students are there at either.
    both = tuple(replace(cell, train_flops=cell.inference_flops) for cell in results.cells)
    same = corrected_findings(scored_results(replace(results, cells=both)))
    assert len(same.matched["train_flops"]) == len(same.matched["inference_flops"]) == 2
    for kept, other in zip(*same.matched.values(), strict=True):
        assert (kept.key, kept.adjusted_p_value) == (other.key, other.adjusted_p_value)
    # Where it costs as little as IFT's does, other IFT students are there: a test of its own.
    cheap = tuple(replace(cell, train_flops=cell.size_parameters) for cell in results.cells)
    apart = corrected_findings(scored_results(replace(results, cells=cheap)))
    assert same.matched["train_flops"][0].key != apart.matched["train_flops"][0].key
    tested = [
        {row.key for every in found.matched.values() for row in every} for found in (one, same)
    ]
    assert tested[0] == tested[1]
    assert len({row.key for every in apart.matched.values() for row in every}) > len(tested[0])


def test_what_would_show_takes_the_level_of_the_decision():
    found = corrected_findings(scored_results(cells(*FOUR)))
    row = next(row for row in found.families if row.student == "large")
    # The first that Holm leaves undecided failed against 5% over all that are left.
    assert found.level == pytest.approx(0.05 / (found.comparisons - found.decided))
    from scipy.special import ndtri

    error = row.standard_error
    expected = (ndtri(1 - found.level / 2) + ndtri(0.8)) * error
    assert row.detectable == pytest.approx(expected)


def test_styles_are_judged_in_one_decoding_and_every_other_one_beside_it():
    greedy = cells(*FOUR)
    other = tuple(replace(cell, decoding="other", accuracy=0.9) for cell in greedy.cells)
    both = scored_results(replace(greedy, cells=(*greedy.cells, *other)))
    found, alone = corrected_findings(both), corrected_findings(scored_results(greedy))
    assert [row.value for row in found.families] == [row.value for row in alone.families]
    # One test for each arm, whatever its sizes, and none more of the styles.
    assert (found.comparisons, found.beside, alone.beside) == (alone.comparisons, 2, 0)
    assert {(one.arm, one.students, one.direction) for one in found.decodings} == {
        (arm, ("small", "large"), "ahead") for arm in ("ift", "reasoning")
    }
    backwards = corrected_findings(both, decoding="other")
    assert backwards.families[0].accuracy == 0.9
    assert {one.direction for one in backwards.decodings} == {"behind"}
    assert {one.decoding for one in backwards.decodings} == {"greedy"}


def test_one_seed_says_what_its_intervals_lack():
    assert "one seed" in (corrected_findings(scored_results(cells(*FOUR))).seed_reason or "")
    two = cells(*FOUR), cells(*((s, style, a + 0.01) for s, style, a in FOUR), seed=1)
    both = replace(two[0], cells=(*two[0].cells, *two[1].cells))
    assert corrected_findings(scored_results(both)).seed_reason is None


def test_an_undecided_comparison_at_equal_cost_has_both_directions_tried():
    (one, _) = matched_comparisons(scored_results(cells(*FOUR)), "inference_flops")
    # The small reasoning student costs more than the large IFT one, and is 20 points behind.
    assert one.corrected(0.04).direction == "behind"
    assert one.corrected(0.06).direction == "undecided"
    assert one.p_value is not None and one.p_value < 1e-6


def test_the_gap_of_serial_tasks_is_told_by_format_and_counts_shared_contents_once(study):
    gain = {"math-open": 0.3, "math-mc": 0.3, "general-open": 0.0, "general-mc": 0.0}
    results = study(
        lambda arm, _, family: 0.4 + (gain[family] if arm == "reasoning" else 0.0), tasks=1
    )
    depths = {f"{family}-0": family.startswith("math") for family in gain}
    found = corrected_findings(scored_results(results), depths=depths).serial
    students = [student for student in results.students() for _ in range(2)]
    assert [one.of.student for one in found] == students
    assert [one.of.format for one in found] == ["open", "multiple-choice"] * (len(students) // 2)
    for one in found:
        assert (one.serial_tasks, one.flat_tasks) == (1, 1)
        assert (one.serial.direction, one.gap.direction) == ("ahead", "ahead")
        assert one.flat.direction == "undecided"
    items = results.items
    twice = items.assign(cluster=items["item"].str.rpartition("-")[2])
    shared = corrected_findings(scored_results(replace(results, items=twice)), depths=depths).serial
    for one, other in zip(shared, found, strict=True):
        assert one.gap.value == pytest.approx(other.gap.value)
        assert one.gap.standard_error != other.gap.standard_error


def test_every_plain_arm_has_gains_of_its_own(study):
    level = {"ift": 0.4, "worked": 0.7, "reasoning": 0.7}
    results = study(lambda arm, *_: level[arm.removesuffix("-2")], tasks=1)
    worked = results.items[results.items["arm"] == "ift"].assign(arm="ift-2")
    both = replace(
        results,
        items=pd.concat([results.items, worked]),
        cells=(
            *results.cells,
            *(replace(cell, arm="ift-2") for cell in results.cells if cell.arm == "ift"),
        ),
    )
    depths = {task: "math" in task for task in both.items["task"].unique()}
    found = corrected_findings(scored_results(both), depths=depths).serial
    assert {one.of.plain for one in found} == {"ift", "ift-2"}
    assert len({key for one in found for key in one.gains}) == 3 * len(found)


def test_results_of_one_style_decide_nothing():
    only = cells(("small", "ift", 0.2), ("large", "ift", 0.5))
    found = corrected_findings(scored_results(only))
    assert (found.families, found.serial, found.direction_counts()) == (
        (),
        (),
        DirectionCounts(0, 0, 0),
    )
    assert pd.notna(found.level)


# Claims that name the corpus general are judged on all where no style learnt from it.
@pytest.mark.parametrize("corpus", ["general", "own"])
def test_a_control_is_in_no_pair_and_no_claim(corpus):
    study = cells(*FOUR)
    results = replace(study, cells=tuple(replace(cell, corpus=corpus) for cell in study.cells))
    control = tuple(
        replace(cell, arm="perturbed", style="control", corpus="general", accuracy=0.9)
        for cell in results.cells
        if cell.arm == "reasoning"
    )
    beside = replace(results, cells=(*results.cells, *control))
    found, alone = (corrected_findings(scored_results(one)) for one in (beside, results))
    assert replace(found, controls=(), beside=0) == alone
    # Beside the styles of another corpus than its own it has no test.
    own = found.controls
    assert len(own) == (1 if corpus == "general" else 0)
    assert found.beside == 2 * len(own)
    assert [(one.over_ift, one.over_reasoning) for one in own] == [("ahead", "ahead")] * len(own)
    assert group_pairs(beside) == group_pairs(results)
    assert len(groups(beside, "control")) == 2


def served(results: Results, money_of_thinking: float) -> Results:
    """The same where thinking costs so many times the money, and half the wait."""
    axes = (CostAxis("seconds", "H100", ONE_WAITING), CostAxis("money", "H100", FULL))

    def points(cell: CellResult) -> tuple[ServedPoint, ...]:
        size, thinks = cell.size_parameters or 0.0, cell.style == "reasoning"
        wait, money = (0.5, money_of_thinking) if thinks else (1.0, 1.0)
        return (
            ServedPoint("H100", ONE_WAITING, seconds=size * wait),
            ServedPoint("H100", FULL, money=size * money),
        )

    found = tuple(replace(cell, served=points(cell)) for cell in results.cells)
    return replace(results, cells=found, axes=axes)


def test_comparisons_and_claims_are_judged_on_what_answers_cost_where_they_are_served():
    results = cells(*FOUR)
    plain = corrected_findings(scored_results(results))
    found = corrected_findings(scored_results(served(results, 10.0)))
    waiting, money = (axis.name for axis in served(results, 10.0).judged_axes)
    # By FLOPs 0.3 of the small thinking student meets 0.5 of the large plain one at 1.25 times its
    # cost; by the wait nothing plain is as cheap, and it is only ahead of what it is.
    spent = {cost: found.matched[cost][0].at.spent for cost in (waiting, money)}
    assert spent == {waiting: 0.5e9, money: 10e9}
    claim = found.claim("no-reasoning-on-frontier")
    assert claim.axis == "inference FLOPs"
    assert set(claim.on_axes) == {waiting, money}
    # All of it is one family of tests, in which what ranks alike is counted once.
    assert found.comparisons > plain.comparisons
    keys = {one.key for every in found.matched.values() for one in every}
    assert (
        found.matched[money][0].at.affordable == found.matched["inference_flops"][0].at.affordable
    )
    assert len(keys) == 4
    assert {one.on_axes.get(waiting) for one in plain.claims} == {None}


def test_prices_of_tokens_have_a_verdict_of_their_own_beside_a_device():
    results = served(cells(*FOUR), 10.0)
    axis = axis_of_tokens()

    def priced(cell: CellResult) -> CellResult:
        # Thinking costs 100 times as much by the token, whatever the student's size.
        money = 100.0 if cell.style == "reasoning" else 1.0
        return replace(cell, served=(*cell.served, ServedPoint(TOKENS, "", money=money)))

    both = replace(results, cells=tuple(map(priced, results.cells)), axes=(*results.axes, axis))
    found, without = (corrected_findings(scored_results(one)) for one in (both, results))
    assert {one.at.spent for one in found.matched[axis.name]} == {100.0}
    claim = found.claim("no-reasoning-on-frontier")
    assert set(claim.on_axes) == {one.name for one in both.judged_axes}
    assert found.comparisons > without.comparisons
    assert axis.name not in without.matched


def test_energy_is_judged_where_it_was_metered_and_only_there():
    results = cells(*FOUR)
    assert results.judged_costs == ()
    assert ENERGY not in corrected_findings(scored_results(results)).matched
    joules = {"ift": 1.0, "reasoning": 6.0}
    metered = replace(
        results,
        cells=tuple(
            replace(one, energy_joules=joules[one.style] * (one.size_parameters or 0.0))
            for one in results.cells
        ),
    )
    found = corrected_findings(scored_results(metered))
    assert metered.judged_costs == (ENERGY,)
    sizes = {group.cells[0].student: group.size_b for group in groups(metered, "reasoning")}
    spent = {one.at.reasoning.cells[0].student: one.at.spent for one in found.matched[ENERGY]}
    assert spent == {name: 6e9 * size for name, size in sizes.items()}
    assert set(found.claim("no-reasoning-on-frontier").on_axes) == {ENERGY}
    assert cost_words(ENERGY) == "measured joules"


def test_a_claim_may_hold_by_one_cost_and_not_by_another():
    rows = (
        ("small", "ift", 0.2),
        ("small", "reasoning", 0.4),
        ("large", "ift", 0.6),
        ("large", "reasoning", 0.7),
    )
    results = served(cells(*rows, items=100_000), 1000.0)
    claim = corrected_findings(scored_results(results)).claim("ift-pareto-optimal-inference")
    waiting, money = (axis.name for axis in results.judged_axes)
    # Thinking is quicker here, and large thinking beats large plain; in money it undercuts nobody.
    assert claim.on_axes == {waiting: "contradicted", money: "supported"}
