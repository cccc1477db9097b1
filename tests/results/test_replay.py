"""Golden numbers: arXiv 2509.22193 and what follows from its tables by arithmetic."""

import json

import pytest

from breakeven.costs.hardware import find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.paper import answer_flops as paper_answer_flops
from breakeven.costs.roofline import Serving, answer_times
from breakeven.findings.json_summary import summarise
from breakeven.params.pricing import Pricing
from breakeven.results.published_lengths import PROMPT_TOKENS, new_tokens_of
from breakeven.results.replay import replay_results, training_ratio
from breakeven.results.served import NO_TOKENS
from breakeven.serving.study_hardware import served_place


@pytest.fixture(scope="module")
def summary():
    return summarise(replay_results())


def test_reasoning_wins_28_of_the_40_published_pairs(summary):
    assert (summary["pairs"], summary["won_by_reasoning"]) == (40, 28)


@pytest.mark.parametrize(
    ("family", "sizes"),
    [
        ("general-open", {"0.5": 1.8, "1.5": 9.4, "3": 12.7, "7": ">14", "14": ">14"}),
        ("general-mc", {"0.5": "<0.5", "1.5": 1.5, "3": 4.6, "7": ">14", "14": ">14"}),
        ("math-open", {"0.5": 1.1, "1.5": 5.6, "3": ">14", "7": ">14", "14": ">14"}),
        ("math-mc", {"0.5": 0.6, "1.5": 2.6, "3": 10.4, "7": ">14", "14": ">14"}),
    ],
)
def test_ift_equivalent_sizes_after_the_general_corpus(summary, family, sizes):
    assert summary["equivalent_size_b"]["general"][family] == sizes


def test_math_open_at_14b_turns_on_extrapolation_at_matched_inference_flops(summary):
    (row,) = [
        row
        for row in summary["matched_inference_flops"]
        if (row["corpus"], row["family"], row["size_b"]) == ("general", "math-open", 14)
    ]
    assert row["standing"] == "undecided"
    assert row["extrapolation_factor"] == pytest.approx(7.1, abs=0.05)


def test_no_reasoning_student_is_ahead_below_7b_at_matched_inference_flops(summary):
    standings = [row["standing"] for row in summary["matched_inference_flops"] if row["size_b"] < 7]
    assert len(standings) == 24
    # By bounds on the sampling error, corrected over the 136 tests of the replay.
    assert standings.count("IFT ahead") == 18
    assert "reasoning ahead" not in standings


def test_claims_that_exclude_each_other_are_reported(summary):
    assert [
        "no-reasoning-on-frontier",
        "reasoning-on-both-frontiers-from-7b",
    ] in summary["contradictions"]


def test_the_summary_is_json_without_nan(summary):
    text = json.dumps(summary, allow_nan=False)
    assert {"id", "version", "verdict", "evidence"} <= set(json.loads(text)["verdicts"][0])


def test_inference_flops_follow_the_published_power_law():
    cell, *_ = replay_results().select(student="Qwen2.5-3B", style="reasoning", family="math-open")
    assert cell is not None
    assert cell.inference_flops == pytest.approx(2.67e13 * 3**0.77)


def test_training_compute_from_the_released_mean_lengths():
    five_times, less = training_ratio("general", 3, 7), training_ratio("general", 1.5, 7)
    assert five_times.value == pytest.approx(2.4, abs=0.05)
    assert less.value == pytest.approx(1.3, abs=0.05)
    # 3 to 5 bytes a token in each style by itself: 2.4 · 3/5 at the least.
    assert five_times.low < 2.4 * 3 / 5 + 0.05
    assert five_times.low < 5 < five_times.high
    assert less.low < 1.6 < less.high


def test_what_is_derived_or_absent_is_said_in_the_notes():
    notes = " ".join(replay_results().notes)
    for word in ("training FLOPs", "derived", "sampling error: not published", "absent"):
        assert word in notes


def test_accuracy_of_guessing_is_the_mean_over_the_tasks():
    cell, *_ = replay_results().select(student="Qwen2.5-3B", style="ift", family="general-mc")
    assert cell is not None
    assert cell.chance == pytest.approx((0.5 + 0.25 + 0.25) / 3)


@pytest.fixture(scope="module")
def on_h100():
    results = replay_results(served_place(Pricing(), "h100"))
    return {
        (cell.size_parameters / 1e9, cell.style): cell
        for cell in results.select(family="math-open", corpus="general")
    }


def ratio(cells, axis, small=0.5, large=7.0):
    dear, cheap = cells[small, "reasoning"].number(axis), cells[large, "ift"].number(axis)
    return dear / cheap


WAITING = "modelled seconds an answer, H100, one person waiting"
MONEY = "modelled money a query, H100, full throughput"


def test_the_published_study_in_money_turns_the_ranking_of_its_flops(on_h100):
    # By the paper's own formula the two cost the same; by what runs, 0.82 (docs/costs.md).
    assert ratio(on_h100, "inference_flops") == pytest.approx(1.0, abs=0.01)
    assert ratio(on_h100, WAITING) == pytest.approx(3.7, abs=0.1)
    assert ratio(on_h100, MONEY) == pytest.approx(6.1, abs=0.1)


def test_thinking_costs_far_more_money_than_flops_at_equal_size(on_h100):
    sizes = (0.5, 1.5, 3.0, 7.0, 14.0)
    flops = [ratio(on_h100, "inference_flops", size, size) for size in sizes]
    money = [ratio(on_h100, MONEY, size, size) for size in sizes]
    assert (min(money), max(money)) == pytest.approx((27, 44), rel=0.05)
    for one, other in zip(flops, money, strict=True):
        assert other > 2.5 * one


def test_a_published_answer_in_money_is_the_roofline_at_its_length(on_h100):
    shape, cell = load_architecture("Qwen2.5-7B"), on_h100[7.0, "ift"]
    new = new_tokens_of(shape, cell.inference_flops)
    assert paper_answer_flops(shape, PROMPT_TOKENS, new) == pytest.approx(cell.inference_flops)
    alone = answer_times(
        Serving(shape, find_hardware("H100")), batch=1, prompt_tokens=250, new_tokens=new
    )
    assert cell.number(WAITING) == pytest.approx(alone.seconds)
    # A prompt alone takes more than some answers of a letter are said to.
    assert new_tokens_of(shape, paper_answer_flops(shape, PROMPT_TOKENS, 0)) is None
    # Lengths are not published: they stand in no field of a cell, and in a note.
    assert cell.output_tokens is None
    assert replay_results().axes == ()


def test_the_summary_has_the_published_study_on_the_device():
    found = summarise(replay_results(served_place(Pricing(), "L4")))
    assert {row["hardware"] for row in found["served"]} == {"L4"}
    assert len(found["served"]) == 68 * 3 + 12
    # Of these a prompt as long as is assumed takes more than the whole answer is said to.
    absent = [row for row in found["served"] if row["reason"] == NO_TOKENS]
    assert len(absent) == 12
    assert all(row["seconds"] is row["money"] is None for row in absent)
    assert {row["arm"] for row in absent} == {"ift", "ift-math"}
    # 14B in 16 bits do not fit into 24 GB.
    large = [row for row in found["served"] if row["student"] == "Qwen2.5-14B"]
    assert all("fits into 1 × L4" in row["reason"] for row in large if row not in absent)
    assert any("modelled, at new tokens" in note for note in found["notes"])
    assert json.dumps(found, allow_nan=False)
