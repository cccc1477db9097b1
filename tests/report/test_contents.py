"""A family that asks one content in two formats has the evidence of one, on the page and in decide.

The answers of both formats are the same here, so that its intervals are those of one format.
"""

from typing import NamedTuple

import numpy as np
import pytest
from tests.report.scored import Key, scored

from breakeven.decide.family_options import family_options
from breakeven.findings.differences import family_differences
from breakeven.findings.scored_results import scored_results
from breakeven.report.view import view_of
from breakeven.study.summary import BootstrapSettings, StudySummary

TASKS = ("math-open/numbers", "math-open/words")
CONTENTS = [f"content {number}" for number in range(200)]
APART = [f"other {number}" for number in range(200)]


class Widths(NamedTuple):
    """How wide everything is that a family's items make uncertain."""

    accuracy: float
    difference: float
    draws: float
    decide: float


def widths(labels: dict[str, list[str]]) -> Widths:
    right: dict[Key, int] = {
        ("small", arm, task): count
        for task in labels
        for arm, count in (("ift", 80), ("reasoning", 120))
    }
    results = scored(right, clusters=labels)
    view = view_of(results, StudySummary(settings=BootstrapSettings(draws=2000)))
    (ift, _) = view.family_groups("math-open")
    found = view.accuracies[ift]
    (row,) = family_differences(view.scored)
    drawn, choices = (
        view.draws("math-open"),
        family_options(scored_results(results), "math-open", draws=2000),
    )
    assert found.low is not None
    assert found.high is not None
    assert row.low is not None
    assert row.high is not None
    assert drawn is not None
    assert choices.draws is not None
    return Widths(
        found.high - found.low,
        row.high - row.low,
        float(drawn.of([ift]).std()),
        float((choices.draws[:, 0] / 65535).std()),
    )


def test_two_formats_of_one_content_are_no_wider_than_one_and_wider_than_two_contents() -> None:
    shared = widths({TASKS[0]: CONTENTS, TASKS[1]: CONTENTS})
    apart = widths({TASKS[0]: CONTENTS, TASKS[1]: APART})
    one = widths({TASKS[0]: CONTENTS})
    assert np.divide(shared, one) == pytest.approx(np.ones(4), rel=0.06)
    assert np.divide(shared, apart) == pytest.approx(np.full(4, np.sqrt(2)), rel=0.06)
