import numpy as np
import pandas as pd
import pytest

from breakeven.results.aggregate import align, family_scores, item_tables, task_means
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items


def results(items: pd.DataFrame) -> Results:
    arms = {
        "ift": ArmFacts("ift", "general", 0.0),
        "reasoning": ArmFacts("reasoning", "general", 1),
    }
    return results_from_items(items, StudyFacts("study", {"s1": 1e6}, arms))


def test_samples_are_averaged_in_an_item_before_items_are(make_rows):
    items = make_rows("ift", "sums", {"a": [1, 1, 1, 1], "b": [0]})
    assert task_means(items)["correct"].tolist() == [0.5]


def test_tasks_weigh_the_same_in_a_family_whatever_their_length(make_rows):
    long = make_rows("ift", "sums", {f"a{n}": [1] for n in range(9)})
    short = make_rows("ift", "chains", {"b": [0]})
    (score,) = family_scores(pd.concat([long, short]))
    assert score.means["correct"] == 0.5
    assert score.items == 10
    assert score.tasks == ("chains", "sums")


def test_a_cost_that_one_task_lacks_is_absent_for_the_family(make_rows):
    known = make_rows("ift", "sums", {"a": [1]}, answer_tokens=7.0)
    unknown = make_rows("ift", "chains", {"a": [1]}, answer_tokens=np.nan)
    (score,) = family_scores(pd.concat([known, unknown]))
    assert score.means["answer_tokens"] is None
    assert score.means["inference_flops"] is None


def test_an_answer_with_thinking_tokens_counts_as_one_with_a_trace(make_rows):
    rows = make_rows("ift", "sums", {"a": [1], "b": [0], "c": [1], "d": [1]})
    rows["thinking_tokens"] = [0, 5, 0, 0]
    (score,) = family_scores(rows)
    assert score.means["thought"] == 0.25
    rows["thinking_tokens"] = np.nan
    assert family_scores(rows)[0].means["thought"] is None


def test_outcomes_are_shares_of_all_answers_and_add_up_to_one(make_rows):
    first = make_rows("ift", "sums", {"a": [1], "b": [0, 0], "c": [0]})
    first["outcome"] = ["right", "looping", "wrong", "cut"]
    second = make_rows("ift", "chains", {"d": [0]}, outcome="unclosed")
    (score,) = family_scores(pd.concat([first, second]))
    assert score.outcomes is not None
    assert score.outcomes == pytest.approx((1 / 6, 1 / 12, 0, 1 / 12, 1 / 6, 1 / 2))
    assert score.outcomes.right == score.means["correct"]
    (cell,) = results(pd.concat([first, second])).cells
    assert cell.outcomes == score.outcomes


def test_without_outcomes_none_is_made_up(make_rows):
    assert family_scores(make_rows("ift", "sums", {"a": [1]}))[0].outcomes is None
    half = make_rows("ift", "sums", {"a": [1], "b": [0]})
    half["outcome"] = ["right", None]
    assert family_scores(half)[0].outcomes == (1, 0, 0, 0, 0, 0)


def test_alignment_keeps_the_items_that_both_cells_answered(make_rows):
    items = pd.concat(
        [
            make_rows("ift", "sums", {"a": [1], "b": [0], "c": [1]}),
            make_rows("reasoning", "sums", {"b": [1], "c": [0, 1], "d": [1]}),
        ]
    )
    found = results(items)
    aligned = align(item_tables(found), found.cells)
    assert aligned is not None
    assert aligned.correct.tolist() == [[0, 1], [1, 0.5]]
    assert aligned.task.tolist() == ["sums", "sums"]
    assert len(set(aligned.cluster.tolist())) == 2


def test_alignment_without_a_common_item_is_none(make_rows):
    items = pd.concat(
        [make_rows("ift", "sums", {"a": [1]}), make_rows("reasoning", "sums", {"b": [1]})]
    )
    found = results(items)
    assert align(item_tables(found), found.cells) is None


def test_a_cluster_column_labels_the_items(make_rows):
    items = make_rows("ift", "sums", {"a": [1], "b": [0]}, cluster="passage 7")
    found = results(items)
    aligned = align(item_tables(found), found.cells)
    assert aligned is not None
    assert len(set(aligned.cluster.tolist())) == 1


def test_results_without_items_have_no_tables():
    assert item_tables(Results("study", "published", ())) == {}


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64"])
def test_marks_may_be_of_any_numeric_type(make_rows, dtype):
    items = make_rows("ift", "sums", {"a": [1], "b": [0]})
    items["correct"] = items["correct"].astype(dtype)
    assert results(items).cells[0].accuracy == 0.5
