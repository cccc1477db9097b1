"""Traces with checks and slips: every claim is recomputed, every slip is found out."""

import functools
import random
import re

import pytest

from breakeven.procedural import ALL_KINDS, generate, trace, worked_answer
from breakeven.procedural.checked import ATTEMPTS, checked_steps
from breakeven.procedural.vocabulary import CATEGORY_OF

OPERATIONS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


@functools.cache
def problems(kind):
    return generate(kind, count=200, seed=11, partition="train")


def holds(claim, problem):  # noqa: PLR0911 - a form of claim each
    """Whether a step is true, worked out from its own words and the facts of the problem."""
    if found := re.fullmatch(r"(\d) ([-+*]) (\d) = (\d)", claim):
        left, operator, right, result = found.groups()
        return int(result) == OPERATIONS[operator](int(left), int(right)) % 10
    if found := re.fullmatch(r"([\d and]+) make (\d+)", claim):
        return sum(map(int, re.findall(r"\d", found[1]))) == int(found[2])
    if found := re.fullmatch(r"\d, (\w+ likes \w+)", claim):
        return f"{found[1]}." in problem.question
    if " picks " in claim or " likes " in claim:
        return f"{claim}." in problem.question
    if found := re.fullmatch(r"(\w+) is a (\w+)", claim):
        return CATEGORY_OF[found[1]] == found[2]
    digits = re.search(r"\d{7,}", problem.question)[0]
    if found := re.fullmatch(r"(\d) is there (\d) times", claim):
        return digits.count(found[1]) == int(found[2])
    return claim == ", ".join(digits)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_pass_without_a_slip_has_true_steps_and_the_answer(kind):
    for problem in problems(kind):
        found = ATTEMPTS[kind](problem, None)
        assert found.result == problem.answer
        assert all(holds(claim, problem) for claim in found.claims)
        assert found.task in problem.statement


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_pass_without_a_slip_reads_like_the_short_trace(kind):
    """Students meet one form of each kind, the one that the bases have seen."""
    for problem in problems(kind):
        assert f"{ATTEMPTS[kind](problem, None).text} So {problem.answer}." == problem.steps


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_slip_makes_a_step_wrong_and_what_leads_up_to_it_stays_right(kind):
    wrong_results = 0
    for number, problem in enumerate(problems(kind)):
        right = ATTEMPTS[kind](problem, None)
        wrong = ATTEMPTS[kind](problem, random.Random(number))
        assert len(wrong.claims) == len(right.claims)
        differ = [one != other for one, other in zip(wrong.claims, right.claims, strict=True)]
        first = differ.index(True)
        assert not holds(wrong.claims[first], problem)
        assert all(holds(claim, problem) for claim in wrong.claims[:first])
        wrong_results += wrong.result != problem.answer
    # A slip in a walk or a chain may come back to the answer; it is found out all the same.
    assert wrong_results > 0.7 * len(problems(kind))


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_what_is_said_to_be_right_is_true_and_the_slip_is_named(kind):
    for problem in problems(kind):
        text = checked_steps(problem, checks=2, slips=1.0)
        checked = re.findall(r"(?:^|(?<=\. ))([^.\n]+?) is right\.", text, re.MULTILINE)
        claims = [claim for claim in checked if not claim.startswith("So ")]
        assert claims
        assert all(holds(claim.removeprefix("Look at the steps. "), problem) for claim in claims)
        (correction,) = re.findall(r"([^.\n]+), unlike ([^.\n]+)\.\n", text)
        assert holds(correction[0].strip(), problem)
        assert not holds(correction[1], problem)
        assert re.findall(r"So (\w+) is right\.", text) == [problem.answer] * 2
        assert text.endswith(f"\nSo {problem.answer}.")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_slips_come_as_often_as_asked_for_and_the_same_ones_every_time(kind):
    texts = [checked_steps(problem, checks=1, slips=0.3) for problem in problems(kind)]
    assert texts == [checked_steps(problem, checks=1, slips=0.3) for problem in problems(kind)]
    assert 0.2 < sum("unlike" in text for text in texts) / len(texts) < 0.4
    assert not any("unlike" in checked_steps(one, checks=1, slips=0.0) for one in problems(kind))


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_in_multiple_choice_every_conclusion_names_its_letter(kind):
    for problem in problems(kind):
        steps = trace(problem, "choice", checks=1, slips=0.5)
        letters = dict(zip(problem.choices, "ABCD", strict=True))
        answer = f"{problem.answer} ({letters[problem.answer]})"
        assert steps.endswith(f"\nSo {answer}.")
        concluded = re.findall(r"So (\w+)((?: \([A-D]\))?)", steps)
        assert [item for item, _ in concluded[-3:]] == [problem.answer] * 3
        for item, letter in concluded:
            assert letter == (f" ({letters[item]})" if item in letters else "")
        assert trace(problem, "open") == problem.steps


def test_working_stands_before_the_answer_on_its_own_line():
    (problem,) = generate("chain", count=1, seed=0, partition="test")
    assert problem.statement == "5 - 5 + 2"
    assert worked_answer(problem, "2") == "5 - 5 = 0 + 2 = 2.\nAnswer: 2"
