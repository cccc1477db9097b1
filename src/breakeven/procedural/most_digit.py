"""The most common digit of a string: every digit can be weighed at once, nothing is serial."""

import random
from collections import Counter

from breakeven.procedural.problem import Attempt, Problem, shuffled_choices

DEPTHS = None
LENGTHS = (7, 8, 9)


def draw(rng: random.Random, depth: int | None) -> Problem:
    """A string of digits in which one is ahead of every other by at least two."""
    digits = _digits_with_a_winner(rng)
    answer = digits[0]
    rng.shuffle(digits)
    text = "".join(digits)
    counts = Counter(digits)
    wrong = [digit for digit in counts if digit != answer]
    # Digits that are there come first as wrong choices; those that are not only fill up.
    spare = [str(digit) for digit in range(10) if str(digit) not in counts]
    rng.shuffle(spare)
    return Problem(
        kind="most-digit",
        # Two strings of the same digits have the same answer, and are one content.
        content=f"most-digit {''.join(sorted(digits))}",
        question=f"Which digit is most common in {text}?",
        answer=answer,
        choices=shuffled_choices(rng, answer, (wrong + spare)[:3]),
        steps=f"{answer} is there {counts[answer]} times. So {answer}.",
        depth=None,
        statement=f"The digits {text}",
    )


def attempt(problem: Problem, slip: random.Random | None) -> Attempt:
    """The winner and its count; with `slip`, another digit of the string and that count."""
    digits = problem.statement.removeprefix("The digits ")
    count = digits.count(problem.answer)
    others = sorted(set(digits) - {problem.answer})
    result = slip.choice(others) if slip else problem.answer
    claim, spelt = f"{result} is there {count} times", ", ".join(digits)
    return Attempt(problem.statement, (spelt, claim), f"{claim}.", result, again=f"{spelt}.")


def _digits_with_a_winner(rng: random.Random) -> list[str]:
    """Digits with the winner first; no other comes within one of its count."""
    length = rng.choice(LENGTHS)
    winner, *others = rng.sample("0123456789", 10)
    winning_count = rng.choice((4, 5))
    digits = [winner] * winning_count
    while len(digits) < length:
        candidate = rng.choice(others)
        if digits.count(candidate) < winning_count - 2:
            digits.append(candidate)
    return digits
