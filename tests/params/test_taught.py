"""An arm was taught a task where its corpora hold problems of the kind that the task asks."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from breakeven.params import Params
from breakeven.params.taught import taught, untaught_families

PROFILE = Path(__file__).parents[2] / "params.yaml"


def study() -> Params:
    """A study of chains and hops, each with a corpus of its own."""
    tree: dict[str, Any] = yaml.safe_load(PROFILE.read_text())
    arm = {"reasoning_share": 0.0}
    tree |= {
        "sources": {
            "chain": {"kind": "procedural", "problem": "chain", "prompts": 20},
            "hops": {"kind": "procedural", "problem": "hops", "prompts": 20},
            "read": {"kind": "jsonl", "path": "prompts.jsonl"},
        },
        "corpora": {
            "chains": {"sources": ["chain"]},
            "paths": {"sources": ["hops"]},
            "anything": {"sources": ["read"]},
        },
        "arms": {
            "base": {"method": "none"},
            "chains": {**arm, "corpus": "chains"},
            "paths": {**arm, "corpus": "paths"},
            "both": {**arm, "corpus": "chains", "then": "paths"},
            "anything": {**arm, "corpus": "anything"},
        },
        "tasks": {
            name: {"kind": "procedural", "problem": name, "format": "open", "family": family}
            for name, family in (
                ("chain", "math-open"),
                ("hops", "general-open"),
                ("search", "extra-open"),
            )
        }
        | {"file": {"kind": "jsonl", "path": "items.jsonl", "family": "math-mc"}},
    }
    return Params.model_validate(tree)


@pytest.mark.parametrize(
    ("arm", "task", "expected"),
    [
        ("chains", "chain", True),
        ("chains", "hops", False),
        ("both", "hops", True),
        # Nobody counted what a file holds, on either side.
        ("chains", "file", None),
        ("anything", "chain", None),
        ("base", "chain", None),
    ],
)
def test_kinds_of_problems_tell_who_was_taught_what(
    arm: str, task: str, expected: bool | None
) -> None:
    assert taught(study(), arm, task) is expected


def test_a_data_set_of_reasoning_gym_is_a_kind_of_its_own() -> None:
    source = {"kind": "reasoning-gym", "dataset": "leg_counting", "prompts": 20}
    task = {"kind": "reasoning-gym", "dataset": "leg_counting", "family": "math-open"}
    params = study()
    tree = params.model_dump(mode="json", exclude_unset=True)
    tree["sources"]["chain"] = source
    tree["tasks"]["legs"] = task
    made = Params.model_validate(tree)
    assert taught(made, "chains", "legs") is True
    assert taught(made, "paths", "legs") is False
    assert taught(made, "chains", "chain") is False


def test_a_family_is_untaught_where_another_arm_was_taught_it() -> None:
    params = study()
    families = {name: task.family for name, task in params.tasks.items()}  # type: ignore[union-attr]
    assert untaught_families(params, families) == {
        "base": frozenset(),
        "chains": {"general-open"},
        "paths": {"math-open"},
        "both": frozenset(),
        "anything": frozenset(),
    }


def test_a_family_of_which_an_arm_was_taught_a_part_is_not_untaught() -> None:
    params = study()
    found = untaught_families(params, {"chain": "math-open", "hops": "math-open"})
    assert found["chains"] == frozenset()
