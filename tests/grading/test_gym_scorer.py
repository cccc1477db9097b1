"""The grader gym: a data set's scorer, believed at full marks only."""

import pytest
from tests.grading.written import grade_text

from breakeven.core.errors import InputError
from breakeven.grading.gym_scorer import grade_gym
from breakeven.params import GymTask
from breakeven.rows.grade import UNPARSED, Grade
from breakeven.rows.item import Item
from breakeven.tasks.task_items import load_items

RIGHT, WRONG = Grade(correct=True, parsed=True), Grade(correct=False, parsed=True)


def first(dataset: str, **config) -> Item:
    return load_items(
        "t",
        GymTask(
            kind="reasoning-gym", dataset=dataset, family="general-open", items=1, config=config
        ),
    )[0]


def lines(item: Item) -> list[tuple[str, Grade]]:
    reference = item.reference
    return [
        (reference, RIGHT),
        (f" {reference}.\n", RIGHT),
        (f"I get \\boxed{{{reference}}}", RIGHT),
        (f"\\boxed{{5}} no, \\boxed{{{reference}}}", RIGHT),
        (f"\\boxed{{{reference}}} no, \\boxed{{5}}", WRONG),
        (f"It is {reference} or not", WRONG),
        ("no idea", WRONG),
        (" \n", UNPARSED),
    ]


@pytest.mark.parametrize("dataset", ["word_sorting", "number_sequence", "fraction_simplification"])
def test_the_scorer_decides_on_the_box_or_the_whole_answer(dataset):
    item = first(dataset)
    assert item.grader == "gym"
    for answer, grade in lines(item):
        if dataset == "fraction_simplification" and "or not" in answer:
            continue  # its scorer looks for a fraction anywhere
        assert grade_gym(answer, item) == grade, answer


def test_partial_credit_is_wrong():
    item = first("word_sorting", min_words=4, max_words=4)
    words = item.reference.split(", ")
    assert not grade_gym(", ".join([words[1], words[0], *words[2:]]), item).correct


def test_a_fraction_that_is_not_in_lowest_terms_is_wrong():
    item = first("fraction_simplification", styles=["plain"])
    top, bottom = map(int, item.reference.split("/"))
    assert grade_gym(f"{top}/{bottom}", item) == RIGHT
    assert grade_gym(f"{2 * top}/{2 * bottom}", item) == WRONG


def test_a_scorer_that_raises_finds_the_answer_wrong():
    item = first("prime_factorization")
    assert grade_gym(item.reference, item) == RIGHT
    assert grade_gym("two times x", item) == WRONG


def test_an_item_is_graded_by_name_after_its_trace():
    item = first("word_sorting")
    assert grade_text(f"<think>x</think>{item.reference}", "stop", item).grade == RIGHT
    assert grade_text(f"<think>{item.reference}</think>", "stop", item).grade == UNPARSED
    assert grade_text(item.reference, "length", item).truncated


def test_an_item_without_an_entry_is_refused():
    item = Item("1", "t", "math-open", "What?", "3", "c", "gym")
    with pytest.raises(InputError, match="the grader gym is for tasks of kind reasoning-gym"):
        grade_gym("3", item)


@pytest.mark.parametrize(
    ("dataset", "answer", "right"),
    [
        ("gcd", "The GCD is {}.", True),
        ("gcd", "{}1", False),
        ("color_cube_rotation", "{}", True),
        ("color_cube_rotation", "{}.", True),
        ("color_cube_rotation", "not {}", False),
        ("spell_backward", "{}x", False),
        ("family_relationships", "{}", True),
    ],
)
def test_plain_values_are_graded_as_those_of_built_in_tasks(dataset, answer, right):
    item = first(dataset)
    assert item.grader in ("math", "exact")
    text = answer.format(item.reference)
    wanted = Grade(correct=right, parsed=True)
    assert grade_text(text, "stop", item).grade == wanted
