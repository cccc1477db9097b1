"""How long trainings and answers are expected to be, by arm, form and decoding."""

from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import run_stage, run_stages_of_pairs
from tests.planning.tiny_plan import cells_of, tiny

from breakeven.planning.expected_work import SHARED

FORMS = ("answer-only", "shuffled", "filler", "truncated-50", "wrong-trace", "compressed")


def two_kinds_of_answers(tree: dict[str, Any]) -> None:
    """Bare and worked plain answers to the same prompts, and every control of the traces."""
    asked = {"kind": "procedural", "problem": "chain", "prompts": 240, "max_depth": 5}
    completions = {"choice": "item", "checks": 1, "slips": 0.2}
    tree["sources"] = {
        "chain": {**asked, "completions": completions},
        "chain-worked": {**asked, "completions": {**completions, "working": "short"}},
    }
    tree["corpora"] = {
        "bare": {"sources": ["chain"]},
        "worked": {"sources": ["chain-worked"]},
    }
    tree["tasks"] = {"chain-open": {**tree["tasks"]["chain-open"], "max_depth": 5}}
    traced = {"corpus": "worked", "reasoning_share": 1.0}
    tree["arms"] = {
        "base": {"method": "none", "shots": 2},
        "ift": {"corpus": "bare", "reasoning_share": 0.0},
        "ift-worked": {"corpus": "worked", "reasoning_share": 0.0},
        "reasoning": {"corpus": "bare", "reasoning_share": 1.0},
        **{form: {**traced, "traces": form, "control": True} for form in FORMS},
    }
    tree["answering"]["max_new_tokens"] = 200


def test_a_training_is_planned_within_three_per_cent_of_what_it_learns(project: Path) -> None:
    from breakeven.train.plan import plan_cell

    params = tiny(two_kinds_of_answers)
    planned = {cell[1]: one.work.read_tokens for cell, one in cells_of(params, "train").items()}
    run_stages_of_pairs(params)
    run_stage("base", params, "t30k")
    made = {cell[1]: one.work.read_tokens for cell, one in cells_of(params, "train").items()}
    for arm, tokens in planned.items():
        plan = plan_cell(params, "t30k", str(arm), 0)
        assert plan is not None
        learnt = sum(len(one.input_ids) for one in plan.learnt_examples())
        assert tokens == pytest.approx(learnt, rel=0.03), arm
        assert made[arm] == pytest.approx(learnt, rel=0.03), arm
    assert planned["answer-only"] < 0.7 * planned["ift-worked"]
    assert planned["compressed"] < 0.9 * planned["reasoning"]


def test_answers_are_planned_as_each_arm_is_taught_to_write_them(project: Path) -> None:
    params = tiny(two_kinds_of_answers)
    new = {cell[1]: one.work.new_tokens for cell, one in cells_of(params, "answer").items()}
    assert new["base"] == new["ift"] == new["answer-only"]
    assert 2 * new["ift"] < new["ift-worked"] < new["truncated-50"] < new["reasoning"]
    assert new["ift-worked"] < new["compressed"] < new["reasoning"]
    assert new["shuffled"] == new["filler"] == new["wrong-trace"] == new["reasoning"]


def test_an_answer_that_is_shared_is_paid_once(project: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["seeds"] = [0, 1]
        tree["arms"] |= {"base": {"method": "none", "shots": 2}, "bare": {"method": "none"}}
        # What is about a trace says nothing to who is shown examples without one.
        tree["answering"]["decodings"] = {"greedy": {}, "off": {"thinking": "off"}}

    cells = cells_of(tiny(change), "answer")
    paid = {cell[1:4] for cell, one in cells.items() if one.work.flops}
    assert {one for one in paid if one[0] == "base"} == {("base", 0, "greedy")}
    assert {one for one in paid if one[0] == "bare"} == {("bare", 0, "greedy"), ("bare", 0, "off")}
    assert {one for one in paid if one[0] == "reasoning"} == {
        ("reasoning", seed, name) for seed in (0, 1) for name in ("greedy", "off")
    }
    assert {one.basis for one in cells.values() if not one.work.flops} == {SHARED}


def test_a_decoding_is_expected_to_write_what_it_lets_its_arms_write(project: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["answering"]["max_new_tokens"] = 200
        tree["answering"]["by_task"] = {"lookup-mc": {"samples": 3}}
        tree["answering"]["decodings"] = {
            "greedy": {},
            "off": {"thinking": "off"},
            "brief": {"thinking_tokens": 4},
            "wait": {"thinking_tokens": 150, "wait": 1, "arms": ["reasoning"]},
            "vote": {"temperature": 1.0, "samples": 2},
        }

    found = {
        (cell[1], cell[3], cell[4]): one.work.new_tokens
        for cell, one in cells_of(tiny(change), "answer").items()
    }
    for task, samples in (("chain-open", 2), ("lookup-mc", 3)):
        plain = found["ift", "greedy", task]
        assert found["ift", "brief", task] == plain
        # Who never thinks answers there as in the first decoding, and is not asked again.
        assert found["ift", "off", task] == 0
        assert found["reasoning", "off", task] == plain
        assert plain < found["reasoning", "brief", task] <= plain + 4 * 24
        assert found["reasoning", "brief", task] < found["reasoning", "greedy", task]
        assert found["reasoning", "wait", task] == pytest.approx(plain + 150 * 24)
        assert ("ift", "wait", task) not in found
        greedy = found["reasoning", "greedy", task]
        assert found["reasoning", "vote", task] == pytest.approx(samples * greedy)
