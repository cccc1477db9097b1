"""Item rows small enough to add up by hand."""

from collections.abc import Callable

import pandas as pd
import pytest


def rows(arm: str, task: str, scores: dict[str, list[float]], **columns: object) -> pd.DataFrame:
    """Item rows of one cell and task: `scores` maps an item to its samples' marks."""
    return pd.DataFrame(
        {
            "student": "s1",
            "arm": arm,
            "seed": 0,
            "decoding": "greedy",
            "task": task,
            "family": "math-open",
            "item": item,
            "sample": sample,
            "correct": mark,
            **columns,
        }
        for item, marks in scores.items()
        for sample, mark in enumerate(marks)
    )


@pytest.fixture
def make_rows() -> Callable[..., pd.DataFrame]:
    return rows
