"""Column addition: the carry runs through the digits one after another."""

import random

from breakeven.procedural.problem import Attempt, Problem, shuffled_choices

DEPTHS = (2, 4)


def draw(rng: random.Random, depth: int | None) -> Problem:
    """The sum of two numbers of `depth` digits each."""
    digits = depth or DEPTHS[0]
    left, right = (rng.randrange(10 ** (digits - 1), 10**digits) for _ in range(2))
    total = left + right
    statement = f"{left} plus {right}"
    return Problem(
        kind="addition",
        # The order of the addends changes nothing: 27 + 45 must not test what 45 + 27 has taught.
        content=f"addition {min(left, right)} {max(left, right)}",
        question=f"What is {statement}?",
        answer=str(total),
        choices=shuffled_choices(rng, str(total), _near_misses(rng, total, digits)),
        steps=f"{columns(left, right)} So {total}.",
        depth=depth,
        statement=statement,
    )


def columns(left: int, right: int) -> str:
    """The worked columns from the right, each with the digits written so far."""
    return _written(_columns(left, right))


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """The columns; with `slip`, one of them is off by one and the later ones follow from it."""
    left, right = map(int, problem.statement.split(" plus "))
    columns = _columns(left, right, slip.randrange(len(str(left))) if slip else None)
    return Attempt(
        task=problem.statement,
        claims=tuple(claim for claim, _ in columns),
        text=_written(columns),
        result=columns[-1][1],
        again="Go from the right.",
    )


def _columns(left: int, right: int, slips_at: int | None = None) -> list[tuple[str, str]]:
    """Each column's sum as a fact, and the digits written after it."""
    columns: list[tuple[str, str]] = []
    written, carry = "", 0
    # Both numbers have the same number of digits, so that there is a pair a column.
    pairs = list(zip(reversed(str(left)), reversed(str(right)), strict=True))
    for index, (above, below) in enumerate(pairs):
        column = int(above) + int(below) + carry + (index == slips_at)
        claim = f"{_column_sum(above, below, carry)} make {column}"
        carry, digit = divmod(column, 10)
        written = (str(column) if index == len(pairs) - 1 else str(digit)) + written
        columns.append((claim, written))
    return columns


def _written(columns: list[tuple[str, str]]) -> str:
    return " ".join(f"{claim}, write {written}." for claim, written in columns)


def fact(rng: random.Random) -> str:
    """One true column with or without a carry, as text."""
    above, below, carry = rng.randrange(10), rng.randrange(10), rng.randrange(2)
    return f"{_column_sum(str(above), str(below), carry)} make {above + below + carry}."


def _column_sum(above: str, below: str, carry: int) -> str:
    return f"{above} and {below}" + (f" and {carry}" if carry else "")


def _near_misses(rng: random.Random, total: int, digits: int) -> list[str]:
    """Sums that are off in a place or two: a lost or a spurious carry, a wrong digit."""
    offsets = [
        sign * step * 10**place for place in range(digits) for step in (1, 2) for sign in (1, -1)
    ]
    return [str(total + offset) for offset in rng.sample(offsets, 4) if total + offset > 0]
