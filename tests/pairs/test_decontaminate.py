"""What is too near a test item, and what is only its task's instruction."""

from typing import Any

import pytest

from breakeven.pairs.decontaminate import TestContent, gather_test_content
from breakeven.rows.item import Item

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
    return gather_test_content(
        [[item(number, text) for number, text in enumerate(texts)]], ngram_words
    )


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
    tests = gather_test_content([items], 8)
    assert "8 words" in str(tests.overlap(f"Sum up this text. {passage}", "x"))


def test_choices_are_test_content() -> None:
    tests = gathered(
        "Which sentence is true?\nA) The moon of Mars rises in the west each evening\nB) None"
    )
    assert tests.overlap("They say the moon of Mars rises in the west each evening.", "x")


def test_letters_that_grow_in_lower_case_move_no_part() -> None:
    texts = [f"{question} Ask İzmir, İzmit, İnebolu.\n{BOXED}" for question in QUESTIONS]
    short = f"İİİİ: {QUESTIONS[3]}"
    tests = gathered(*texts, f"{short}\n{BOXED}")
    assert "same prompt as a test item" in str(tests.overlap(short, "x"))


def test_each_task_has_its_own_instruction() -> None:
    other = [item(number, text) for number, text in enumerate(QUESTIONS)]
    tests = gather_test_content([[item(0, BOXED)], other], 8)
    assert tests.instructions == 0
    assert tests.overlap(f"Think first. {BOXED}", "x")


SHORT = ("Find x if x plus 4 is 9.", "What is 2 + 3?", "Compute $7 \\times 8$", "2 + 2 = ?")


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        # A short item is test content whatever follows it, or numbers it.
        ("Find x if x plus 4 is 9. Think step by step.", True),
        ("FIND  x if x plus 4 is 9\nPut the answer inside \\boxed{}.", True),
        ("What is 2 + 3? Answer with a number.", True),
        ("What is 2 + 3? (Answer with a number.)", True),
        ("Compute $7 \\times 8$ (no calculator)", True),
        ("Question 4: Compute $7 \\times 8$.", True),
        ("2 + 2 = ?\n\nReason first.", True),
        # Another question is not, however alike it begins.
        ("Find x if x plus 4 is 95. Think step by step.", False),
        ("What is 2 + 3 + 4? Answer with a number.", False),
        ("What is 2 + 3 times 5?", False),
        ("Compute $7 \\times 8 \\times 9$", False),
        ("Compute 7 times 8", False),
        ("I know that. What is 2 + 3?", False),
    ],
)
def test_a_short_item_is_compared_whole_with_any_suffix(text: str, dropped: bool) -> None:
    found = gathered(*SHORT).overlap(text, "x")
    assert (found is not None) == dropped, found


STOCK = "What is the smallest positive integer that is divisible by"
RELATIVELY = (
    "The probability can be written as m over n where m and n are relatively prime positive "
    "integers. Find m plus n."
)
PROBLEMS = (
    f"{STOCK} twelve and eighteen but not by seven, and whose digits add up to a multiple of nine?",
    f"{STOCK} every number that a die shows when it is thrown twice by two careless players?",
    f"A bag holds four red and five green marbles and Ann draws two of them. {RELATIVELY}",
    f"Two of the eight seats around a table are broken and six guests sit down. {RELATIVELY}",
    f"An ant walks along the edges of a cube for seven seconds, never turning back. {RELATIVELY}",
    *QUESTIONS,
)


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        # What a few items share, and what stands in many problems, is no item.
        (f"{STOCK} each of the first ten integers?", False),
        (
            f"A coin is thrown nine times in a row and shows heads at least once. {RELATIVELY}",
            False,
        ),
        (RELATIVELY, False),
        # More than half of an item, or thirteen words of a long one, is.
        (PROBLEMS[0].replace("seven", "five"), True),
        (f"Suppose this. {PROBLEMS[2].partition('. ')[0]}. Is that likely?", True),
        (PROBLEMS[3].replace("eight seats", "nine chairs"), True),
        (f"An ant walks along the edges of two cubes. {RELATIVELY}", False),
    ],
)
def test_a_phrase_counts_the_less_the_more_items_share_it(text: str, dropped: bool) -> None:
    found = gathered(*PROBLEMS).overlap(text, "x")
    assert (found is not None) == dropped, found


def test_thirteen_words_of_a_long_item_are_enough_and_twelve_are_not() -> None:
    words = [f"w{number}" for number in range(60)]
    tests = gathered(" ".join(words), *QUESTIONS)
    assert tests.overlap(" ".join(["so", *words[20:33], "then"]), "x")
    assert tests.overlap(" ".join(["so", *words[20:32], "then"]), "x") is None


def test_a_passage_without_a_cluster_is_test_content_though_three_items_show_it() -> None:
    passage = " ".join(f"word{number}" for number in range(60))
    items = [item(number, f"{passage}. Question {number}?") for number in range(3)]
    items += [item(3 + number, text) for number, text in enumerate(QUESTIONS)]
    assert gather_test_content([items], 8).overlap(f"Sum up: {passage}", "x")


@pytest.mark.parametrize(("count", "dropped"), [(8, True), (13, False)])
def test_the_length_of_a_run_is_the_users(count: int, dropped: bool) -> None:
    tests = gathered("one two three four five six seven eight nine ten eleven", ngram_words=count)
    found = tests.overlap("so one two three four five six seven eight nine then", "x")
    assert (found is not None) == dropped
