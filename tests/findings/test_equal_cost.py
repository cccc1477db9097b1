import math
from dataclasses import replace

import pytest

from breakeven.findings.equal_cost import equal_costs, ift_leads, reasoning_leads
from breakeven.findings.scored_results import scored_results
from breakeven.results.cell_results import CellResult, Results, TaskResult


def study(ift: dict[float, float], reasoning: dict[float, float], ceiling: float = 0.9) -> Results:
    """Cells with 1,000 questions; the two tables map inference FLOPs to accuracy."""
    cells = [
        CellResult(
            f"s{number}",
            1e9 * (number + 1),
            style,
            style,
            None,
            "general",
            0,
            "greedy",
            "math-open",
            accuracy,
            items=1000,
            inference_flops=cost,
            tasks=(TaskResult("gsm8k", accuracy, 1000),),
        )
        for style, table in (("ift", ift), ("reasoning", reasoning))
        for number, (cost, accuracy) in enumerate(table.items())
    ]
    return Results("mine", "imported", tuple(cells), teacher_accuracy={"math-open": ceiling})


def test_ift_is_interpolated_in_log_cost_between_its_students():
    (at, _) = equal_costs(study({1e9: 0.2, 1e11: 0.4}, {1e10: 0.5, 1e11: 0.5}), "inference_flops")
    assert [(term.weight, term.group.accuracy) for term in at.terms] == [
        (pytest.approx(0.5), 0.2),
        (pytest.approx(0.5), 0.4),
    ]
    assert at.nearest == pytest.approx(0.3)
    assert (at.factor, at.extrapolated) == (1.0, False)


def test_too_few_sizes_to_fit_leave_ift_anywhere_between_its_neighbours():
    (at, _) = equal_costs(study({1e9: 0.2, 1e11: 0.4}, {1e10: 0.5, 1e11: 0.5}), "inference_flops")
    assert (at.lowest, at.highest) == (0.2, 0.4)


def test_past_the_dearest_ift_student_its_accuracy_and_the_teacher_are_the_bounds():
    results = study({1e9: 0.2, 1e10: 0.4}, {1e10: 0.5, 1e12: 0.7})
    at = equal_costs(results, "inference_flops")[1]
    assert at.factor == pytest.approx(100)
    assert (at.lowest, at.highest, at.dearer) == (0.4, 0.9, True)
    sample = scored_results(results)
    assert reasoning_leads(sample, at).p_above > 0.5
    assert ift_leads(sample, at).p_above > 0.5


def test_reasoning_above_the_teacher_is_ahead_however_far_ift_is_extrapolated():
    results = study({1e9: 0.2, 1e10: 0.4}, {1e10: 0.5, 1e12: 0.7}, ceiling=0.6)
    sample = scored_results(results)
    assert reasoning_leads(sample, equal_costs(results, "inference_flops")[1]).p_above < 0.001


def test_reasoning_below_the_dearest_ift_student_is_behind_at_any_cost():
    results = study({1e9: 0.2, 1e10: 0.6}, {1e10: 0.5, 1e12: 0.5})
    sample = scored_results(results)
    assert ift_leads(sample, equal_costs(results, "inference_flops")[1]).p_above < 0.001


def test_a_little_past_the_dearest_student_the_fits_bound_ift():
    ift = {1e9: 0.2, 1e10: 0.35, 1e11: 0.45, 1e12: 0.5, 1e13: 0.52}
    reasoning = {cost * 1.5: 0.5 for cost in ift}
    at = equal_costs(study(ift, reasoning), "inference_flops")[-1]
    assert at.factor == pytest.approx(1.5)
    assert at.lowest == 0.52
    assert 0.52 <= at.highest < 0.6


def test_below_the_cheapest_ift_student_ift_may_be_as_bad_as_nothing():
    results = study({1e10: 0.2, 1e11: 0.4}, {1e9: 0.3, 1e11: 0.5})
    at = equal_costs(results, "inference_flops")[0]
    assert (at.lowest, at.highest, at.dearer) == (0.0, 0.2, False)
    assert reasoning_leads(scored_results(results), at).p_above < 0.001


def test_cells_without_the_cost_are_left_out():
    results = study({1e9: 0.2, 1e11: 0.4}, {1e10: 0.5, 1e11: 0.5})
    assert equal_costs(results, "train_flops") == ()


def test_the_margin_counts_as_near():
    results = study({1e9: 0.2, 1e10: 0.49}, {1e9: 0.3, 1e10: 0.5})
    sample = scored_results(results)
    at = equal_costs(results, "inference_flops")[1]
    error = math.sqrt(0.25 / 1000 * 2)
    assert ift_leads(sample, at).p_above > 0.5
    # Two IFT students are affordable, so the p of the better one (three errors) counts twice.
    near = ift_leads(sample, at, 0.01 + 3 * error)
    assert near.p_above == pytest.approx(2 * 0.00135, abs=0.0004)


def test_ift_is_at_least_its_best_student_that_costs_no_more():
    # A good small IFT student and a bad dear one: between them, the line would say 0.55.
    results = study({1e9: 0.8, 1e11: 0.3}, {1e10: 0.6, 1e11: 0.6})
    sample = scored_results(results)
    for at in equal_costs(results, "inference_flops"):
        assert at.lowest == at.highest == 0.8
        assert ift_leads(sample, at).p_above < 1e-6
        assert reasoning_leads(sample, at).p_above > 0.999


def test_reasoning_ahead_of_every_affordable_ift_student_is_ahead():
    results = study({1e9: 0.5, 1e11: 0.3}, {1e11: 0.6, 1e12: 0.9}, ceiling=0.7)
    at = equal_costs(results, "inference_flops")[1]
    found = reasoning_leads(scored_results(results), at)
    # Past the dearest student IFT may be as good as the teacher, 0.7.
    assert found.value == pytest.approx(0.6)
    assert found.p_above < 1e-6


def same_cost(accuracies: tuple[float, ...], reasoning: float) -> Results:
    """IFT students that all spend what one reasoning student spends."""
    found = study({float(n): one for n, one in enumerate(accuracies, 1)}, {1e9: reasoning})
    cells = tuple(replace(cell, inference_flops=1e9) for cell in found.cells)
    return replace(found, cells=cells)


def test_of_students_that_cost_the_same_none_is_picked_by_its_score():
    results = same_cost((0.50, 0.55, 0.45), 0.48)
    (at,) = equal_costs(results, "inference_flops")
    assert [group.accuracy for group in at.affordable] == [0.50, 0.55, 0.45]
    assert at.nearest == pytest.approx(0.5)
    assert (at.lowest, at.highest) == (0.55, 0.55)
    # The best of three, and their mean: four tries, where the best alone would be one.
    alone = same_cost((0.55,), 0.48)
    (best,) = equal_costs(alone, "inference_flops")
    one = ift_leads(scored_results(alone), best).p_above
    assert ift_leads(scored_results(results), at).p_above == pytest.approx(4 * one)


def test_reasoning_must_be_ahead_of_every_student_of_the_same_cost():
    ahead, behind = (same_cost((0.2, top, 0.2), 0.5) for top in (0.3, 0.8))
    for results, shown in ((ahead, True), (behind, False)):
        (at,) = equal_costs(results, "inference_flops")
        assert (reasoning_leads(scored_results(results), at).p_above < 0.001) is shown


def test_below_the_cheapest_students_the_best_of_them_bounds_ift():
    results = same_cost((0.2, 0.8), 0.5)
    cells = (*results.cells[:-1], replace(results.cells[-1], inference_flops=1e8))
    results = replace(results, cells=cells)
    (at,) = equal_costs(results, "inference_flops")
    assert at.highest == 0.8
    assert reasoning_leads(scored_results(results), at).p_above > 0.99
