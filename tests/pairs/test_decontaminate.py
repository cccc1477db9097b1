"""What is too near a test item, and what is only its task's instruction."""

from typing import Any

import pytest

from breakeven.pairs.decontaminate import TestContent, gather
from breakeven.tasks.items import Item

BOXED = "Put the answer, and only the answer, inside \\boxed{}."
WISE = "What is  2 plus 2, say the wise ones of old?"


def item(number: int, text: str, **more: Any) -> Item:
    values = {
        "task": "t",
        "family": "math-open",
        "reference": "4",
        "content": f"sum {number}",
        "grader": "exact",
    }
    return Item(id=str(number), prompt=text, **(values | more))


def gathered(*texts: str, ngram_words: int | None = 8) -> TestContent:
    return gather([[item(number, text) for number, text in enumerate(texts)]], ngram_words)


@pytest.mark.parametrize(
    ("text", "content", "ngram_words", "reason"),
    [
        ("Other words.", "sum 0", None, "same content as a test item"),
        ("what is 2 PLUS 2, say the wise ones of old?", "x", None, "same prompt as a test item"),
        ("I ask: what is 2 plus 2, say the wise?", "x", 8, "shares 8 words in a row"),
        ("I ask: what is 2 plus 2, say the wise?", "x", None, None),
        ("what is 2 plus 2, say the", "x", 8, None),
        ("WHAT IS (2) PLUS **2**; say the", "x", 7, "shares 7 words in a row"),
    ],
)
def test_what_is_near_a_test_item_is_dropped(
    text: str, content: str, ngram_words: int | None, reason: str | None
) -> None:
    found = gathered(WISE, ngram_words=ngram_words).overlap(text, content)
    assert found is None if reason is None else reason in str(found)


QUESTIONS = (
    "How many apples does Ann have if she buys three and eats one of them?",
    "Find the largest prime below one hundred that leaves one when divided by four.",
    "Two trains leave towns ninety miles apart at noon; when do their paths cross?",
    "Find x if x plus 4 is 9.",
)
ASKED = [f"{question}\n{BOXED}" for question in QUESTIONS]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # The instruction of a task may stand in training prompts, with whatever follows it.
        (f"What is the area of a circle?\n{BOXED}", None),
        (f"{BOXED} Find the number of sheep in the picture.", None),
        # One of its questions may not, whole or in part, with or without the instruction.
        (QUESTIONS[0], "same prompt as a test item"),
        (f"Tell me: {QUESTIONS[1]}", "shares 8 words in a row"),
        (f"{QUESTIONS[2]} Think well. {BOXED}", "shares 8 words in a row"),
        (ASKED[2].upper(), "same prompt as a test item"),
        # Too short for n-grams: only the whole question tells.
        ("Find x if x plus 4 is 9", "same prompt as a test item"),
        ("Find x if x plus 4 is 8.", None),
    ],
)
def test_a_task_s_instruction_is_no_test_content(text: str, reason: str | None) -> None:
    found = gathered(*ASKED).overlap(text, "x")
    assert found is None if reason is None else reason in str(found)


def test_a_passage_is_test_content_though_most_items_show_it() -> None:
    passage = "The miller of Dee sold his donkey to a stranger from beyond the northern hills."
    items = [
        item(number, f"{passage}\nQuestion {number}: who and why?", cluster="miller")
        for number in range(20)
    ]
    items += [
        item(20 + number, f"{text}\nWho?", cluster=text) for number, text in enumerate(QUESTIONS)
    ]
    tests = gather([items], 8)
    assert "8 words" in str(tests.overlap(f"Sum up this text. {passage}", "x"))


def test_choices_are_test_content() -> None:
    tests = gathered(
        "Which sentence is true?\nA) The moon of Mars rises in the west each evening\nB) None"
    )
    assert tests.overlap("They say the moon of Mars rises in the west each evening.", "x")


def test_each_task_has_its_own_instruction() -> None:
    other = [item(number, text) for number, text in enumerate(QUESTIONS)]
    tests = gather([[item(0, BOXED)], other], 8)
    assert tests.instructions == 0
    assert tests.overlap(f"Think first. {BOXED}", "x")
