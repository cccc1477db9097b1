"""Votes of plain answers against one reasoning answer at equal FLOPs."""

import numpy as np
import pandas as pd
import pytest

from breakeven.findings.corrected import corrected_findings
from breakeven.findings.scored_results import scored_results
from breakeven.findings.votes import VoteComparison, vote_comparisons
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items
from breakeven.statistics.votes import majority_at_k

FACTS = StudyFacts(
    "s",
    {"s1": 1e6},
    {"ift": ArmFacts("ift", "c", 0.0), "reasoning": ArmFacts("reasoning", "c", 1.0)},
)
PLAIN_FLOPS, PROMPT_FLOPS = 10.0, 6.0


def rows(
    arm: str, decoding: str, task: str, correct: np.ndarray, **columns: object
) -> pd.DataFrame:
    """Rows of (items, samples); a wrong answer is one of three that are as likely."""
    items, samples = correct.shape
    wrong = np.random.default_rng(7).integers(1, 4, correct.shape)
    return pd.DataFrame(
        {
            "student": "s1",
            "arm": arm,
            "seed": 0,
            "decoding": decoding,
            "task": task,
            "family": "math-open",
            "item": np.repeat([f"i{n}" for n in range(items)], samples),
            "sample": np.tile(np.arange(samples), items),
            "correct": correct.ravel(),
            "parsed": True,
            "vote": np.where(correct, 0, wrong).ravel(),
            **columns,
        }
    )


def study(
    plain: float, reasoning: float, *, spent: float = 53.0, items: int = 300, samples: int = 8
) -> Results:
    """Plain answers that are right with a chance of `plain`, sampled, and greedy reasoning."""
    rng = np.random.default_rng(1)
    cost = {"inference_flops": PLAIN_FLOPS, "prompt_flops": PROMPT_FLOPS}
    marks = rng.random((items, samples + 2)) < [[*[plain] * samples, plain, reasoning]]
    frames = [
        rows("ift", "greedy", "sums", marks[:, -2:-1], **cost),
        rows("ift", "eight", "sums", marks[:, :-2], **cost),
        rows("reasoning", "greedy", "sums", marks[:, -1:], inference_flops=spent, prompt_flops=6.0),
    ]
    return results_from_items(pd.concat(frames, ignore_index=True), FACTS)


def compared(results: Results) -> tuple[VoteComparison, VoteComparison]:
    """With the prompt read each time, and once."""
    each, once = vote_comparisons(scored_results(results).of_decoding("greedy"))
    assert (each.prompt, once.prompt) == ("each time", "once")
    return each, once


def test_votes_are_as_many_as_cost_what_one_reasoning_answer_does() -> None:
    results = study(0.5, 0.5)
    one, _ = compared(results)

    assert (one.decoding, one.samples, one.spent) == ("eight", 8, 53.0)
    assert one.size == pytest.approx(5.3)
    assert results.items is not None
    own = results.items[results.items["decoding"] == "eight"]
    correct = own["correct"].to_numpy(dtype=int).reshape(-1, 8)
    five, six = majority_at_k(correct, own["vote"].to_numpy().reshape(-1, 8), [5, 6]).mean(axis=0)
    assert one.accuracy == pytest.approx(0.7 * five + 0.3 * six)
    reasoning = results.items.query("arm == 'reasoning'")["correct"].mean()
    assert one.lead is not None
    assert one.lead.value == pytest.approx(one.accuracy - reasoning)
    assert one.lead.low is not None
    assert one.lead.low < one.lead.value
    assert one.lead.basis == "items"


def test_a_prompt_that_is_read_once_leaves_more_votes() -> None:
    each, once = compared(study(0.5, 0.5, spent=28.0))

    # 10 a vote, or 6 for the prompt and 4 a vote.
    assert (each.size, once.size) == (pytest.approx(2.8), pytest.approx(5.5))
    assert once.accuracy is not None
    assert each.accuracy is not None
    assert once.accuracy > each.accuracy
    assert each.key != once.key


def test_a_whole_number_of_votes_is_one_vote_and_no_mixture() -> None:
    one, _ = compared(study(0.5, 0.5, spent=40.0))

    assert one.size == 4
    assert one.lead is not None
    assert one.lead.standard_error is not None


@pytest.mark.parametrize(
    ("plain", "reasoning", "direction"),
    [(0.55, 0.5, "ahead"), (0.35, 0.9, "behind"), (0.45, 0.66, "undecided")],
)
def test_the_direction_is_decided_with_the_rest_of_the_report(plain, reasoning, direction) -> None:
    found = corrected_findings(scored_results(study(plain, reasoning)), decoding="greedy")

    one, _ = found.votes
    assert one.direction == direction
    assert one.adjusted_p_value is not None
    assert one.p_value is not None
    # The style difference by family and by task, claims, and this: all in one correction.
    assert found.comparisons > 1
    assert one.adjusted_p_value >= one.p_value


def test_too_few_samples_are_undecided_and_say_how_far_they_reach() -> None:
    found = corrected_findings(scored_results(study(0.5, 0.9, spent=160.0)), decoding="greedy")

    for one in found.votes:
        assert (one.lead, one.p_value, one.direction) == (None, None, "undecided")
    each, once = found.votes
    assert each.stands == "undecided: 8 samples reach 50% of the FLOPs"
    # 6 for the prompt and 4 a sample: 38 of 160.
    assert once.stands == "undecided: 8 samples reach 24% of the FLOPs"


def test_a_reasoning_answer_that_costs_less_than_a_plain_one_has_no_votes_to_meet() -> None:
    for one in compared(study(0.5, 0.9, spent=8.0)):
        assert one.stands == "undecided: one plain answer costs more"


def test_costs_are_those_of_the_tasks_that_are_voted_on() -> None:
    results = study(0.5, 0.5)
    assert results.items is not None
    once = np.ones((20, 1), dtype=bool)
    # Another task of the family, answered once and far dearer for reasoning.
    more = [
        rows("ift", "greedy", "long", once, inference_flops=20.0),
        rows("reasoning", "greedy", "long", once, inference_flops=5000.0),
        rows("ift", "eight", "long", once, inference_flops=20.0),
    ]
    both = results_from_items(pd.concat([results.items, *more], ignore_index=True), FACTS)

    one, _ = compared(both)

    assert one.tasks == ("sums",)
    assert (one.spent, one.size) == (53.0, pytest.approx(5.3))
    assert one.accuracy == pytest.approx(compared(results)[0].accuracy)


def test_without_flops_nothing_is_compared() -> None:
    results = study(0.5, 0.5)
    assert results.items is not None
    bare = results_from_items(results.items.drop(columns="inference_flops"), FACTS)

    assert vote_comparisons(scored_results(bare).of_decoding("greedy")) == ()


def test_without_the_prompt_s_flops_it_is_read_each_time() -> None:
    results = study(0.5, 0.5)
    assert results.items is not None
    bare = results_from_items(results.items.drop(columns="prompt_flops"), FACTS)

    (one,) = vote_comparisons(scored_results(bare).of_decoding("greedy"))
    assert one.prompt == "each time"


def test_one_sample_an_answer_leaves_the_report_as_it_was() -> None:
    results = study(0.5, 0.5)
    assert results.items is not None
    greedy = results.items[results.items["decoding"] == "greedy"]

    found = corrected_findings(scored_results(results_from_items(greedy, FACTS)))

    assert found.votes == ()


def test_a_decoding_of_several_samples_is_judged_by_their_vote_at_the_cost_of_all() -> None:
    results = study(0.5, 0.5)
    (one,) = corrected_findings(scored_results(results), decoding="greedy").decodings
    assert results.items is not None
    own = results.items[results.items["decoding"] == "eight"]
    first = results.items[(results.items["decoding"] == "greedy") & (results.items["arm"] == "ift")]
    correct, said = (own[name].to_numpy().reshape(-1, 8) for name in ("correct", "vote"))
    vote = majority_at_k(correct.astype(float), said, [8]).mean()
    assert (one.decoding, one.samples, one.cost_ratio) == ("eight", 8, 8.0)
    assert one.change.mean.value == pytest.approx(vote - first["correct"].mean())
    # Half of the samples are right, and the wrong ones are split in three.
    assert one.direction == "ahead"
