import numpy as np
import pytest

from breakeven.frontiers.length import (
    accuracy_under_limits,
    grid_limits,
    percentile_limits,
    tokens_by_correctness,
)

TOKENS = [10, 20, 30, 40]
CORRECT = [True, False, True, True]
WHOLE = [False] * 4


def test_lengths_over_all_answers_and_within_questions():
    found = tokens_by_correctness(
        [100, 200, 10, 30, 500], [1, 0, 1, 0, 0], ["a", "a", "b", "b", "c"]
    )
    assert (found.right_answers, found.wrong_answers) == (2, 3)
    assert found.right_tokens == pytest.approx(55)
    assert found.wrong_tokens == pytest.approx(730 / 3)
    assert found.ratio == pytest.approx(730 / 165)
    assert found.paired_questions == 2
    assert found.paired_ratio == pytest.approx(np.sqrt(2 * 3))
    assert found.paired_low < found.paired_ratio < found.paired_high


def test_hard_questions_with_longer_answers_do_not_pass_for_longer_wrong_answers():
    rng = np.random.default_rng(0)
    questions = np.repeat(np.arange(300), 4)
    hardness = np.repeat(rng.uniform(0, 1, 300), 4)
    tokens = np.exp(3 + 2 * hardness + rng.normal(0, 0.1, 1200)).round()
    found = tokens_by_correctness(tokens, rng.uniform(size=1200) > hardness, questions)
    assert found.ratio > 1.5
    assert found.paired_low < 1 < found.paired_high


def test_a_known_ratio_within_questions_is_recovered():
    rng = np.random.default_rng(1)
    questions = np.repeat(np.arange(400), 4)
    right = rng.uniform(size=1600) < 0.5
    base = np.repeat(rng.uniform(4, 7, 400), 4)
    tokens = np.exp(base + np.log(1.7) * ~right + rng.normal(0, 0.2, 1600))
    found = tokens_by_correctness(tokens, right, questions)
    assert found.paired_low < 1.7 < found.paired_high
    assert found.paired_high - found.paired_low < 0.15


@pytest.mark.parametrize(
    ("correct", "questions", "reason"),
    [
        ([1, 1], ["a", "b"], "no question has both"),
        ([1, 0], ["a", "b"], "no question has both"),
        ([1, 0], ["a", "a"], "no interval"),
    ],
)
def test_pairs_that_are_missing_are_absent_with_a_reason(correct, questions, reason):
    found = tokens_by_correctness([10, 20], correct, questions)
    assert reason in found.reason
    assert (found.paired_low, found.paired_high) == (None, None)


def test_no_wrong_answers_leave_their_length_absent():
    found = tokens_by_correctness([10, 20], [1, 1], ["a", "b"])
    assert (found.right_tokens, found.wrong_tokens, found.ratio) == (15.0, None, None)


@pytest.mark.parametrize(
    ("limit", "accuracy", "truncated", "mean_tokens"),
    [(40, 0.75, 0.0, 25.0), (39, 0.5, 0.25, 24.75), (20, 0.25, 0.5, 17.5), (9, 0.0, 1.0, 9.0)],
)
def test_answers_longer_than_the_limit_are_wrong_and_truncated(
    limit, accuracy, truncated, mean_tokens
):
    found = accuracy_under_limits(TOKENS, CORRECT, WHOLE, [limit])
    assert (found.accuracy[0], found.truncated_share[0]) == (accuracy, truncated)
    assert found.mean_tokens[0] == mean_tokens


def test_an_answer_stored_as_truncated_stays_wrong_under_every_limit():
    found = accuracy_under_limits(TOKENS, [True] * 4, [True, False, False, False], [15, 99])
    assert found.accuracy == (0.0, 0.75)
    assert found.truncated_share == (1.0, 0.25)


def test_family_score_under_a_limit_gives_each_task_the_same_weight():
    found = accuracy_under_limits(TOKENS, [1, 1, 1, 0], WHOLE, [99], tasks=["a", "a", "a", "b"])
    assert found.accuracy == (pytest.approx(0.5),)
    assert found.mean_tokens == (pytest.approx(30.0),)


def test_percentile_limits_are_whole_tokens():
    assert percentile_limits([10, 20, 30, 41]) == (18.0, 25.0, 33.0)


def test_grid_limits_run_from_one_token_to_the_longest_answer():
    limits = grid_limits([5, 900], steps=10)
    assert (limits[0], limits[-1]) == (1.0, 900.0)
    assert np.all(np.diff(limits) > 0)


@pytest.mark.parametrize(
    ("tokens", "correct", "message"),
    [([1, -2], [1, 0], "negative"), ([1, 2], [1], "shapes"), ([1, 2], [0.5, 1], "neither")],
)
def test_answers_that_mean_nothing_are_refused(tokens, correct, message):
    with pytest.raises(ValueError, match=message):
        tokens_by_correctness(tokens, correct, ["a", "b"])


def test_no_answers_are_refused():
    with pytest.raises(ValueError, match="one at least"):
        accuracy_under_limits([], [], [], [10])
    with pytest.raises(ValueError, match="one at least"):
        percentile_limits([])


def test_two_formats_of_one_content_are_one_piece_of_evidence() -> None:
    rng = np.random.default_rng(3)
    lengths = rng.uniform(10, 100, size=(40, 2))
    tokens = np.concatenate([lengths, lengths]).ravel()
    correct = np.tile([1, 0], 80)
    questions = np.repeat([f"{form}/{i}" for form in ("open", "mc") for i in range(40)], 2)
    contents = np.repeat([f"c{i}" for _ in range(2) for i in range(40)], 2)
    once = tokens_by_correctness(tokens[:80], correct[:80], questions[:80])
    twice = tokens_by_correctness(tokens, correct, questions, clusters=contents)
    apart = tokens_by_correctness(tokens, correct, questions)
    assert twice.paired_questions == 80
    assert (twice.paired_low, twice.paired_high) == pytest.approx(
        (once.paired_low, once.paired_high)
    )
    assert apart.paired_low is not None
    assert twice.paired_low is not None
    assert apart.paired_low > twice.paired_low
    single = tokens_by_correctness([1, 2, 3, 4], [1, 0, 1, 0], list("aabb"), clusters=list("cccc"))
    assert single.paired_low is None
    assert "one content" in str(single.reason)
