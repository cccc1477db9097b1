"""Letters, words, yes and no as models end with them, as `words.txt` lists them."""

from pathlib import Path

import pytest

from breakeven.grading.graders import GRADERS
from breakeven.rows.grade import UNPARSED, Grade
from breakeven.rows.item import Item

GRADES = {"right": Grade(True, True), "wrong": Grade(False, True), "open": UNPARSED}
LISTED = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines()
ROWS = [line.split(" ~ ") for line in LISTED if line and not line.startswith("# ")]


@pytest.mark.parametrize(("grader", "choices", "answer", "reference", "wanted"), ROWS)
def test_an_ending_in_words(grader, choices, answer, reference, wanted):
    texts = tuple(choices.split(";")) if choices else ()
    item = Item("i1", "t", "general-mc", "?", reference, "c", grader, texts)
    assert GRADERS[grader](answer.replace("⏎", "\n"), item) == GRADES[wanted]
