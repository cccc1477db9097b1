"""Every worked solution, recomputed here from its question by other means."""

import functools
import operator as arithmetic
import re
from collections import Counter

import pytest

from breakeven.procedural import (
    ALL_KINDS,
    LETTERS,
    choice_letter,
    choice_prompt,
    choice_trace,
    generate,
)
from breakeven.procedural.vocabulary import CATEGORIES

COUNT = 300
OPERATIONS = {"+": arithmetic.add, "-": arithmetic.sub, "*": arithmetic.mul}


@functools.cache
def problems(kind):
    return generate(kind, count=COUNT, seed=11, partition="train")


def test_chain_answers_equal_left_to_right_evaluation():
    for problem in problems("chain"):
        first, *rest = re.search(r"what is (.*)\?", problem.question)[1].split()
        value = int(first)
        for operator, operand in zip(rest[::2], rest[1::2], strict=True):
            value = OPERATIONS[operator](value, int(operand)) % 10
        assert problem.answer == str(value)
        assert problem.depth == len(rest) // 2


def test_chain_traces_are_running_totals_that_use_each_operation_in_order():
    for problem in problems("chain"):
        total, conclusion = problem.steps.split(". ")
        start, *links = re.split(r"(?= [-+*] )", total)
        value, used = int(start), [start]
        for link in links:
            operator, operand, result = re.fullmatch(r" ([-+*]) (\d) = (\d)", link).groups()
            assert int(result) == OPERATIONS[operator](value, int(operand)) % 10
            value = int(result)
            used += [operator, operand]
        assert " ".join(used) == problem.statement
        assert conclusion == f"So {problem.answer}."


def test_chain_operands_differ_so_that_each_has_one_place():
    for problem in problems("chain"):
        operands = problem.statement.split()[2::2]
        assert len(set(operands)) == len(operands)


def test_addition_answers_are_sums_and_columns_carry():
    for problem in problems("addition"):
        left, right = map(int, re.findall(r"\d+", problem.question))
        assert int(problem.answer) == left + right
        assert problem.depth == len(str(left)) == len(str(right))
        columns = re.findall(r"([\d and]+) make (\d+), write (\d+)\.", problem.steps)
        assert len(columns) == problem.depth
        carry = 0
        for place, (terms, column, written) in enumerate(columns):
            numbers = [int(number) for number in terms.split(" and ")]
            assert numbers[:2] == [left // 10**place % 10, right // 10**place % 10]
            assert sum(numbers[2:]) == carry
            assert sum(numbers) == int(column)
            last = place == problem.depth - 1
            assert int(written) == (left + right if last else (left + right) % 10 ** (place + 1))
            carry = int(column) // 10
        assert problem.steps.endswith(f"So {left + right}.")


def test_the_most_common_digit_leads_by_two():
    for problem in problems("most-digit"):
        counts = Counter(re.search(r"in (\d+)\?", problem.question)[1]).most_common()
        assert problem.answer == counts[0][0]
        assert counts[0][1] >= counts[1][1] + 2
        assert (
            problem.steps == f"{problem.answer} is there {counts[0][1]} times. So {problem.answer}."
        )


def test_hops_follow_the_facts_of_the_question():
    for problem in problems("hops"):
        liked = dict(re.findall(r"(\w+) likes (\w+)\.", problem.question))
        hops, person = re.search(r"Who is (\d) steps from (\w+)\?", problem.question).groups()
        steps = re.findall(r"(\d), (\w+) likes (\w+)\.", problem.steps)
        for number, (shown, start, end) in enumerate(steps, start=1):
            assert (shown, start, end) == (str(number), person, liked[person])
            person = liked[person]
        assert len(steps) == int(hops) == problem.depth
        assert problem.answer == person
        assert problem.steps.endswith(f"So {person}.")
        # A walk that stops early or late ends at somebody else.
        assert len(liked) > problem.depth


def test_lookups_read_one_fact():
    for problem in problems("lookup"):
        picked = dict(re.findall(r"(\w+) picks (\w+)\.", problem.question))
        person = re.search(r"What does (\w+) pick\?", problem.question)[1]
        assert problem.answer == picked[person]
        assert problem.steps == f"{person} picks {problem.answer}. So {problem.answer}."
        assert len(set(picked.values())) == len(picked)


def test_the_odd_word_is_the_only_one_of_its_category():
    for problem in problems("odd-one-out"):
        words = re.search(r": (.*)\?", problem.question)[1].split(", ")
        category = {word: name for word in words for name in CATEGORIES if word in CATEGORIES[name]}
        assert Counter(category.values())[category[problem.answer]] == 1
        assert len(set(category.values())) == 2
        lines = re.findall(r"(\w+) is a (\w+)\.", problem.steps)
        assert lines == [(word, category[word]) for word in words]


def test_words_belong_to_one_category():
    members = [word for words in CATEGORIES.values() for word in words]
    assert len(set(members)) == len(members)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_choices_are_distinct_and_hold_the_answer_once(kind):
    for problem in problems(kind):
        assert len(set(problem.choices)) == 4
        assert problem.choices.count(problem.answer) == 1
        letter = choice_letter(problem)
        assert f"\n{letter}) {problem.answer}" in choice_prompt(problem)
        assert choice_trace(problem) == f"{problem.steps[:-1]} ({letter})."


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_letter_is_right_about_equally_often(kind):
    letters = Counter(
        choice_letter(p) for p in generate(kind, count=1000, seed=0, partition="train")
    )
    # Binomial(1000, 1/4) has a standard deviation of 13.7: four of them.
    assert all(abs(letters[letter] - 250) < 55 for letter in LETTERS)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_kind_and_statement_go_with_the_question(kind):
    for problem in problems(kind):
        assert problem.kind == kind
        assert "?" not in problem.statement
        assert problem.question.endswith("?")
