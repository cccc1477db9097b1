"""Why a cell is due, in words."""

from typing import Any

import pytest

from breakeven.pipeline.status import Due, Status, differences, status_lines

OLD, NEW = "0" * 64, "1" * 64


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"a.py": OLD[:16]}, {"a.py": NEW[:16]}, ["a.py is changed"]),
        ({}, {"a.py": NEW[:16]}, ["a.py is new"]),
        ({"a.py": OLD[:16]}, {}, ["a.py is gone"]),
        (
            {"params": {"epochs": 1}, "files": {"x.jsonl": OLD}},
            {"params": {"epochs": 2}, "files": {"x.jsonl": "no such file"}},
            ["epochs: 1 -> 2", "x.jsonl is changed"],
        ),
        (
            {"params": {"students": {"a": {"rank": 1}}}},
            {"params": {"students": {"a": {"rank": 0}, "b": {"rank": 1}}}},
            ["students.a.rank: 1 -> 0", "students.b is new"],
        ),
        ({"params": {"launch": None}}, {"params": {"launch": "l"}}, ['launch: null -> "l"']),
    ],
)
def test_what_differs_is_told_by_its_name(before: Any, now: Any, told: list[str]) -> None:
    assert list(differences(before, now)) == told


def test_cells_of_a_stage_with_one_reason_share_a_line() -> None:
    due = tuple(Due(f"train@t-{seed}", ("a.py is changed",)) for seed in range(9))
    assert status_lines(Status((*due, Due("base@u", ("new",))), ("answer@t", "score"))) == [
        "train@t-0, train@t-1, train@t-2 and 6 more: a.py is changed",
        "base@u: new",
        "then, where what they read has become another: answer@t, score",
    ]
    assert status_lines(Status((), ())) == ["nothing is due but track, which always runs"]
