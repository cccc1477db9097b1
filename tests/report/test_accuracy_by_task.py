"""Accuracy and what answers took, task by task."""

from dataclasses import replace

import pytest
from tests.report.conftest import Built

from breakeven.report.accuracy_tables import accuracy_by_task_table, accuracy_table
from breakeven.report.view import view_of

ARM = {"student": "t2m", "arm": "reasoning"}


@pytest.fixture
def rows(built: Built) -> list[dict[str, object]]:
    return [row for row in accuracy_by_task_table(built.view).rows if ARM.items() <= row.items()]


def test_a_task_has_the_tokens_flops_and_shares_of_its_own_answers(built: Built, rows) -> None:
    items = built.results.items
    own = items[(items["student"] == "t2m") & (items["arm"] == "reasoning")]
    for row in rows:
        answers = own[own["task"] == row["task"]]
        for column in ("inference_flops", "prompt_tokens", "thinking_tokens", "answer_tokens"):
            assert row[column] == pytest.approx(answers[column].mean())
        assert row["truncated_share"] == pytest.approx(answers["truncated"].mean())
        assert row["unparsed_share"] == pytest.approx(1 - answers["parsed"].mean())
        assert row["thinking_share"] == pytest.approx((answers["thinking_tokens"] > 0).mean())
    assert len({row["inference_flops"] for row in rows}) == len(rows)


def test_a_family_has_the_mean_of_its_tasks(built: Built, rows) -> None:
    for family in accuracy_table(built.view).rows:
        if ARM.items() <= family.items():
            own = [row for row in rows if row["family"] == family["family"]]
            mean = sum(row["inference_flops"] for row in own) / len(own)
            assert family["inference_flops"] == pytest.approx(mean)


def test_a_cost_that_is_not_known_is_absent_for_a_task_too(built: Built) -> None:
    items = built.results.items.drop(columns="inference_flops")
    table = accuracy_by_task_table(view_of(replace(built.results, items=items), built.summary))
    assert {row["inference_flops"] for row in table.rows} == {None}
    assert all(row["answer_tokens"] > 0 for row in table.rows)


def test_the_note_names_the_method_of_the_intervals(built: Built) -> None:
    table = accuracy_by_task_table(built.view)
    (method,) = {row["method"] for row in table.rows}
    assert f"95%, {method}" in table.note
