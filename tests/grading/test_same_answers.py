"""What samples of an item vote for, by the comparison of the item's grader."""

import pytest

from breakeven.grading.graders import GRADERS
from breakeven.grading.same_answers import comparisons, votes_of
from breakeven.params import Grading
from breakeven.rows.item import Item

SAME = comparisons(Grading())


def votes(grader: str, texts: list[str], reference: str, **more: object) -> list[int | None]:
    item = Item("i", "t", "math-open", "?", reference, "c", grader, **more)
    grades = [GRADERS[grader](text, item) for text in texts]
    return votes_of(range(len(texts)), grades, item, SAME)


@pytest.mark.parametrize("reference", ["1/2", "7"])
def test_equal_numbers_are_one_vote_whether_or_not_they_are_right(reference: str) -> None:
    texts = ["1/2", r"The answer is \boxed{0.5}.", "so it is 3", r"\frac{2}{4}", "I cannot say"]

    assert votes("math", texts, reference) == [0, 0, 2, 0, None]


def test_a_unit_that_is_asked_for_parts_no_votes() -> None:
    texts = ["12 cm", "12", "12 m"]

    assert votes("math", texts, "11", meta={"unit": "cm"})[:2] == [0, 0]
    assert votes("math", texts, "11", meta={"unit": "cm"})[2] == 2


def test_right_answers_in_two_spellings_are_two_votes() -> None:
    # That both are right is what the reference says, and a vote does not know it.
    texts = ["Paris", "the city of Paris", "Rome", "paris."]

    item_answers = {"answers": ["Paris", "city of Paris"]}
    assert votes("squad", texts, "Paris", meta=item_answers) == [0, 1, 2, 0]


def test_letters_and_words_vote_as_they_are_read() -> None:
    choices = ("cat", "dog", "cow")

    assert votes("letter", ["B", "The answer is (B).", "C) cow", "hm"], "A", choices=choices) == [
        0,
        0,
        2,
        None,
    ]
    assert votes("exact", ["Blue.", "blue", "the answer is red"], "green") == [0, 0, 2]
    assert votes("coqa", ["Yes, it was", "yes", "no"], "yes") == [0, 0, 2]


def test_a_tolerance_joins_what_it_takes_as_equal() -> None:
    texts = ["100", "100.5", "103"]

    assert votes("math", texts, "7", meta={"relative_tolerance": 0.01}) == [0, 0, 2]
    assert votes("math", texts, "7") == [0, 1, 2]


def test_where_all_of_an_answer_counts_nothing_is_voted_on() -> None:
    assert set(SAME).isdisjoint({"ifeval", "judge"})
    assert set(SAME) | {"ifeval", "judge"} == set(GRADERS)
