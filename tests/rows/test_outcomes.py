"""Every answer has one outcome; a loop is told from what repeats itself with reason."""

import itertools
import json
import random

import pytest
from tests.rows.test_traces import LONG_TRACES

from breakeven.procedural import KINDS, generate
from breakeven.procedural.checked import checked_steps
from breakeven.rows.answer import Answer
from breakeven.rows.grade import UNPARSED, parsed_grade
from breakeven.rows.outcomes import OUTCOMES, ends_in_loop, loops, outcome_of, regraded
from breakeven.words import OUTCOME_COLOURS, OUTCOME_WORDS

WORDS = ("we", "add", "both", "numbers", "and", "see", "that", "it", "is", "more", "than", "ten")
PROSE = " ".join(random.Random(0).choices(WORDS, k=400))
ROUND = "Wait, let me check that again. 7 times 8 is 56, and 56 plus 4 is 60. So the answer is 60. "


@pytest.mark.parametrize(
    "text",
    [
        "The answer is" + " plum," * 30,
        PROSE + " wait" * 100,
        PROSE[:300] + ROUND * 6,
        PROSE[:300] + (ROUND * 6)[:-40],  # the limit cuts the last copy
        "7 7 " * 60,
        "0" * 200,
        "<|im_start|>" * 20,
        "因此答案是六。" * 30,
        "\n".join(["So 6."] * 40) + "\n\n",
    ],
)
def test_a_block_repeated_to_the_end_is_a_loop(text: str) -> None:
    assert ends_in_loop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6",
        PROSE,
        ROUND * 6 + "I am sure now: 60.",  # it found its way out
        PROSE[:300] + ROUND * 3,  # checked twice
        PROSE * 4 + " no" * 30,  # less than a tenth
        "1/7 is 0.142857142857142857142857142857142857",
        "The sequence goes on 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1.",
        "\n".join(f"{n}. Add {n} and 1 to get {n + 1}." for n in range(60)),
        ", ".join(map(str, range(300))),
        "\n".join(f"| {n} | {n * n} |" for n in range(60)),
        "\n".join(f"- {word}: yes" for word in PROSE.split()),
        "\n".join(["| 0 | 0 | 0 | 0 | 0 |"] * 5),  # a matrix of zeros
        "ha " * 12,
    ],
)
def test_what_ends_otherwise_or_repeats_itself_with_reason_is_none(text: str) -> None:
    assert not ends_in_loop(text)


def test_a_longer_text_needs_a_longer_loop() -> None:
    loop = "and so on " * 20
    assert ends_in_loop(PROSE[:500] + loop)
    assert not ends_in_loop(PROSE * 2 + loop)
    assert ends_in_loop(PROSE * 2 + loop * 3)


@pytest.mark.parametrize("checks", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_no_trace_of_the_solver_is_a_loop_whole_or_cut(kind: str, checks: int) -> None:
    for problem in generate(kind, count=20, seed=3, partition="train"):
        trace = checked_steps(problem, checks=checks, slips=0.5)
        assert not any(ends_in_loop(trace[:end]) for end in range(1, len(trace) + 1))


def test_a_random_text_is_a_loop_exactly_where_its_definition_says() -> None:
    rng = random.Random(1)
    found = 0
    for _ in range(300):
        block = "".join(rng.choices("ab ", k=rng.randint(1, 60)))
        text = "".join(rng.choices("abc", k=rng.randint(0, 400))) + block * rng.randint(1, 12)
        text = text[: len(text) - rng.randint(0, len(block) - 1)]
        assert ends_in_loop(text) == _by_definition(text.rstrip())
        found += ends_in_loop(text)
    assert 60 < found < 240


def _by_definition(text: str) -> bool:
    """Some block, some length: the last characters are the same a block before them."""
    for block in range(1, len(text)):
        run = block
        while run < len(text) and text[-run - 1] == text[-run - 1 + block]:
            run += 1
        if run >= 5 * block and run >= 120 and 10 * run >= len(text):
            return True
    return False


def answer(text: str, *, stop: str = "stop", closed: bool = True) -> Answer:
    return Answer("i", 0, text, stop, 10, 3, 2, closed)


LOOP = "again and " * 30


@pytest.mark.parametrize(
    ("one", "grade", "outcome"),
    [
        (answer("6"), parsed_grade(True), "right"),
        (answer("7"), parsed_grade(False), "wrong"),
        (answer("who knows"), UNPARSED, "unparsed"),
        (answer(PROSE, stop="length"), UNPARSED, "cut"),
        (answer(f"<think>{PROSE}", closed=False), UNPARSED, "unclosed"),
        (answer(f"<think>{PROSE}", stop="length", closed=False), UNPARSED, "cut"),
        # A loop is why the limit cut an answer.
        (answer(f"6. {LOOP}", stop="length"), UNPARSED, "looping"),
        (answer(f"<think>{LOOP}", stop="length", closed=False), UNPARSED, "looping"),
        (answer(f"<think>{LOOP}</think> {PROSE}", stop="length"), UNPARSED, "looping"),
        # Who ended by itself was in none: so does a student that was taught to write one mark over
        # and over.
        (answer(f"6. {LOOP}"), parsed_grade(True), "right"),
        (answer(f"7. {LOOP}"), parsed_grade(False), "wrong"),
        (answer(LOOP), UNPARSED, "unparsed"),
        (answer(f"<think>{LOOP}", closed=False), UNPARSED, "unclosed"),
        (answer(f"<think>{LOOP}</think> 7"), parsed_grade(False), "wrong"),
        (answer(f"<think>{LOOP} so it is seven.</think> 7"), parsed_grade(False), "wrong"),
    ],
)
def test_the_outcome_of_an_answer_and_what_comes_first(one, grade, outcome) -> None:
    assert outcome_of(one, grade) == outcome


def test_right_is_what_the_grade_says_whatever_the_answer_does() -> None:
    for text, stop, closed in itertools.product((LOOP, "6"), ("stop", "length"), (True, False)):
        one = answer(text, stop=stop, closed=closed)
        assert outcome_of(one, parsed_grade(True)) == "right"
        assert outcome_of(one, UNPARSED) != "right"
        assert outcome_of(one, parsed_grade(False)) != "right"


def test_a_judge_changes_what_was_said_and_not_how_it_ended() -> None:
    assert regraded("unparsed", parsed_grade(True)) == "right"
    assert regraded("unparsed", parsed_grade(False)) == "wrong"
    assert regraded("wrong", UNPARSED) == "unparsed"
    assert regraded("looping", parsed_grade(False)) == "looping"
    assert regraded("looping", parsed_grade(True)) == "right"


def test_a_loop_in_a_trace_that_was_closed_for_it_is_seen() -> None:
    assert loops(answer(f"<think>\n{LOOP}\n</think>\n\n7"))
    assert not loops(answer(f"<think>\n{PROSE}\n</think>\n\n7"))


def test_every_outcome_has_a_word_and_a_colour() -> None:
    assert tuple(OUTCOME_WORDS) == tuple(OUTCOME_COLOURS) == OUTCOMES


@pytest.mark.skipif(not LONG_TRACES.is_file(), reason=f"needs {LONG_TRACES}")
def test_of_long_public_traces_those_loop_that_never_ended() -> None:
    rows = [json.loads(line) for line in LONG_TRACES.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    # Blocks of 231 to 5,383 characters, 14 to 537 times; the six that ended are not touched.
    assert [ends_in_loop(text) for text in texts] == [
        "<|end_of_thought|>" not in text for text in texts
    ]
