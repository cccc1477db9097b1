"""Routers between a student's two styles: what they read, what they cost, what is held out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breakeven.findings.prompt_features import prompt_features
from breakeven.findings.routers import Routing, routings
from breakeven.findings.scored_results import scored_results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items

ARMS = {"ift": ArmFacts("ift", "general", 0.0), "reasoning": ArmFacts("reasoning", "general", 1.0)}
FACTS = StudyFacts("routed", {"small": 1e6}, ARMS)
COSTS = {"ift": 10.0, "reasoning": 50.0}


def answers(*, items: int = 120, seeds: int = 1, logprob: bool = False) -> pd.DataFrame:
    """IFT is right on even items of one task and on none of another; reasoning on nearly all.

    Where there are log-probabilities, they tell whether the IFT answer is right.
    """
    frames = []
    for arm in ARMS:
        for seed in range(seeds):
            for family, task in (("math-open", "easy"), ("math-open", "hard"), ("math-mc", "mc")):
                rng = np.random.default_rng([seed, len(task), len(arm)])
                even = np.arange(items) % 2 == 0
                right = even & (task != "hard") if arm == "ift" else rng.random(items) < 0.9
                frame = pd.DataFrame(
                    {
                        "student": "small",
                        "arm": arm,
                        "seed": seed,
                        "decoding": "greedy",
                        "task": task,
                        "family": family,
                        "item": [f"{n:03d}" for n in range(items)],
                        "sample": 0,
                        "correct": right,
                        "answer_tokens": 2,
                        "inference_flops": COSTS[arm],
                        "cluster": [f"content {n}" for n in range(items)],
                    }
                )
                if logprob:
                    frame["logprob_sum"] = np.where(right, -0.1, -5.0) if arm == "ift" else np.nan
                frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def routed(items: pd.DataFrame) -> Routing:
    (found,) = routings(scored_results(results_from_items(items, FACTS)))
    return found


def test_families_count_the_same_and_the_oracle_is_a_bound() -> None:
    found = routed(answers())
    assert found.plain is not None
    assert found.thinking is not None
    assert found.oracle is not None
    # One of two open tasks half right, the other not at all; multiple choice half right.
    assert found.plain.accuracy == pytest.approx((0.25 + 0.5) / 2)
    assert (found.plain.cost, found.thinking.cost) == pytest.approx((10, 50))
    best = max(point.accuracy for router in found.routers for point in router.curve)
    assert found.oracle.accuracy >= max(best, found.thinking.accuracy)


def test_a_router_that_reads_the_prompt_learns_which_task_needs_reasoning() -> None:
    (router,) = routed(answers()).routers
    assert router.reads == "length and task"
    assert router.mean_gain.low is not None
    assert router.mean_gain.low > 0
    # No question is asked twice: half of them at 50 and half at 10.
    assert router.half.cost == pytest.approx(30, rel=0.02)
    assert router.curve[-1].cost == pytest.approx(50)


def test_a_router_of_the_text_alone_knows_no_task() -> None:
    items = answers()
    results = results_from_items(items, FACTS)
    questions = items[["task", "item"]].drop_duplicates()
    alike = dict.fromkeys(questions.itertuples(index=False), "What is it?")
    told = {key: "What is it? Mind the order." if "hard" in key else "What?" for key in alike}
    gains = []
    for prompts in (alike, told):
        (found,) = routings(scored_results(replace(results, prompts=prompts)))
        text, task = found.routers
        assert (text.reads, task.reads) == ("text alone", "text and task")
        gains.append((text.mean_gain, task.mean_gain))
    # Texts that are all alike tell nothing, where the task's name tells which are hard.
    (blind, by_name), (reading, _) = gains
    assert blind.low <= 0 <= blind.high
    assert by_name.low > 0
    assert reading.low > 0


def test_the_ift_answer_is_paid_for_where_its_log_probability_is_read() -> None:
    prompt, answer = routed(answers(logprob=True)).routers
    assert answer.reads == "length and task and IFT answer"
    assert answer.curve[0].cost == pytest.approx(10)
    assert answer.curve[-1].cost == pytest.approx(60)
    # It knows which IFT answers are right: half of the questions keep theirs.
    assert answer.half.accuracy > prompt.half.accuracy


def test_one_missing_log_probability_leaves_the_router_that_reads_prompts() -> None:
    items = answers(logprob=True)
    items.loc[items["arm"] == "ift", "logprob_sum"] = items["logprob_sum"].where(
        items["item"] != "007"
    )
    assert [router.reads for router in routed(items).routers] == ["length and task"]


def test_seeds_widen_the_interval() -> None:
    (one,) = routed(answers()).routers
    (several,) = routed(answers(seeds=3)).routers
    assert one.seed_reason is not None
    assert "one seed" in one.seed_reason
    assert several.mean_gain.method == "seeds then items"


def test_reasoning_that_is_no_dearer_leaves_nothing_to_save() -> None:
    found = routed(answers().assign(inference_flops=10.0))
    assert not found.routers
    assert found.oracle is not None
    assert "costs no more" in str(found.reason)


def test_results_without_costs_by_item_say_so() -> None:
    found = routed(answers().drop(columns="inference_flops"))
    assert found.plain is None
    assert "inference FLOPs" in str(found.reason)


def test_questions_of_few_contents_fit_no_router() -> None:
    found = routed(answers().assign(cluster="one passage"))
    assert not found.routers
    assert "different content" in str(found.reason)


def test_texts_are_read_only_where_all_of_them_are_known() -> None:
    questions = pd.DataFrame({"task": "t", "item": ["a", "b"], "prompt_tokens": [3, 9]})
    texts = {("t", "a"): "What is 1?", ("t", "b"): "What\nis 12?"}
    assert prompt_features(questions, texts).shape == (2, 5)
    assert prompt_features(questions, {("t", "a"): "What"}).shape == (2, 2)
