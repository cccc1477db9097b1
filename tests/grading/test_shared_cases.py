"""Inputs that were once graded wrongly, as their folder has them; skipped where it is not there.

`BREAKEVEN_SHARED` names the folder. Our own inputs of the same kinds are in `test_mathematics.py`.
"""

import ast
import os
from pathlib import Path

import pytest

from breakeven.grading.graders import GRADERS
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("BREAKEVEN_SHARED", ROOT.parent / "shared")) / "cases"
GRADES = {"right": Grade(True, True), "wrong": Grade(False, True), "unparsed": Grade(False, False)}


@pytest.mark.parametrize("number", ["01", "02", "03", "04", "05", "06"])
def test_a_case_of_mathematics_is_graded_as_it_should_be(number):
    scripts = list(CASES.glob(f"{number}-*/repro.py"))
    if not scripts:
        pytest.skip(f"{CASES} has no case {number}; set BREAKEVEN_SHARED to the folder of cases")
    found = [ast.literal_eval(node.value) for node in ast.parse(scripts[0].read_text()).body
             if isinstance(node, ast.Assign) and node.targets[0].id == "rows"]  # fmt: skip
    assert found
    assert found[0]
    for answer, reference, grade in found[0]:
        item = Item("i1", "t", "math-open", "?", reference, "c", "math")
        assert GRADERS["math"](answer, item) == GRADES[grade], (answer, reference)
