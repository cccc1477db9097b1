"""Graders against the verdicts that came with public answers; skipped where these are not there.

`BREAKEVEN_SHARED` names their folder. Where a verdict differs from ours, the answer was read by
hand: `READ` says who is right. With `-s` the table of counts in docs/grading.md is printed.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from breakeven.grading.boxes import last_box
from breakeven.grading.graders import GRADERS
from breakeven.rows.item import Item

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("BREAKEVEN_SHARED", ROOT.parent / "shared"))
GSM8K = "gsm8k/175b.jsonl"
MATH = "math/gemma-2-27b-it.jsonl"
# Row of the file: whether our grade is right, and why.
READ = {
    MATH: {
        38: (True, "the root sign of Unicode"),
        104: (True, "cos x / sin x is cot x"),
        115: (True, "the root sign of Unicode"),
        209: (True, "the same plane, its equation times 4; the question asked for lowest terms"),
        228: (True, "a separator of thousands in the reference"),
        307: (True, "the root sign of Unicode"),
        314: (True, "both values of a plus-minus"),
        320: (True, "two values, of which one is right"),
        323: (True, "an open end, closed in the reference"),
        343: (True, "the sign for pi of Unicode"),
        454: (True, "x is about 600, where 600 is right"),
        510: (True, "three values, of which one is right"),
        537: (True, "one of two functions"),
        543: (True, "other functions"),
        558: (False, "the reference lost the name of its function"),
        560: (True, "a decimal for a fraction"),
        566: (True, "values with their names"),
        568: (True, "two pairs, of which one is right, for three"),
        580: (True, "one of two solutions"),
        612: (True, "the last formula, without a box"),
        644: (True, "no result is stated; the number is one of the way"),
    },
    GSM8K: {},
}


def answers(name):
    path = SHARED / "real" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; set BREAKEVEN_SHARED to the folder of public answers")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def graded(row):
    return GRADERS["math"](row["text"], Item("i", "t", "math-open", "?", row["ref"], "c", "math"))


@pytest.mark.parametrize("name", [GSM8K, MATH])
def test_a_public_verdict_that_differs_was_read_by_hand(name):
    rows = answers(name)
    grades = [graded(row) for row in rows]
    differ = {n for n, row in enumerate(rows) if grades[n].correct != row["log"]}
    assert differ == set(READ[name])
    counts = Counter()
    for number, (row, grade) in enumerate(zip(rows, grades, strict=True)):
        boxed = "in a box" if last_box(row["text"]) else "without a box"
        ours = READ[name].get(number, (True, ""))[0]
        kind = row["kind"].partition(" ")[0], boxed
        counts[*kind, "answers"] += 1
        counts[*kind, "agree"] += number not in differ
        counts[*kind, "ours"] += ours
        counts[*kind, "unparsed"] += not grade.parsed
    kinds = sorted({key[:2] for key in counts})
    print("\n| answers | | of | as the public verdict | right after reading | unparsed |")
    for kind in kinds:
        of, agree, ours, unparsed = (
            counts[*kind, column] for column in ("answers", "agree", "ours", "unparsed")
        )
        print(f"| {kind[0]} | {kind[1]} | {of} | {agree} | {ours} ({ours / of:.1%}) | {unparsed} |")
    for boxed in {kind[1] for kind in kinds}:
        parts = [kind for kind in kinds if kind[1] == boxed]
        right = sum(counts[*kind, "ours"] for kind in parts)
        assert right >= 0.995 * sum(counts[*kind, "answers"] for kind in parts)
