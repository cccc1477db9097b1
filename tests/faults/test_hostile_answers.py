"""Answers that are written to harm a grader: graded in bounded time, and nothing of them runs."""

import random
import time
from pathlib import Path

import pytest

from breakeven.grading.graders import GRADERS
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item

SEED = 20261126
# Seconds of the processor an answer of 100,000 characters may take; what is asked in a child has a
# limit of its own there.
MOST_SECONDS = 5.0
PIECES = (
    *",.;:!?-=_*`~'\"/\\|%^$#&@+<>()[]{} \n\t\r\x00aAI01",
    *("<<", ">>", "<<A>>", "((", "\\boxed{", "\\boxed{A}", "\\text{", "\\frac{", "\\sqrt{"),
    *("A, ", "(A) ", "A or ", "not ", "not A ", "so ", "the answer is ", "answer: ", "wait, "),
    *("1,000", "1/", "9**", "(1+", "x^", "\\left(", "1e9", "e", "²", "½", "∞", "٣", "１"),
    *("\nQ:", "\n- ", "\n\n", "<answer>", "</answer>", "<think>", "</think>", "P.S.", "***"),
    *("é", "e\u0301", "\u202e", "\u200b", "\ud83d", "🙂", "答案", "\u2028"),
)
CODE = (
    "__import__('os').system('touch hacked')",
    "exec(\"open('hacked', 'w')\")",
    "open('hacked', 'w').write('x')",
    "9**9**9**9",
    "exit()",
    "(lambda: 0).__class__",
    "[0] * 10**10",
    "import os; os.abort()",
    "{{ 7 * 7 }}",
    "$(touch hacked)",
    "factorial(factorial(20))",
    "\\input{/etc/passwd}",
    "!!python/object/apply:os.system ['touch hacked']",
    '{"__class__": "os"}',
    '=HYPERLINK("http://127.0.0.1:9")',
)
LENGTHS = (10, 100, 1_000, 10_000, 100_000)
WEIGHTS = (30, 30, 20, 5, 1)


def hostile(draw: random.Random) -> str:
    """One answer: a piece over and over, pieces in any order, or code, perhaps in a box."""
    length = draw.choices(LENGTHS, WEIGHTS)[0]
    kind = draw.randrange(4)
    if kind == 0:
        piece = draw.choice(PIECES)
        text = (piece * length)[:length]
    elif kind == 1:
        text = "".join(draw.choices(PIECES, k=min(length, 3_000)))
    elif kind == 2:
        text = draw.choice(CODE)
    else:
        two = draw.sample(PIECES, 2)
        text = ("".join(two) * length)[:length]
    around = draw.choice(("{}", "The answer is {}", "{} B", "\\boxed{{{}}}", "{}\n\nAnswer: 7"))
    return around.format(text) if "{" not in text or around != "{}" else text


def item(grader: str, reference: str, choices=(), meta=None) -> Item:
    return Item(
        id="i",
        task="t",
        prompt="How many?",
        content="How many?",
        family="general-open",
        grader=grader,
        reference=reference,
        choices=choices,
        meta=meta or {},
    )


INSTRUCTIONS = (
    ("detectable_content:number_placeholders", {"num_placeholders": 2}),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}),
    ("detectable_format:constrained_response", {}),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}),
    ("detectable_format:title", {}),
    ("detectable_format:json_format", {}),
    ("punctuation:no_comma", {}),
    ("keywords:forbidden_words", {"forbidden_words": ["cat", "!"]}),
)
IFEVAL = {
    "instruction_id_list": [name for name, _ in INSTRUCTIONS],
    "kwargs": [given for _, given in INSTRUCTIONS],
}
ITEMS = {
    "exact": item("exact", "7"),
    "letter": item("letter", "B", ("a cell", "7", "dog", "x^2")),
    "squad": item("squad", "seven cats"),
    "coqa": item("coqa", "seven cats"),
    "math": item("math", "7"),
    "ifeval": item("ifeval", "", meta=IFEVAL),
}


def try_all(graders: tuple[str, ...], seed: int, count: int) -> None:
    draw = random.Random(seed)
    for number in range(count):
        answer = hostile(draw)
        for name in graders:
            before = time.process_time()
            grade = GRADERS[name](answer, ITEMS[name])
            took = time.process_time() - before
            told = f"seed {seed}, answer {number} to {name}: {answer[:60]!r} took {took:.1f} s"
            assert isinstance(grade, Grade), told
            assert took < MOST_SECONDS, told


FAST = ("exact", "letter", "squad", "coqa")


@pytest.mark.parametrize("part", range(2))
def test_hostile_answers_are_graded_in_bounded_time(part, project):
    try_all(FAST, SEED + part, 40)
    assert list(Path.cwd().rglob("hacked")) == []


@pytest.mark.parametrize("name", ["math", "ifeval"])
def test_hostile_answers_to_dearer_graders_are_bounded(name, project):
    try_all((name,), SEED, 12)
    assert list(Path.cwd().rglob("hacked")) == []


@pytest.mark.faults
@pytest.mark.parametrize("part", range(30))
def test_three_thousand_hostile_answers(part, project):
    try_all(tuple(ITEMS), SEED + 100 + part, 100)
    assert list(Path.cwd().rglob("hacked")) == []
