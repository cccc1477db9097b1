"""Iterated arithmetic modulo 10: each operation needs the result of the one before."""

import random

from breakeven.procedural.problem import Problem, shuffled_choices

DEPTHS = (2, 7)

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
    expression, steps = str(value), []
    for _ in range(depth or DEPTHS[0]):
        operator = rng.choice("+-*")
        operand = rng.choice(OPERANDS[operator])
        result = apply(value, operator, operand)
        steps.append(f"{value} {operator} {operand} = {result}.")
        expression += f" {operator} {operand}"
        value = result
    answer = str(value)
    return Problem(
        kind="chain",
        content=f"chain {expression}",
        question=f"From left to right and modulo 10, what is {expression}?",
        answer=answer,
        choices=shuffled_choices(rng, answer, [str(digit) for digit in range(10)]),
        steps=" ".join([*steps, f"So {answer}."]),
        depth=depth,
        statement=expression,
    )


def fact(rng: random.Random) -> str:
    """One true single operation, as text."""
    operator = rng.choice("+-*")
    left, right = rng.randrange(10), rng.choice(OPERANDS[operator])
    return f"{left} {operator} {right} = {apply(left, operator, right)}."
