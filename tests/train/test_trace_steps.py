"""Traces as steps: where one ends, another order, and the words that traces have in common."""

import pytest

from breakeven.procedural import generate, trace
from breakeven.procedural.generation import KINDS
from breakeven.train.trace_steps import common_words, compressed, shuffled, steps_of


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Ann likes Ben. So Ben.", ["Ann likes Ben.", "So Ben."]),
        ("7 + 5 = 2 * 3 = 6. So 6.", ["7 + 5 = 2", "* 3 = 6.", "So 6."]),
        ("Wait!\n\nIs it (so)?  Yes.)", ["Wait!", "Is it (so)?", "Yes.)"]),
        ("1. First add.\n2. Then stop.", ["1. First add.", "2. Then stop."]),
        ("x = 3 is it, at 0.5 of 3.14", ["x = 3 is it, at 0.5 of 3.14"]),
        ("", [""]),
    ],
)
def test_a_step_is_a_line_a_sentence_or_a_result(text: str, steps: list[str]) -> None:
    assert list(steps_of(text).steps) == steps
    assert str(steps_of(text)) == text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("checks", [0, 1])
def test_worked_solutions_keep_their_steps_and_lose_their_order(kind: str, checks: int) -> None:
    for problem in generate(kind, count=40, seed=1, partition="train"):
        written = trace(problem, "choice", checks=checks, slips=0.5 if checks else 0.0)
        other = shuffled(written, problem.content)
        assert sorted(other.split()) == sorted(written.split())
        assert all(step in other for step in steps_of(written).steps)
        assert other != written
        assert other == shuffled(written, problem.content)


@pytest.mark.parametrize("text", ["So 6.", "", "Again. Again."])
def test_a_single_step_has_no_other_order(text: str) -> None:
    assert shuffled(text, "seed") == text


def test_two_steps_always_change_places() -> None:
    assert {shuffled("One. Two.", str(seed)) for seed in range(20)} == {"Two. One."}


TRACES = ["Go 2 steps. Ann likes Ben. So Ben.", "Go 3 steps. Eva likes Dan. So Dan (A)."]


def test_compressed_steps_keep_what_only_one_trace_says_and_every_number() -> None:
    prose = common_words(TRACES)
    assert prose == {"Go", "steps", "likes", "So"}
    assert compressed(TRACES[1], prose) == "3. Eva Dan. Dan (A)."
    assert compressed("4 + 3 = 7 is right. So 7.", {"is", "right", "So"}) == "4 + 3 = 7. 7."


def test_a_step_that_is_prose_alone_goes_with_its_line() -> None:
    assert compressed("Look.\n1 + 1 = 2 it is.\nGo.", {"Look", "it", "is", "Go"}) == "1 + 1 = 2."


def test_a_trace_that_is_prose_alone_stays() -> None:
    assert compressed("Go on.", {"Go", "on"}) == "Go on."
