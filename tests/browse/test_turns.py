"""What a trace turned: which arms count, and what is said of nothing."""

import pandas as pd
import pytest
import yaml
from tests.report.synthetic import ROOT

from breakeven.browse.turns import Turn, marks, sides, turns
from breakeven.params import Params

SIDES = {"ift": "without", "ift-worked": "without", "reasoning": "with"}


def marked(*answers: tuple[str, bool, int]) -> dict[str, bool]:
    """Marks of one question by arm, of answers (arm, right, thinking tokens)."""
    rows = pd.DataFrame(answers, columns=["arm", "correct", "thinking_tokens"]).assign(
        student="s", seed=0, decoding="greedy", task="t", item="i"
    )
    return {one.arm: one.right for one in marks(rows, SIDES)}


def test_a_turn_names_the_arms_and_not_those_that_were_right_already() -> None:
    found = turns(marked(("ift", False, 0), ("ift-worked", True, 0), ("reasoning", True, 9)), SIDES)
    assert found == (Turn("gained", ("ift",), ("reasoning",)),)
    assert found[0].words == "wrong without a trace: ift; right with one: reasoning"


def test_one_question_may_be_gained_from_one_arm_and_lost_to_none() -> None:
    found = turns(marked(("ift", True, 0), ("ift-worked", True, 0), ("reasoning", False, 9)), SIDES)
    assert found == (Turn("lost", ("ift", "ift-worked"), ("reasoning",)),)
    assert found[0].words == "right without a trace: ift, ift-worked; wrong with one: reasoning"


@pytest.mark.parametrize(
    "answers",
    [
        # Right, and without having thought: not by a trace.
        [("ift", False, 0), ("reasoning", True, 0)],
        # Wrong, and not without one.
        [("ift", False, 12), ("reasoning", True, 9)],
        # One of two samples: neither right nor wrong.
        [("ift", False, 0), ("reasoning", True, 9), ("reasoning", False, 9)],
        [("ift", False, 0), ("ift", True, 0), ("reasoning", True, 9)],
        [("ift", True, 0), ("reasoning", True, 9)],
        [("ift", False, 0), ("reasoning", False, 9)],
        [("reasoning", True, 9)],
    ],
)
def test_of_these_nothing_is_said(answers: list[tuple[str, bool, int]]) -> None:
    assert turns(marked(*answers), SIDES) == ()


def test_mixed_and_untrained_arms_and_controls_are_on_no_side() -> None:
    tree = yaml.safe_load((ROOT / "tests/study.yaml").read_text())
    tree["arms"]["shuffled"] = {
        **tree["arms"]["reasoning"],
        "traces": "shuffled",
        "control": True,
    }
    params = Params.model_validate(tree)
    assert set(params.arms) >= {"base", "mixed-50", "shuffled"}
    assert sides(params) == {"ift": "without", "reasoning": "with"}
