"""Iterated arithmetic modulo 10: each operation needs the result of the one before.

The trace is a running total, as keyed into a calculator: `7 + 5 = 2 * 3 = 6. So 6.`
"""

import random

from breakeven.procedural.problem import Attempt, Problem, shuffled_choices

DEPTHS = (2, 6)

# Multipliers that can be undone modulo 10: any other would make the last steps give the answer
# away (times 0 is 0) and the answers uneven.
MULTIPLIERS = (3, 7, 9)
OPERANDS = {"+": tuple(range(10)), "-": tuple(range(10)), "*": MULTIPLIERS}


def apply(left: int, operator: str, right: int) -> int:
    """One operation modulo 10."""
    if operator == "+":
        return (left + right) % 10
    if operator == "-":
        return (left - right) % 10
    return (left * right) % 10


def draw(rng: random.Random, depth: int | None) -> Problem:
    """A chain of `depth` operations on digits."""
    value = rng.randrange(10)
    expression = running_total = str(value)
    for operator, operand in _operations(rng, depth or DEPTHS[0]):
        value = apply(value, operator, operand)
        expression += f" {operator} {operand}"
        running_total += f" {operator} {operand} = {value}"
    answer = str(value)
    return Problem(
        kind="chain",
        content=f"chain {expression}",
        question=f"From left to right and modulo 10, what is {expression}?",
        answer=answer,
        choices=shuffled_choices(rng, answer, [str(digit) for digit in range(10)]),
        steps=f"{running_total}. So {answer}.",
        depth=depth,
        statement=expression,
    )


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """A running total; with `slip`, one result is wrong and the later ones follow from it."""
    first, *rest = problem.statement.split(" ")
    operations = list(zip(rest[::2], map(int, rest[1::2]), strict=True))
    slips_at = slip.randrange(len(operations)) if slip else None
    value, text, claims = int(first), first, []
    for place, (operator, operand) in enumerate(operations):
        result = apply(value, operator, operand)
        if slip and place == slips_at:
            result = (result + slip.choice((1, 2, 8, 9))) % 10
        claims.append(f"{value} {operator} {operand} = {result}")
        text += f" {operator} {operand} = {result}"
        value = result
    return Attempt(
        problem.statement, tuple(claims), f"{text}.", str(value), again="Go from the left."
    )


def _operations(rng: random.Random, count: int) -> list[tuple[str, int]]:
    """Operations whose operands all differ, so that each has one place in the expression."""
    operations: list[tuple[str, int]] = []
    while len(operations) < count:
        operator = rng.choice("+-*")
        operand = rng.choice(OPERANDS[operator])
        if all(operand != used for _, used in operations):
            operations.append((operator, operand))
    return operations


def fact(rng: random.Random) -> str:
    """One true single operation, as text."""
    operator = rng.choice("+-*")
    left, right = rng.randrange(10), rng.choice(OPERANDS[operator])
    return f"{left} {operator} {right} = {apply(left, operator, right)}."
