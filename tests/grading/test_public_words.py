"""Letters, words and instructions against public verdicts; skipped where these are not there.

`BREAKEVEN_SHARED` names their folder. Where a verdict differs from ours the answer was read by
hand: `READ` says why ours is right. With `-s` the counts of docs/grading.md are printed.
"""

import json
import math
import os
import runpy
import sys
from pathlib import Path

import pytest

from breakeven.catalogue.unit_powers import without_power
from breakeven.core.errors import MachineError
from breakeven.grading.graders import F1, GRADERS
from breakeven.rows import item as item_module
from breakeven.rows.item import Item

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("BREAKEVEN_SHARED", ROOT.parent / "shared"))
LETTERS = "letter/deepseek-coder-v2-mmlu-pro.jsonl"
SQUAD = "squad/bert.jsonl"
IFEVAL = "ifeval/gpt-4o.jsonl"
UNITS = "scibench/units.jsonl"

_IN_A_BOX = "the text of a choice in its box, which their pattern does not look for"
_IN_WORDS = "the text of a choice and nothing else"
_MARKED = "a letter and its text after a conclusion"
_SEVERAL = "several letters are named; their pattern takes the first"
READ = {
    LETTERS: {
        **dict.fromkeys(
            ("9713", "7848", "7958", "8044", "8145", "8484", "8589", "8823"), _IN_A_BOX
        ),
        **dict.fromkeys(("8921", "8922", "10498"), _IN_A_BOX),
        **dict.fromkeys(("879", "1083", "1161", "1610"), _IN_WORDS),
        **dict.fromkeys(("7904", "10448", "10468", "10480", "10680"), _MARKED),
        **dict.fromkeys(("9316", "9825", "10629"), _SEVERAL),
        "9473": "it ends in its work; their letter is drawn at random",
        "10577": "it concludes D, which is wrong; theirs is drawn at random",
    },
    IFEVAL: {"1122": "four # are asked for and there; their checker drew another letter"},
}


def answers(name):
    path = SHARED / "real" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; set BREAKEVEN_SHARED to the folder of public answers")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def printed_share(name, of, agree, ours):
    print(f"\n| {name} | {of} | {agree} | {ours} | {of - agree - ours} |")
    return (agree + ours) / of


def test_letters_are_those_that_were_extracted():
    rows = answers(LETTERS)
    differ = set()
    for row in rows:
        item = Item("i", "t", "math-mc", "?", row["ref"], "c", "letter", tuple(row["choices"]))
        if GRADERS["letter"](row["text"], item).correct != row["log"]:
            differ.add(row["id"])
    assert differ == set(READ[LETTERS])
    assert printed_share("letters", len(rows), len(rows) - len(differ), len(differ)) >= 0.995


def test_words_and_f1_are_those_of_the_official_script():
    rows = answers(SQUAD)
    agree = 0
    for row in rows:
        meta = {"answers": row["answers"]}
        item = Item("i", "t", "general-open", "?", row["ref"], "c", "squad", meta=meta)
        same = GRADERS["squad"](row["text"], item).correct == row["log"]
        agree += same and math.isclose(F1["squad"](row["text"], item), row["f1"])
    assert printed_share("squad", len(rows), agree, 0) >= 0.998


def test_instructions_are_followed_as_the_strict_checker_says():
    rows = [row for row in answers(IFEVAL) if row["item"]]
    differ, lacking = set(), 0
    for row in rows:
        prompt = row["item"]["prompt"]
        item = Item("i", "t", "general-open", prompt, "", "c", "ifeval", meta=row["item"])
        try:
            if GRADERS["ifeval"](row["text"], item).correct != row["log"]:
                differ.add(row["id"])
        except MachineError:  # two checks need data of NLTK, which is never fetched unasked
            lacking += 1
    checked = len(rows) - lacking
    print(f"{lacking} need punkt_tab")
    assert checked >= 80
    assert differ == set(READ[IFEVAL])
    assert printed_share("ifeval", checked, checked - len(differ), len(differ)) >= 0.998


def test_a_power_of_ten_in_a_unit_counts():
    read = 0
    for row in answers(UNITS):
        reference, unit = without_power(row["answer_number"], row["unit"])
        if reference == row["answer_number"]:
            continue
        read += 1
        value, power = float(row["answer_number"]), int(reference.split("{")[1].strip("}"))
        meta = {"relative_tolerance": 0.05, **({"unit": unit.replace("$", " ")} if unit else {})}
        item = Item("i", "t", "extra-open", "?", reference, "c", "math", meta=meta)
        for factor, right in (
            (1.0, True),
            (1.04, True),
            (1.2, False),
            (10.0, False),
            (-1.0, False),
        ):
            for said in (f"{value * factor} \\times 10^{{{power}}}", f"{value * factor}e{power}"):
                assert GRADERS["math"](f"\\boxed{{{said}}}", item).correct is right, (said, row)
        assert not GRADERS["math"](f"\\boxed{{{value}}}", item).correct, row
    assert read > 90


@pytest.fixture
def ran(capsys, monkeypatch):
    """Runs a case and gives the lines that it prints."""
    # The cases were written when items stood there.
    monkeypatch.setitem(sys.modules, "breakeven.tasks.items", item_module)
    return lambda number: printed_lines(number, capsys)


def printed_lines(number, capsys):
    scripts = list((SHARED / "cases").glob(f"{number}-*/repro.py"))
    if not scripts:
        pytest.skip(f"{SHARED} has no case {number}; set BREAKEVEN_SHARED to the folder of cases")
    runpy.run_path(str(scripts[0]))
    lines = capsys.readouterr().out.splitlines()
    assert lines
    return lines


@pytest.mark.parametrize("number", ["07", "08"])
def test_a_case_of_letters_is_graded_as_it_should_be(number, ran):
    for line in ran(number):
        found, wanted = line.rpartition("-> ")[2].split(" wanted ")
        assert found.strip() == wanted, line


def test_bad_parameters_are_one_line_that_names_the_item(ran):
    lines = ran("09")
    assert all("InputError item i1 of t: meta.kwargs[0]: " in line for line in lines[:3])
    assert lines[3:] == ["keywords:existence wrong"]


def test_what_is_neither_right_nor_parsed_has_no_f1_of_1(ran):
    lines = list(ran("25"))
    assert lines
    assert all("parsed=False" in line and line.endswith("f1 0.0") for line in lines)
