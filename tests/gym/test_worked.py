"""Worked solutions: they end in the reference, and every step in them is true."""

import re
from fractions import Fraction

import pytest
import reasoning_gym

from breakeven.gym import SOLVED, entries

ENTRIES = 300

# Shares of entries that do not lead to their reference, as of reasoning-gym 0.1.25: divisions that
# it rounds, stories with rounded parts, kin by marriage named the wrong way round.
LEFT_OUT = {
    "basic_arithmetic": 0.04,
    "gsm_symbolic": 0.04,
    "needle_haystack": 0.02,
    "family_relationships": 0.25,
    "number_filtering": 0.02,
    "simple_equations": 0.02,
    "base_conversion": 0.02,
}


@pytest.mark.parametrize("name", SOLVED)
def test_the_last_value_of_every_trace_is_the_reference(name):
    found = entries("x", name, {}, count=ENTRIES, seed=5, partition="train")
    for entry in found:
        assert entry.worked.steps.endswith(f"So {entry.answer}.")
    assert len(found) == ENTRIES


@pytest.mark.parametrize("name", SOLVED)
def test_few_entries_are_left_out(name):
    dataset = reasoning_gym.create_dataset(name, size=ENTRIES, seed=9)
    missing = sum(SOLVED[name].work(dataset[number]) is None for number in range(ENTRIES))
    assert missing <= LEFT_OUT.get(name, 0.0) * ENTRIES


EQUALITY = re.compile(r"(?<![\w.*/+-])(-?[\d.]+) ([-+*/]) (-?[\d.]+) = (-?[\d.]*\d)(?! [*/])")
REMAINDER = re.compile(r"(\d+) = (\d+) \* (\d+) \+ (\d+)")


@pytest.mark.parametrize(
    "name",
    ["chain_sum", "decimal_chain_sum", "basic_arithmetic", "products", "leg_counting", "lcm",
     "fraction_simplification", "simple_equations"],
)  # fmt: skip
def test_every_equality_of_a_trace_is_true(name):
    checked = 0
    for entry in entries("x", name, {}, count=100, seed=6, partition="test"):
        for left, sign, right, result in EQUALITY.findall(entry.worked.steps):
            one, other = Fraction(left), Fraction(right)
            value = {"+": one + other, "-": one - other, "*": one * other}
            assert Fraction(result) == (one / other if sign == "/" else value[sign])
            checked += 1
    assert checked >= 100


@pytest.mark.parametrize("name", ["gcd", "lcm", "base_conversion", "fraction_simplification"])
def test_every_division_with_remainder_is_true(name):
    checked = 0
    for entry in entries("x", name, {}, count=100, seed=6, partition="test"):
        for parts in REMAINDER.findall(entry.worked.steps):
            whole, times, by, rest = map(int, parts)
            assert whole == times * by + rest
            assert rest < by
            checked += 1
    assert checked >= 100


def test_every_digit_read_is_added_rightly():
    checked = 0
    for entry in entries("x", "base_conversion", {}, count=100, seed=6, partition="test"):
        read = re.findall(r"(\d+) \* (\d+) \+ (\d+) = (\d+)", entry.worked.steps)
        for number, base, digit, result in read:
            assert int(number) * int(base) + int(digit) == int(result)
            checked += 1
    assert checked >= 100


def worked(name, question="", answer="", **metadata):
    return SOLVED[name].work({"question": question, "answer": answer, "metadata": metadata})


CASES = [
    ("chain_sum", {"expression": "5 - 7 + 12", "answer": "10"},
     "5 - 7 = -2. -2 + 12 = 10. So 10.", 2),
    ("basic_arithmetic", {"expression": "2 * ( 3 - -4 ) - 6 / 3", "answer": "12"},
     "3 - -4 = 7. 2 * 7 = 14. 6 / 3 = 2. 14 - 2 = 12. So 12.", 3),
    ("basic_arithmetic", {"expression": "-( 2 + 3 ) * 4", "answer": "-20"},
     "2 + 3 = 5. -5 * 4 = -20. So -20.", 2),
    ("products", {"expression": "12 * 34", "answer": "408"},
     "12 * 30 = 360. 12 * 4 = 48. 360 + 48 = 408. So 408.", 3),
    ("products", {"expression": "7 * 0", "answer": "0"}, "7 * 0 = 0. So 0.", 1),
    ("simple_equations", {"equation": "84*t + 4370 = 9410", "answer": "60"},
     "84*t = 9410 - 4370 = 5040. t = 5040 / 84 = 60. So 60.", 2),
    ("simple_equations", {"equation": "10 - 3*x = -20", "answer": "10"},
     "-3*x = -20 - 10 = -30. x = -30 / -3 = 10. So 10.", 2),
    ("gcd", {"numbers": [12, 18], "answer": "6"}, "18 = 1 * 12 + 6. 12 = 2 * 6 + 0. So 6.", 2),
    ("lcm", {"numbers": [4, 6], "answer": "12"},
     "6 = 1 * 4 + 2. 4 = 2 * 2 + 0. 4 / 2 = 2. 2 * 6 = 12. So 12.", 4),
    ("base_conversion", {"source_base": 2, "target_base": 16, "source_repr": "1101", "answer": "d"},
     "1 * 2 + 1 = 3. 3 * 2 + 0 = 6. 6 * 2 + 1 = 13. 13 = 0 * 16 + 13, write d. So d.", 4),
    ("leg_counting", {"animals": {"dog": 2, "duck": 3}, "answer": "14"},
     "dog: 2 * 4 = 8, 0 + 8 = 8. duck: 3 * 2 = 6, 8 + 6 = 14. So 14.", 2),
    ("letter_counting", {"target_letter": "s", "span": ["Sees", "no", "sun"], "answer": "3"},
     "Sees has 2, that makes 2. sun has 1, that makes 3. So 3.", None),
    ("spell_backward", {"word": "stone", "answer": "enots"},
     "Letters: s t o n e. From the end: e n o t s. So enots.", None),
    ("number_filtering", {"original_numbers": ["3", "-2.5"], "filter_value": "1",
     "operation": "keep_larger", "answer": "['3']"},
     "3 is larger, keep. -2.5 is smaller, drop. So ['3'].", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "steps", "depth"), CASES)
def test_traces_read_as_a_person_would_write_them(name, given, steps, depth):
    assert worked(name, **given) == (steps, depth)


STORY = (
    "Edward is married to Abigail. They have a child called John. John is married to Lily. "
    "They have children called William and Ethan. Finn is married to Nova. "
    "They have a child called Lily.\n\n"
)


def test_kin_is_followed_link_by_link():
    grandmother = worked(
        "family_relationships", STORY + "What relation is Nova to Ethan?", "grandmother"
    )
    assert grandmother.steps == (
        "Ethan is the child of Lily. Lily is the child of Nova. "
        "Nova is the grandmother of Ethan. So grandmother."
    )
    assert grandmother.depth == 2
    brother = worked("family_relationships", STORY + "How is William related to Ethan?", "brother")
    assert brother.depth == 2


def test_kin_by_marriage_is_left_out():
    # Lily is Abigail's daughter-in-law; reasoning-gym has the other direction as its reference.
    question = STORY + "What is Lily to Abigail?"
    assert worked("family_relationships", question, "mother-in-law") is None


def test_an_equation_whose_unknown_cancels_out_is_left_out():
    assert worked("simple_equations", answer="5", equation="79 = 79") is None


def test_a_wrong_reference_is_left_out():
    assert worked("chain_sum", answer="11", expression="5 - 7 + 12") is None
    assert worked("spell_backward", answer="stone", word="stone") is None
    assert worked("basic_arithmetic", answer="0", expression="758 / 900") is None
