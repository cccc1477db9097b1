"""Verdicts on simulated studies whose truth is known."""

import re
from dataclasses import replace

import pytest
from tests.findings.judged import verdicts_of

from breakeven.findings.corrected import corrected_findings
from breakeven.findings.direction import count_directions
from breakeven.findings.matched import key_of
from breakeven.findings.scored_results import scored_results
from breakeven.findings.verdicts import Verdict
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts

SIZES = (0.5, 1.5, 3.0, 7.0, 14.0)
ARMS = {
    "ift": ArmFacts("ift", "general", 0.0),
    "reasoning": ArmFacts("reasoning", "general", 1.0),
}
MIX = {**ARMS, "mixed-50": ArmFacts("mixed", "general", 0.5, "sequential")}


def judged(results: Results, *names: str) -> dict[str, Verdict]:
    return {name: one for name, one in verdicts_of(results).items() if name in names}


def rising(arm: str, size_b: float, family: str) -> float:
    """IFT rises with size; reasoning gains 4 points a size step over it."""
    step = SIZES.index(size_b)
    return 0.30 + 0.05 * step + (0.04 * (step + 1) if arm == "reasoning" else 0.0)


def test_a_large_effect_is_found(study):
    verdicts = judged(study(rising, items=400), "reasoning-wins-most-pairs", "gain-grows-with-size")
    assert [verdict.verdict for verdict in verdicts.values()] == ["supported", "supported"]
    assert "20 of 20 pairs" in verdicts["reasoning-wins-most-pairs"].evidence


def test_the_opposite_effect_contradicts(study):
    def falling(arm: str, size_b: float, family: str) -> float:
        return rising("ift" if arm == "reasoning" else "reasoning", size_b, family)

    verdicts = judged(
        study(falling, items=400), "reasoning-wins-most-pairs", "gain-grows-with-size"
    )
    assert {verdict.verdict for verdict in verdicts.values()} == {"contradicted"}


@pytest.mark.parametrize("seed", range(3))
def test_equal_styles_leave_claims_about_the_winner_undecided(study, seed):
    names = ("reasoning-wins-most-pairs", "gain-grows-with-size", "reasoning-3b-beats-ift-14b")
    verdicts = judged(study(lambda *_: 0.5, items=100, seed=seed), *names)
    assert {verdict.verdict for verdict in verdicts.values()} == {"undecidable here"}


def test_leads_too_sure_for_a_p_above_zero_are_counted(study):
    found = corrected_findings(
        scored_results(study(lambda arm, *_: 0.99 if arm == "reasoning" else 0.01))
    )
    assert count_directions(row.direction for row in found.families) == (20, 0, 0)
    # The dearest reasoning students spend ten times what any IFT student does.
    assert found.direction_counts("inference_flops").behind == 0


def test_one_size_makes_no_trend_and_no_level(study):
    results = study(rising)
    one = replace(results, cells=tuple(c for c in results.cells if c.student == "s14b"))
    verdicts = verdicts_of(one)
    assert verdicts["gain-grows-with-size"].evidence == "fewer than three sizes with both styles"
    assert verdicts["reasoning-breaks-ift-plateau"].verdict == "undecidable here"
    assert "an unknown amount" in verdicts["reasoning-breaks-ift-plateau"].evidence


def test_power_is_stated_with_the_verdict(study):
    few, many = (
        judged(study(lambda *_: 0.5, items=items), "reasoning-3b-beats-ift-14b")[
            "reasoning-3b-beats-ift-14b"
        ].detectable
        for items in (50, 800)
    )
    assert few == pytest.approx(4 * many, rel=0.15)


def test_equal_accuracy_at_a_higher_price_makes_ift_pareto_optimal(study):
    names = ("ift-pareto-optimal-inference", "ift-near-frontier-in-most")
    # Seven points of noise at most, against a margin of two: many items.
    verdicts = judged(
        study(lambda *_: 0.5, items=8000, tasks=1, families=("math-open", "general-open")), *names
    )
    assert {verdict.verdict for verdict in verdicts.values()} == {"supported"}


def test_a_cheaper_and_better_reasoning_student_contradicts_pareto_optimality(study):
    results = study(lambda arm, *_: 0.8 if arm == "reasoning" else 0.4)
    cheap = replace(
        results,
        cells=tuple(
            replace(cell, inference_flops=cell.inference_flops / 10)
            if cell.style == "reasoning"
            else cell
            for cell in results.cells
        ),
    )
    verdict = judged(cheap, "ift-pareto-optimal-inference")["ift-pareto-optimal-inference"]
    assert verdict.verdict == "contradicted"


@pytest.mark.parametrize(
    ("worked", "each"),
    [
        (1, r"\(ift −\S+ points, worked-0 \+\S+ points\)"),
        (3, r"\(it is below zero for 1 of 4 plain arms\)"),
    ],
)
def test_a_pareto_claim_names_whom_it_fails_for_and_how_far_each_plain_arm_is(study, worked, each):
    plain = [f"worked-{number}" for number in range(worked)]
    results = study(
        lambda arm, *_: {"ift": 0.4, "reasoning": 0.8}.get(arm, 0.9),
        arms={**ARMS, **dict.fromkeys(plain, ArmFacts("ift", "general", 0.0))},
        families=("math-open",),
    )
    cheap = replace(
        results,
        cells=tuple(
            replace(cell, inference_flops=cell.size_parameters)
            if cell.style == "reasoning"
            else replace(cell, inference_flops=100.0 * cell.size_parameters)
            for cell in results.cells
        ),
    )
    verdict = judged(cheap, "ift-pareto-optimal-inference")["ift-pareto-optimal-inference"]
    assert verdict.verdict == "contradicted"
    named = r", of s\S+ ift over s\S+ reasoning on math-open "
    assert re.search(rf"{named}{each}; at most 2.0 points behind", verdict.evidence)


@pytest.mark.parametrize("style", ["reasoning", "ift"])
def test_an_unknown_cost_does_not_make_ift_pareto_optimal(study, style):
    results = study(lambda *_: 0.5)
    cells = tuple(
        replace(cell, inference_flops=None)
        if cell.style == style and cell.size_parameters < 1e9
        else replace(
            cell, inference_flops=cell.inference_flops * (1e6 if cell.style == "reasoning" else 1)
        )
        for cell in results.cells
    )
    claim = "ift-pareto-optimal-inference"
    dear = judged(replace(results, cells=cells), claim)[claim]
    assert dear.verdict == "undecidable here"
    assert "inference FLOPs of" in dear.evidence


PARETO = ("ift-pareto-optimal-inference", "ift-pareto-optimal-training")


@pytest.mark.parametrize("other", [None, "another corpus", "control"])
def test_ift_alone_is_not_shown_to_be_pareto_optimal(study, other):
    results = study(rising, items=20, tasks=1)
    if other is None:
        cells = tuple(c for c in results.cells if c.style == "ift")
    else:
        changed = {"style": "control"} if other == "control" else {"corpus": other}
        cells = tuple(replace(c, **changed) if c.style == "reasoning" else c for c in results.cells)
    for verdict in judged(replace(results, cells=cells), *PARETO).values():
        assert verdict.verdict == "undecidable here"
        assert verdict.evidence == "no pair of IFT and reasoning"


def test_pareto_optimality_without_ift_or_costs_names_what_is_lacking(study):
    results = study(rising, items=20, tasks=1)
    thinking = tuple(c for c in results.cells if c.style == "reasoning")
    unpriced = tuple(replace(c, inference_flops=None, train_flops=None) for c in results.cells)
    no_ift, no_costs = (
        [one.evidence for one in judged(replace(results, cells=cells), *PARETO).values()]
        for cells in (thinking, unpriced)
    )
    assert no_ift == ["no pair of IFT and reasoning"] * 2
    assert no_costs == ["no inference FLOPs of any pair", "no training FLOPs of any pair"]


def test_only_there_is_not_shown_where_nothing_else_was_tried(study):
    truth = study(lambda arm, *_: 0.9 if arm == "reasoning" else 0.2, items=400)
    cells = tuple(
        replace(c, inference_flops=(c.size_parameters or 0) * 100)
        for c in truth.cells
        if c.family == "math-open" and (c.style == "ift" or c.student in ("s7b", "s14b"))
    )
    claim = "frontier-only-open-from-7b"
    verdict = judged(replace(truth, cells=cells), claim)[claim]
    assert verdict.verdict == "undecidable here"
    assert "elsewhere: of 0 comparisons" in verdict.evidence
    assert "reasoning students elsewhere" in (verdict.would_decide or "")


def test_sizes_that_were_not_trained_leave_their_claims_undecided(study):
    results = study(rising)
    small = replace(results, cells=tuple(c for c in results.cells if c.size_parameters < 2e9))
    verdicts = verdicts_of(small)
    for name in ("reasoning-3b-beats-ift-14b", "reasoning-ahead-14b-math-open"):
        assert verdicts[name].verdict == "undecidable here"
        assert verdicts[name].p_value is None
        assert "14B" in verdicts[name].would_decide


def test_lengths_of_right_and_wrong_answers_are_judged(study):
    def length(factor: float) -> Results:
        return study(
            lambda *_: 0.5,
            length=lambda arm, right: {"ift": 20.0}.get(arm, 200.0) * (1 if right else factor),
        )

    names = ("wrong-traces-longer", "reasoning-7-to-15-times-longer")
    longer, equal = judged(length(1.75), *names), judged(length(1.0), *names)
    assert {verdict.verdict for verdict in longer.values()} == {"supported"}
    assert equal["wrong-traces-longer"].verdict == "contradicted"
    assert equal["reasoning-7-to-15-times-longer"].numbers["ratio"] == pytest.approx(
        201 / 21, rel=0.02
    )


@pytest.mark.parametrize(
    ("kept", "synergy", "keeps"),
    [
        (0.6, "supported", "supported"),
        (0.5, "undecidable here", "supported"),
        (0.35, "contradicted", "contradicted"),
    ],
)
def test_mixes_are_judged_against_both_pure_arms(study, kept, synergy, keeps):
    accuracies = {"ift": 0.32, "reasoning": 0.55, "mixed-50": kept}
    results = study(lambda arm, *_: accuracies[arm], arms=MIX, items=1000, tasks=1)
    halved = tuple(
        replace(cell, inference_flops=cell.inference_flops / 2) if cell.style == "mixed" else cell
        for cell in results.cells
    )
    names = ("mixes-sometimes-synergy", "sequential-mix-keeps-gain")
    verdicts = judged(replace(results, cells=halved), *names)
    assert verdicts["mixes-sometimes-synergy"].verdict == synergy
    assert verdicts["sequential-mix-keeps-gain"].verdict == keeps


def test_a_mix_that_costs_as_much_as_reasoning_does_not_support_the_claim(study):
    results = study(lambda arm, *_: {"ift": 0.3}.get(arm, 0.55), arms=MIX, items=1000, tasks=1)
    verdict = judged(results, "sequential-mix-keeps-gain")["sequential-mix-keeps-gain"]
    assert verdict.verdict == "undecidable here"
    assert "1.00 times" in verdict.evidence


def test_p_values_are_corrected_over_all_tests_of_a_report(study):
    found = corrected_findings(scored_results(study(rising, items=50, tasks=1)))
    claims = [(v.p_value, v.adjusted_p_value) for v in found.claims if v.p_value is not None]
    matched = [one for every in found.matched.values() for one in every]
    # 20 pairs on one task a family (one test each), 20 comparisons at either cost, of which those
    # that both costs leave the same are one test.
    assert len(matched) == 40
    assert found.comparisons == len(claims) + 20 + len({key_of(one.at) for one in matched})
    assert len(claims) > 10
    every = [*claims, *((r.p_value, r.adjusted_p_value) for r in (*found.families, *matched))]
    smallest = min(every)
    assert smallest[1] == pytest.approx(min(1.0, smallest[0] * found.comparisons))


def test_training_compute_is_measured_on_results_of_ones_own(study):
    verdict = judged(study(rising, items=20), "training-compute-5x")["training-compute-5x"]
    assert verdict.verdict == "contradicted"
    assert verdict.numbers["ratio"] == pytest.approx(5 * 3 / 7)
