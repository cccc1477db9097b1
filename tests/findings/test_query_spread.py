"""What queries take: means over tasks with their intervals, and the tail."""

import numpy as np
import pandas as pd
import pytest

from breakeven.findings.groups import groups
from breakeven.findings.query_spread import query_spreads
from breakeven.findings.scored_results import scored_results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items

FACTS = StudyFacts("study", {"s": 1e6}, {"reasoning": ArmFacts("reasoning", "general", 1.0)})
TASKS = {"long": (300, 400), "short": (10, 100)}


def answers(seeds=(0,), drift=0.0, **columns):
    """Tokens of each task's items; a seed more writes `drift` more of them."""
    rng = np.random.default_rng(0)
    frames = []
    for task, (mean, count) in TASKS.items():
        tokens = rng.poisson(mean, count)
        frames.extend(
            pd.DataFrame(
                {
                    "student": "s",
                    "arm": "reasoning",
                    "seed": seed,
                    "decoding": "greedy",
                    "task": task,
                    "family": "math-open",
                    "item": [f"{task}-{number}" for number in range(count)],
                    "sample": 0,
                    "correct": 1.0,
                    "prompt_tokens": 20,
                    "thinking_tokens": tokens + drift * place,
                    "answer_tokens": 2,
                    "inference_flops": 1e6 * (tokens + 2.0),
                    **columns,
                }
            )
            for place, seed in enumerate(seeds)
        )
    return pd.concat(frames, ignore_index=True)


def spread(rows):
    scored = scored_results(results_from_items(rows, FACTS))
    (group,) = groups(scored.results, "reasoning")
    return query_spreads(scored, [group])[group]


def test_a_mean_is_over_tasks_and_its_interval_over_questions():
    rows = answers()
    found = spread(rows)
    tokens = rows["thinking_tokens"] + 2
    by_task = tokens.groupby(rows["task"])
    assert found.tokens.value == pytest.approx(by_task.mean().mean())
    error = np.sqrt((by_task.var() / by_task.size()).sum()) / 2
    half = (found.tokens.high - found.tokens.low) / 2
    assert half == pytest.approx(1.96 * error, rel=0.05)
    assert found.flops.value == pytest.approx(1e6 * found.tokens.value)
    # Half of the weight is on the long task, of which the longest tenth is the tail.
    long = tokens[rows["task"] == "long"]
    assert found.late_tokens == pytest.approx(np.quantile(long, 0.9), abs=2)


def test_training_runs_that_write_more_widen_the_interval():
    alike, apart = spread(answers((0, 1, 2))), spread(answers((0, 1, 2), drift=100.0))
    assert apart.tokens.value == pytest.approx(alike.tokens.value + 100.0)
    assert apart.tokens.high - apart.tokens.low > 3 * (alike.tokens.high - alike.tokens.low)
    # FLOPs did not differ by run.
    assert apart.flops.high == pytest.approx(alike.flops.high)


def test_questions_of_one_cluster_are_one():
    rows = answers()
    number = rows.groupby("task").cumcount()
    passages = rows["task"] + (number // 20).astype(str)
    tokens = rows.groupby(passages)["thinking_tokens"].transform("mean").round()
    alone = spread(rows.assign(thinking_tokens=tokens))
    together = spread(rows.assign(thinking_tokens=tokens, cluster=passages))
    assert together.tokens.high - together.tokens.low > 2 * (alone.tokens.high - alone.tokens.low)


def test_without_answers_by_item_nothing_is_told():
    rows = answers().drop(columns=["thinking_tokens", "answer_tokens", "inference_flops"])
    found = spread(rows)
    assert (found.tokens, found.late_tokens, found.flops) == (None, None, None)


def test_a_count_that_is_missing_leaves_its_question_out():
    rows = answers()
    rows.loc[0, "inference_flops"] = np.nan
    assert spread(rows).flops.items == sum(count for _, count in TASKS.values()) - 1
